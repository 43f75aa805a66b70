package slots

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseInstant(t *testing.T) {
	t.Parallel()
	f := func(s string, unix int64, offset int) {
		t.Helper()
		at, got, err := ParseInstant(s)
		if err != nil || int64(at) != unix || got != offset {
			t.Errorf("ParseInstant(%q) = %d, %d, %v", s, int64(at), got, err)
		}
	}
	f("1970-01-01T00:00:00Z", 0, 0)
	f("1970-01-01T00:00:00+00:00", 0, 0)
	f("1970-01-01T00:00:00-00:00", 0, 0)
	f("1969-12-31T19:00:00-05:00", 0, -18000)
	f("2020-05-18T18:15:00-04:00", 1589840100, -14400)
	f("2026-07-01T09:30:00+05:45", 1782877500, 20700)
	f("1900-01-01T00:00:00+23:59", -2208988800-86340, 86340)
	f("2200-12-31T23:59:59-23:59", 7289654399+86340, -86340)
	f("2024-02-29T23:59:59Z", 1709251199, 0)
}

func TestParseInstantRefuses(t *testing.T) {
	t.Parallel()
	f := func(want error, inputs ...string) {
		t.Helper()
		for _, s := range inputs {
			if at, _, err := ParseInstant(s); !errors.Is(err, want) {
				t.Errorf("ParseInstant(%q) = %s, %v, want %v", s, at, err, want)
			}
		}
	}
	f(ErrMalformed, "", "Z", "2026-03-08", "2026-03-08T", "2026-03-08T09:00Z", "2026-03-08T09:00:00", "2026-03-08T09:00:00 ",
		"2026-03-08t09:00:00Z", "2026-03-08T09:00:00z", "2026-03-08 09:00:00Z", "2026-03-08T0:00:00Z", "2026-03-08T9:00:00Z",
		"2026-02-30T09:00:00Z", "2025-02-29T09:00:00Z", "2026-13-08T09:00:00Z", "2026-00-08T09:00:00Z", "2026-03-00T09:00:00Z",
		"2026-03-08T24:00:00Z", "2026-03-08T23:59:60Z", "2026-03-08T23:60:00Z", "2026-03-08T25:00:00Z",
		"2026-03-08T09:00:00+24:00", "2026-03-08T09:00:00-99:99", "2026-03-08T09:00:00+05:60", "2026-03-08T09:00:00+5:00",
		"2026-03-08T09:00:00+0500", "2026-03-08T09:00:00+05", "2026-03-08T09:00:00−05:00", "2026-03-08T09:00:00+05:00Z",
		"2026-03-08T09:00:00Z ", " 2026-03-08T09:00:00Z", "2026-03-08T09:00:00Z\n", "2026-03-08T09:00:00Z\x00",
		"2026-03-08T09:00:00,5Z", "2026-03-08T09:00:00.Z", "2026-03-08T09:00:00.5", "2026-03-08T09:00:00.5z", "2026-03-08T09:00:00.٥Z",
		"2026-W10-7T09:00:00Z", "20260308T090000Z", "03/08/2026", "1772960400", "2026-03-08T09:00:00[America/New_York]",
		"+2026-03-08T09:00:00Z", "2026-03-08T09:00:00EST", "2026-03-08T+9:00:00Z", "2026-03-08T09:-1:00Z", "２026-03-08T09:00:00Z")
	f(ErrFraction, "2026-03-08T09:00:00.5Z", "2026-03-08T09:00:00.000Z", "2026-03-08T09:00:00.123456789-05:00")
	f(ErrYearRange, "0000-01-01T00:00:00Z", "1899-12-31T23:59:59Z", "2201-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
}

func TestAppendInstant(t *testing.T) {
	t.Parallel()
	f := func(zone string, t0 Instant, want string) {
		t.Helper()
		if got := string(AppendInstant([]byte("x"), t0, mustZone(t, zone))); got != "x"+want {
			t.Errorf("%d in %s: %s, want %s", int64(t0), zone, got, want)
		}
	}
	f("UTC", 0, "1970-01-01T00:00:00Z")
	f("Etc/UTC", -1, "1969-12-31T23:59:59Z")
	f("Europe/London", 1767268800, "2026-01-01T12:00:00+00:00")
	f("US/Eastern", 1589840100, "2020-05-18T18:15:00-04:00")
	f("Asia/Kathmandu", 1782877500, "2026-07-01T09:30:00+05:45")
	f("Africa/Monrovia", 0, "1969-12-31T23:16:00-00:44") // -0:44:30 in the zone
	f("America/St_Johns", 1767268800, "2026-01-01T08:30:00-03:30")
	odd := newZone("", []regime{{start: beginning, offset: -30, abbr: "LMT"}})
	if s := string(AppendInstant(nil, 0, odd)); s != "1970-01-01T00:00:00+00:00" {
		t.Error(s)
	}
	if s := Instant(1 << 40).String(); s != "36812-02-20T00:36:16Z" {
		t.Error(s)
	}
}

// TestInstantRoundTrip: what AppendInstant writes in any zone, ParseInstant and
// package time read as the same instant.
func TestInstantRoundTrip(t *testing.T) {
	t.Parallel()
	lo, hi := Instant(dateOf(1901, 1, 1))*86400, Instant(dateOf(2200, 12, 30))*86400
	rapid.Check(t, func(t *rapid.T) {
		z, err := LoadZone(rapid.SampledFrom(allowed().names).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		at := Instant(rapid.Int64Range(int64(lo), int64(hi)).Draw(t, "instant"))
		text := string(AppendInstant(nil, at, z))
		back, offset, err := ParseInstant(text)
		if err != nil || back != at {
			t.Fatalf("%s is %s, %v", text, back, err)
		}
		if exact, _ := z.Offset(at); exact/60*60 != offset {
			t.Fatalf("%s in a zone at %d s", text, exact)
		}
		if std, err := time.Parse(time.RFC3339, text); err != nil || std.Unix() != int64(at) {
			t.Fatalf("%s is %v to package time, %v", text, std, err)
		}
	})
}

func TestAppendLabel(t *testing.T) {
	t.Parallel()
	f := func(zone, at, want string) {
		t.Helper()
		i, _, err := ParseInstant(at)
		if err != nil {
			t.Fatal(at, err)
		}
		if got := string(AppendLabel(nil, i, mustZone(t, zone))); got != want {
			t.Errorf("%s in %s: %q, want %q", at, zone, got, want)
		}
	}
	f("US/Eastern", "2020-05-18T18:15:00-04:00", "6:15 pm EDT")
	f("US/Eastern", "2020-12-18T18:15:00-05:00", "6:15 pm EST")
	f("US/Eastern", "2020-05-18T00:00:00-04:00", "12:00 am EDT")
	f("US/Eastern", "2020-05-18T12:00:00-04:00", "12:00 pm EDT")
	f("US/Eastern", "2020-05-18T12:59:59-04:00", "12:59 pm EDT")
	f("US/Eastern", "2020-05-18T13:00:00-04:00", "1:00 pm EDT")
	f("US/Eastern", "2020-05-18T23:59:00-04:00", "11:59 pm EDT")
	f("America/Phoenix", "2020-05-18T09:05:00-07:00", "9:05 am MST")
	f("Pacific/Honolulu", "2020-05-18T10:00:00-10:00", "10:00 am HST")
	f("Asia/Kolkata", "2020-05-18T10:00:00+05:30", "10:00 am IST")
	f("Asia/Kathmandu", "2020-05-18T10:00:00+05:45", "10:00 am GMT+5:45")
	f("America/Sao_Paulo", "2020-05-18T10:00:00-03:00", "10:00 am GMT-3")
	f("Australia/Eucla", "2020-05-18T10:00:00+08:45", "10:00 am GMT+8:45")
	f("Atlantic/Azores", "2020-07-18T10:00:00Z", "10:00 am GMT")
	f("Pacific/Marquesas", "2020-05-18T10:00:00-09:30", "10:00 am GMT-9:30")
	f("UTC", "2020-05-18T00:30:00Z", "12:30 am UTC")
}
