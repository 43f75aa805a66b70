package slots

import (
	"strings"
	"testing"
	"time"
)

// usZones returns the zones of the United States, its aliases and islands.
func usZones() []string {
	zones := strings.Fields(`America/New_York America/Chicago America/Denver America/Phoenix America/Los_Angeles
		America/Anchorage America/Adak America/Juneau America/Sitka America/Metlakatla America/Yakutat America/Nome
		America/Boise America/Detroit America/Menominee America/Louisville America/Fort_Wayne America/Indianapolis
		America/Puerto_Rico Pacific/Honolulu Pacific/Guam Pacific/Pago_Pago Navajo`)
	for _, name := range allowed().names {
		for _, area := range []string{"US/", "America/Indiana/", "America/Kentucky/", "America/North_Dakota/"} {
			if strings.HasPrefix(name, area) {
				zones = append(zones, name)
			}
		}
	}
	return zones
}

// changesBetween finds the offset changes of a zone by asking package time every
// three hours; each is returned as the first such hour after it.
func changesBetween(loc *time.Location, from, to int) (found []time.Time) {
	at := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC)
	_, before := at.In(loc).Zone()
	for ; at.Year() < to; at = at.Add(3 * time.Hour) {
		if _, offset := at.In(loc).Zone(); offset != before {
			found = append(found, at)
			before = offset
		}
	}
	return found
}

// shown is what package time says the clocks show, on the local time line.
func shown(at time.Time, loc *time.Location) Instant {
	_, offset := at.In(loc).Zone()
	return Instant(at.Unix()) + Instant(offset)
}

// checkChange compares the table with package time in steps around a change:
// each instant, and each local time that is near, skipped and doubled ones
// included.
func checkChange(t *testing.T, z *Zone, loc *time.Location, change time.Time, step time.Duration) (gaps, folds int) {
	t.Helper()
	const reach = 4 * time.Hour
	var walk, clocks []Instant
	for at := change.Add(-reach - 3*time.Hour); at.Before(change.Add(reach)); at = at.Add(step) {
		local := shown(at, loc)
		walk, clocks = append(walk, Instant(at.Unix())), append(clocks, local)
		d, second := z.Clock(Instant(at.Unix()))
		offset, abbr := z.Offset(Instant(at.Unix()))
		if want, _ := at.In(loc).Zone(); Instant(d)*86400+Instant(second) != local || abbr != want ||
			Instant(at.Unix())+Instant(offset) != local {
			t.Fatalf("%s at %v: %s + %d s, %d %s", z, at, d, second, offset, abbr)
		}
	}
	pace := Instant(step / time.Second)
	for local := shown(change, loc) - 5*Hour; local < shown(change, loc)+2*Hour; local += pace {
		first, times := -1, 0
		for i, s := range clocks {
			if s == local {
				times++
			}
			if s == local && times == 1 || s > local && first < 0 {
				first = i
			}
		}
		at, kind := z.Resolve(Date(floorDiv(local, 86400)), int(floorMod(local, 86400)))
		want := [...]LocalKind{LocalGap, LocalUnique, LocalFold}[times]
		if at != walk[first] || kind != want {
			t.Fatalf("%s local %s: %s %s, want %s %s", z, local, at, kind, walk[first], want)
		}
		switch kind {
		case LocalGap:
			gaps++
		case LocalFold:
			folds++
		}
	}
	return gaps, folds
}

// TestEveryChangeInTheUnitedStates checks 2007 to 2037 in steps of 5 minutes.
func TestEveryChangeInTheUnitedStates(t *testing.T) {
	t.Parallel()
	checked := map[string]int{}
	for _, name := range usZones() {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		z := mustZone(t, name)
		for _, change := range changesBetween(loc, 2007, 2038) {
			gaps, folds := checkChange(t, z, loc, change, 5*time.Minute)
			if gaps+folds == 0 {
				t.Errorf("%s: nothing skipped or doubled near %v", name, change)
			}
			checked[name]++
		}
	}
	for name, want := range map[string]int{
		"US/Eastern": 62, "US/Pacific": 62, "US/Alaska": 62, "America/Adak": 62, "US/East-Indiana": 62,
		"US/Arizona": 0, "US/Hawaii": 0, "Pacific/Guam": 0,
	} {
		if checked[name] != want {
			t.Errorf("%s: %d changes, want %d", name, checked[name], want)
		}
	}
}

// TestOddChanges does the same, by the minute, for changes that are not whole
// hours, not at night, or cross the date.
func TestOddChanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone        string
		from, to    int
		gaps, folds int // minutes skipped and doubled
	}{
		{"Australia/Lord_Howe", 2024, 2026, 2 * 30, 2 * 30},
		{"America/St_Johns", 2006, 2007, 60, 60},
		{"America/Havana", 2024, 2026, 2 * 60, 2 * 60},
		{"Asia/Kathmandu", 1985, 1987, 15, 0},
		{"America/Caracas", 2007, 2008, 0, 30},
		{"Antarctica/Troll", 2024, 2025, 2 * 60, 2 * 60},
		{"Pacific/Chatham", 2024, 2025, 60, 60},
		{"Africa/Cairo", 2024, 2025, 60, 60},
		{"Asia/Pyongyang", 2015, 2019, 30, 30},
	} {
		loc, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		gaps, folds := 0, 0
		for _, change := range changesBetween(loc, c.from, c.to) {
			g, f := checkChange(t, mustZone(t, c.zone), loc, change, time.Minute)
			gaps, folds = gaps+g, folds+f
		}
		if gaps != c.gaps || folds != c.folds {
			t.Errorf("%s: %d minutes skipped and %d doubled, want %d and %d", c.zone, gaps, folds, c.gaps, c.folds)
		}
	}
}

// TestEveryZoneAgreesWithPackageTime samples all zones from 1900 to 2200.
func TestEveryZoneAgreesWithPackageTime(t *testing.T) {
	t.Parallel()
	for n, name := range allowed().names {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		z := mustZone(t, name)
		at := time.Date(1900, 1, 1, 0, 0, n, 0, time.UTC)
		for ; at.Year() <= 2200; at = at.Add(29*24*time.Hour + 7*time.Hour) {
			abbr, offset := at.In(loc).Zone()
			if got, gotAbbr := z.Offset(Instant(at.Unix())); got != offset || gotAbbr != abbr {
				t.Fatalf("%s at %v: %d %s, want %d %s", name, at, got, gotAbbr, offset, abbr)
			}
		}
		// Joints of the table are real changes, each a second sharp.
		for i, r := range z.regimes[1:] {
			before, offset := time.Unix(int64(r.start)-1, 0).In(loc).Zone()
			if before != z.regimes[i].abbr || offset != int(z.regimes[i].offset) {
				t.Fatalf("%s: regime %d does not end at %s", name, i, r.start)
			}
		}
	}
}
