package slots

import (
	"errors"
	"strings"
	"testing"
)

func mustZone(t testing.TB, name string) *Zone {
	t.Helper()
	z, err := LoadZone(name)
	if err != nil {
		t.Fatalf("LoadZone(%q): %v", name, err)
	}
	return z
}

func TestEveryListedZoneLoads(t *testing.T) {
	t.Parallel()
	names := allowed().names
	if len(names) < 500 {
		t.Fatalf("only %d names on the list", len(names))
	}
	for i, name := range names {
		if i > 0 && names[i-1] >= name {
			t.Errorf("%q and %q are out of order", names[i-1], name)
		}
		z := mustZone(t, name)
		if z.Name() != name {
			t.Errorf("%q is named %q", name, z.Name())
		}
		for j, r := range z.regimes {
			if r.abbr == "" || r.offset <= -maxOffset || r.offset >= maxOffset {
				t.Errorf("%s: regime from %v has offset %d, abbreviation %q", name, r.start, r.offset, r.abbr)
			}
			if j > 0 && z.regimes[j-1].start >= r.start {
				t.Errorf("%s: regime %v is out of order", name, r.start)
			}
		}
	}
}

func TestLoadZoneRefuses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", " ", "Local", "local", "utc", "EST", "MST", "HST", "EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT",
		"CET", "EET", "MET", "WET", "GMT", "GMT0", "GMT+0", "GMT+5", "Greenwich", "UCT", "Universal", "Zulu",
		"Etc/GMT", "Etc/GMT+5", "Etc/GMT-14", "Etc/UCT", "Etc/Zulu", "Factory", "Etc/Factory",
		"right/UTC", "right/America/New_York", "posix/America/New_York", "posixrules",
		"america/new_york", "AMERICA/NEW_YORK", "America/New_York ", " America/New_York", "America/New_York\n",
		"America/New_York\x00", "America", "America/", "America/Argentina", "/usr/share/zoneinfo/UTC",
		"../../etc/passwd", "America/../UTC", "US/Pacific-New", "Eastern Standard Time", "#", "# Zone",
	} {
		if z, err := LoadZone(name); !errors.Is(err, ErrUnknownZone) {
			t.Errorf("LoadZone(%q) = %v, %v", name, z, err)
		}
	}
}

func TestZoneDataVersion(t *testing.T) {
	t.Parallel()
	v := ZoneDataVersion()
	if len(v) != len("tz-3f9a12c4de01") || v[:3] != "tz-" || strings.Trim(v[3:], "0123456789abcdef") != "" {
		t.Errorf("zone data version %q", v)
	}
	if again := digestZones(); again != v {
		t.Errorf("zone data version %q, then %q", v, again)
	}
	if z := mustZone(t, "UTC"); z != UTC() {
		t.Errorf("UTC is not UTC() but %p", z)
	}
}
