package matcher

import (
	"testing"

	"github.com/parleyhq/parley/slots"
)

// benchReviewer has what a national roster's reviewers have: a few specialties, many licences.
func benchReviewer(rs *Ruleset) *Reviewer {
	r := plainReviewer(rs)
	r.Programs = []string{"msk", "msk-spine-surgery"}
	r.Specialties = []string{"207RC0000X", "207XS0114X", "207XS0117X"}
	for _, state := range []string{"CA", "NY", "FL", "OK", "AR", "LA", "NM", "TX"} {
		r.Licenses = append(r.Licenses, License{State: state, Type: "full", Status: "active", From: 17_000, To: 22_000})
	}
	return r
}

func BenchmarkVerdict(b *testing.B) {
	rs := shipped(b)
	r := benchReviewer(rs)
	f := func(name, situs string, edit func(*Case, *Reviewer)) {
		b.Run(name, func(b *testing.B) {
			c, reviewer := plainCase(), *r
			c.SitusState = situs
			edit(c, &reviewer)
			cr := rs.resolve(c, sample.Start, 0, false)
			b.ReportAllocs()
			for b.Loop() {
				cr.verdict(&reviewer, sample.Start)
			}
		})
	}
	f("texas/full", "TX", func(*Case, *Reviewer) {})
	f("texas/waived", "TX", func(_ *Case, r *Reviewer) { r.Licenses, r.Specialties = r.Licenses[:7], r.Specialties[:1] })
	f("default/full", "OK", func(*Case, *Reviewer) {})
	f("untrained", "TX", func(_ *Case, r *Reviewer) { r.Programs = nil })
}

func BenchmarkChanges(b *testing.B) {
	rs := shipped(b)
	r := benchReviewer(rs)
	cr := rs.resolve(plainCase(), sample.Start, 0, false)
	within := slots.Interval{Start: sample.Start, End: sample.Start + 60*24*slots.Hour}
	b.ReportAllocs()
	for b.Loop() {
		cr.changes(r, within)
	}
}

func BenchmarkResolve(b *testing.B) {
	rs := shipped(b)
	c := plainCase()
	b.ReportAllocs()
	for b.Loop() {
		rs.resolve(c, sample.Start, 0, false)
	}
}

func BenchmarkCompileRules(b *testing.B) {
	bundle, err := EmbeddedRules()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := CompileRules(bundle); err != nil {
			b.Fatal(err)
		}
	}
}

// TestVerdictDoesNotAllocate: a search judges thousands.
func TestVerdictDoesNotAllocate(t *testing.T) {
	rs := shipped(t)
	r := benchReviewer(rs)
	for _, situs := range []string{"TX", "OK"} {
		c := plainCase()
		c.SitusState = situs
		cr := rs.resolve(c, sample.Start, 0, true)
		for _, licences := range []int{0, 8} {
			reviewer := *r
			reviewer.Licenses = r.Licenses[:licences]
			reviewer.Active = licences > 0
			if n := testing.AllocsPerRun(100, func() { cr.verdict(&reviewer, sample.Start) }); n > 0 {
				t.Errorf("%s with %d licences: %v allocations", situs, licences, n)
			}
		}
	}
}
