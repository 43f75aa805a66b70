package slots

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// sameStamp compares a stamp's texts with those made one by one.
func sameStamp(t interface{ Errorf(string, ...any) }, s *Stamp, at Instant, z *Zone) {
	if got, want := s.AppendInstant([]byte("x"), at, z), AppendInstant([]byte("x"), at, z); string(got) != string(want) {
		t.Errorf("%s: %s, want %s", z, got, want)
	}
	if got, want := s.AppendLabel([]byte("x"), at, z), AppendLabel([]byte("x"), at, z); string(got) != string(want) {
		t.Errorf("%s: label %s, want %s", z, got, want)
	}
}

// TestStampEverywhere uses one stamp around every change of every zone's clocks.
func TestStampEverywhere(t *testing.T) {
	t.Parallel()
	var s Stamp
	for _, name := range allowed().names {
		z := mustZone(t, name)
		for _, r := range z.regimes[1:] {
			for _, off := range []Instant{-25 * Hour, -1, 0, 1, 59, Hour - 1, 11 * Hour, 12 * Hour, 24 * Hour, -15 * Minute} {
				sameStamp(t, &s, r.start+off, z)
			}
		}
		for _, at := range []Instant{0, -1, Instant(dateOf(1900, 1, 1)) * dateSeconds, Instant(dateOf(9999, 12, 31))*dateSeconds + 24*Hour} {
			sameStamp(t, &s, at, z)
		}
	}
}

// TestStampTwin compares with package time, instants in order and out of it.
func TestStampTwin(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s Stamp
		z, err := LoadZone(rapid.SampledFrom(allowed().names).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		loc, err := time.LoadLocation(z.Name())
		if err != nil {
			t.Fatal(err)
		}
		at := Instant(rapid.Int64Range(0, 4_000_000_000).Draw(t, "at"))
		for range 20 {
			at += Instant(rapid.Int64Range(-90_000, 90_000).Draw(t, "step"))
			sameStamp(t, &s, at, z)
			if _, offset := time.Unix(int64(at), 0).In(loc).Zone(); offset%60 != 0 {
				continue // RFC 3339 has no word for it
			}
			got := string(s.AppendInstant(nil, at, z))
			want := time.Unix(int64(at), 0).In(loc).Format("2006-01-02T15:04:05-07:00")
			if z.Name() == "UTC" {
				want = time.Unix(int64(at), 0).UTC().Format(time.RFC3339)
			}
			if abbr, _ := time.Unix(int64(at), 0).In(loc).Zone(); abbr == "UTC" {
				want = time.Unix(int64(at), 0).In(loc).Format("2006-01-02T15:04:05Z")
			}
			if got != want {
				t.Fatalf("%s, want %s", got, want)
			}
		}
	})
}

func BenchmarkStamp(b *testing.B) {
	z := mustZone(b, "US/Eastern")
	var s Stamp
	buf := make([]byte, 0, 64)
	at := Instant(dateOf(2026, 2, 16)) * 86400
	b.ReportAllocs()
	for b.Loop() {
		at = at - at%dateSeconds + (at+15*Minute)%dateSeconds
		buf = s.AppendLabel(s.AppendInstant(buf[:0], at, z), at, z)
	}
}

func BenchmarkAppendInstant(b *testing.B) {
	z := mustZone(b, "US/Eastern")
	buf := make([]byte, 0, 64)
	at := Instant(dateOf(2026, 2, 16)) * 86400
	b.ReportAllocs()
	for b.Loop() {
		at = at - at%dateSeconds + (at+15*Minute)%dateSeconds
		buf = AppendLabel(AppendInstant(buf[:0], at, z), at, z)
	}
}
