package matcher

import "time"

// clocks reads wall clocks through package time, minute by minute, and remembers
// what they showed. A wall time is a local date and time as one number: days
// since 1970 · 1440 + minutes.
type clocks struct {
	zones map[string]*clock
}

type clock struct {
	loc    *time.Location
	walls  map[int64]int64 // Unix time → wall time
	firsts map[int64]int64 // wall time → Unix time
}

func newClocks() *clocks { return &clocks{zones: map[string]*clock{}} }

func (c *clocks) zone(name string) *clock {
	z := c.zones[name]
	if z == nil {
		loc, err := time.LoadLocation(name)
		if err != nil {
			panic(err)
		}
		z = &clock{loc: loc, walls: map[int64]int64{}, firsts: map[int64]int64{}}
		c.zones[name] = z
	}
	return z
}

// at returns the wall time in a zone.
func (c *clocks) at(zone string, unix int64) int64 {
	z := c.zone(zone)
	wall, known := z.walls[unix]
	if !known {
		t := time.Unix(unix, 0).In(z.loc)
		day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
		wall = day.Unix()/60 + int64(t.Hour()*60+t.Minute())
		z.walls[unix] = wall
	}
	return wall
}

// reached returns the first minute whose clock shows wall or later: in a gap the
// end of the gap, of two equal times the first.
func (c *clocks) reached(zone string, wall int64) int64 {
	z := c.zone(zone)
	unix, known := z.firsts[wall]
	if !known {
		// Three hours early by the offset of that time: no zone here moves more.
		_, offset := time.Unix(wall*60, 0).In(z.loc).Zone()
		for unix = (wall-180)*60 - int64(offset); c.at(zone, unix) < wall; {
			unix += 60
		}
		z.firsts[wall] = unix
	}
	return unix
}
