package slots

import (
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The twins in these tests know zones from package time alone and look at every
// minute of a window; nothing here uses the tables or the interval arithmetic.

// localMinutes holds, for each minute of a window after 1970, what the clocks
// show, as minutes since 1970-01-01T00:00 on the local time line.
type localMinutes struct {
	from  Instant
	local []int64
	abbr  []string
}

// watch reads the clocks of a zone every minute of [from, to).
func watch(t failer, zone string, from, to Instant) *localMinutes {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	w := &localMinutes{from: from}
	for at := from; at < to; at += Minute {
		abbr, offset := time.Unix(int64(at), 0).In(loc).Zone()
		w.local = append(w.local, (int64(at)+int64(offset))/60)
		w.abbr = append(w.abbr, abbr)
	}
	return w
}

type failer interface{ Fatal(args ...any) }

func (w *localMinutes) at(i int) Instant { return w.from + Instant(i)*Minute }

func (w *localMinutes) date(i int) Date { return Date(w.local[i] / 1440) }

func (w *localMinutes) weekday(i int) int { return int(w.local[i]/1440+3) % 7 }

func (w *localMinutes) hour(i int) int { return int(w.local[i] / 60 % 24) }

// resolve finds the first minute that shows a local time, else the first one
// that the clocks reach after jumping over it, and how often it is shown.
func (w *localMinutes) resolve(d Date, minute int) (i, shown int) {
	want := int64(d)*1440 + int64(minute)
	i = -1
	for k, l := range w.local {
		if l == want {
			if shown == 0 {
				i = k
			}
			shown++
		}
		if l > want && i < 0 {
			i = k
		}
	}
	return i, shown
}

// set turns a choice of minutes into the set it must be.
func (w *localMinutes) set(in []bool) Set {
	var ivs []Interval
	for i := range in {
		if in[i] {
			ivs = append(ivs, Interval{w.at(i), w.at(i + 1)})
		}
	}
	return NewSet(ivs...)
}

// oddZones have clocks that do something worth testing since 2004.
var oddZones = []string{
	"America/New_York", "US/Pacific", "America/Phoenix", "Pacific/Honolulu", "America/Indiana/Indianapolis",
	"America/St_Johns", "America/Havana", "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Apia",
	"America/Sao_Paulo", "America/Asuncion", "Asia/Beirut", "Africa/Cairo", "Africa/Casablanca", "Antarctica/Troll",
	"America/Caracas", "Asia/Pyongyang", "Asia/Gaza", "America/Nuuk", "Europe/Dublin", "Pacific/Chatham", "UTC",
}

// oddInstants lists, per odd zone, when its offset changes from 2004 to 2030, to
// six hours.
var oddInstants = sync.OnceValue(func() map[string][]Instant {
	found := map[string][]Instant{}
	for _, zone := range oddZones {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			panic(err)
		}
		stop := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
		_, before := stop.In(loc).Zone()
		for at := stop; at.Year() >= 2004; at = at.Add(-6 * time.Hour) {
			if _, offset := at.In(loc).Zone(); offset != before {
				found[zone] = append(found[zone], Instant(at.Unix()))
				before = offset
			}
		}
	}
	return found
})

// genPlace draws an odd zone and a minute, mostly near a change of its clocks.
func genPlace(t *rapid.T) (*Zone, Instant) {
	name := rapid.SampledFrom(oddZones).Draw(t, "zone")
	z, err := LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	near := Instant(dateOf(2004, 1, 1)) * 86400
	if changes := oddInstants()[name]; len(changes) > 0 && rapid.IntRange(0, 9).Draw(t, "near a change") > 0 {
		near = rapid.SampledFrom(changes).Draw(t, "change")
	} else {
		near += Instant(rapid.IntRange(0, 26*365*1440).Draw(t, "anywhere")) * Minute
	}
	near += Instant(rapid.IntRange(-1500, 1500).Draw(t, "minutes off")) * Minute
	return z, near - near%Minute
}

// genZone invents a zone and reads its clocks for eight days around a time in
// the middle of which they jump as they like.
func genZone(t *rapid.T) (*Zone, *localMinutes) {
	from := Instant(dateOf(2000, 1, 1)) * 86400
	at := from + 72*Hour
	offset := func() Instant { return Instant(rapid.IntRange(-950, 950).Draw(t, "offset")) * Minute }
	regimes := []regime{{start: beginning, offset: offset()}}
	for range rapid.IntRange(0, 6).Draw(t, "changes") {
		at += Instant(rapid.IntRange(1, 900).Draw(t, "minutes")) * Minute
		regimes = append(regimes, regime{start: at, offset: offset()})
	}
	z := newZone("Invented/Zone", regimes)
	w := &localMinutes{from: from}
	for minute := from; minute < from+8*24*Hour; minute += Minute {
		var shift Instant
		for _, r := range z.regimes {
			if r.start <= minute {
				shift = r.offset
			}
		}
		w.local = append(w.local, int64(minute+shift)/60)
	}
	return z, w
}

func TestOddZonesChange(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]int{
		"America/New_York": 52, "America/Phoenix": 0, "America/Indiana/Indianapolis": 48, "Asia/Kolkata": 0,
	} {
		if got := len(oddInstants()[zone]); got != want {
			t.Errorf("%s changes %d times, want %d", zone, got, want)
		}
	}
}
