package slots

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // so that a host without a zone database has one
)

// ErrUnknownZone is the refusal of a zone name that is not on the list.
var ErrUnknownZone = errors.New("unknown time zone")

// Zone is an IANA time zone as a table of offset changes from 1899 to 2202,
// years 1900 to 2200 with a margin; before and after it the first and the last
// offset stay. A Zone is immutable and shared.
type Zone struct {
	name    string
	regimes []regime
	// first lists, for each stretch of time after origin, the regime in force when it starts.
	first []uint16
	// skipped are the dates that the clocks never show.
	skipped []Date
}

// regime is a stretch of time with one offset and one abbreviation. It ends
// where the next one starts; adjacent regimes differ.
type regime struct {
	start  Instant
	offset Instant // seconds east of UTC
	abbr   string
}

// Start of the first and end of the last regime: far beyond any real instant,
// yet small enough that adding an offset does not overflow.
const (
	beginning Instant = -1 << 60
	ending    Instant = 1 << 60
)

// maxOffset bounds how far local time is from UTC, in seconds. The database
// stays within 16 hours; a test holds it to that.
const maxOffset = 16 * Hour

// zoneNames is the list of names that LoadZone accepts, with comments.
//
//go:embed zones.txt
var zoneNames string

// zoneList is the parsed list: names in its order, and for each name a function
// that builds the table at first use and then returns the same one.
type zoneList struct {
	names []string
	load  map[string]func() (*Zone, error)
}

var allowed = sync.OnceValue(func() zoneList {
	list := zoneList{load: make(map[string]func() (*Zone, error))}
	for line := range strings.Lines(zoneNames) {
		name := strings.TrimSpace(line)
		if name == "" || name[0] == '#' {
			continue
		}
		list.names = append(list.names, name)
		list.load[name] = sync.OnceValues(func() (*Zone, error) { return buildZone(name) })
	}
	return list
})

// LoadZone accepts IANA names and aliases of the embedded list, exactly as
// spelled there, plus UTC. "", Local, EST, GMT+5, right/UTC, posix/… and other
// abbreviations are refused with ErrUnknownZone; any other error means that the
// host's zone database is broken. Zones are cached and shared.
//
// The tables come from the database that ZONEINFO names, else the host's, else
// the one built into the program. ZoneDataVersion tells which data are in use.
func LoadZone(name string) (*Zone, error) {
	load, ok := allowed().load[name]
	if !ok {
		return nil, ErrUnknownZone
	}
	return load()
}

var utc = newZone("UTC", []regime{{start: beginning, abbr: "UTC"}})

// UTC returns the zone that LoadZone("UTC") returns, too.
func UTC() *Zone { return utc }

func buildZone(name string) (*Zone, error) {
	if name == utc.name {
		return utc, nil
	}
	regimes, err := regimesOf(name, minYear-1, maxYear+2)
	if err != nil {
		return nil, fmt.Errorf("zone %s: %w", name, err)
	}
	regimes[0].start = beginning
	return newZone(name, regimes), nil
}

// newZone makes a zone of its regimes, of which the first starts at beginning.
func newZone(name string, regimes []regime) *Zone {
	z := &Zone{name: name, regimes: regimes}
	last := max(origin, regimes[len(regimes)-1].start)
	for at := origin; at <= last; at += stretch {
		z.first = append(z.first, uint16(z.search(at)))
	}
	for i := 1; i < len(regimes); i++ {
		from, to := regimes[i].start+regimes[i-1].offset, regimes[i].start+regimes[i].offset
		for d := Date(floorDiv(from, dateSeconds)); Instant(d)*dateSeconds < to; d++ {
			if z.Dates(d, d).Empty() {
				z.skipped = append(z.skipped, d)
			}
		}
	}
	return z
}

// regimesOf asks package time for the regimes of a zone from the start of year
// from to the start of year to.
func regimesOf(name string, from, to int) ([]regime, error) {
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	var regimes []regime
	at := Instant(dateOf(from, 1, 1)) * dateSeconds
	stop := Instant(dateOf(to, 1, 1)) * dateSeconds
	for at < stop {
		t := time.Unix(int64(at), 0).In(loc)
		abbr, offset := t.Zone()
		r := regime{start: at, offset: Instant(offset), abbr: abbr}
		if n := len(regimes); n == 0 || regimes[n-1].offset != r.offset || regimes[n-1].abbr != abbr {
			regimes = append(regimes, r)
		}
		_, end := t.ZoneBounds()
		if end.IsZero() {
			break
		}
		// Where future years follow a rule, ZoneBounds ends regimes at the turn
		// of the year too, and in leap years a day early. Both joints vanish
		// above; on the odd day the next midnight in UTC is the next candidate.
		next := Instant(end.Unix())
		if next <= at {
			next = (floorDiv(at, dateSeconds) + 1) * dateSeconds
		}
		at = next
	}
	return regimes, nil
}

// ZoneDataVersion names the zone tables in use, e.g. "tz-3f9a12c4de01": a
// digest of every allowed zone's offset changes from 2000 to 2040. It is
// computed once, in some tens of milliseconds.
func ZoneDataVersion() string { return zoneDataVersion() }

var zoneDataVersion = sync.OnceValue(digestZones)

func digestZones() string {
	var text []byte
	for _, name := range allowed().names {
		text = append(append(text, name...), '\n')
		regimes, err := regimesOf(name, 2000, 2040)
		if err != nil {
			text = append(text, "unavailable\n"...)
			continue
		}
		for _, r := range regimes {
			text = append(strconv.AppendInt(text, int64(r.start), 10), ' ')
			text = append(strconv.AppendInt(text, int64(r.offset), 10), ' ')
			text = append(append(text, r.abbr...), '\n')
		}
	}
	sum := sha256.Sum256(text)
	return "tz-" + hex.EncodeToString(sum[:6])
}

// Name returns the name as given to LoadZone.
func (z *Zone) Name() string { return z.name }

// String returns the name.
func (z *Zone) String() string { return z.name }

// Regimes are looked up by the stretch of time that an instant lies in, for they are
// asked for several times for each slot of an answer. Few stretches have two.
const (
	origin  Instant = -70 * 365 * dateSeconds
	stretch Instant = 128 * dateSeconds
)

// at returns the index of the regime in force at t.
func (z *Zone) at(t Instant) int {
	i := 0
	if t >= origin {
		i = int(z.first[min(int((t-origin)/stretch), len(z.first)-1)])
	}
	for i+1 < len(z.regimes) && z.regimes[i+1].start <= t {
		i++
	}
	return i
}

// search is at, step by step.
func (z *Zone) search(t Instant) int {
	return max(0, sort.Search(len(z.regimes), func(i int) bool { return z.regimes[i].start > t })-1)
}

// span returns when regime i is in force.
func (z *Zone) span(i int) Interval {
	s := Interval{Start: z.regimes[i].start, End: ending}
	if i+1 < len(z.regimes) {
		s.End = z.regimes[i+1].start
	}
	return s
}
