package bench_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/parleyhq/parley/bench"
	"github.com/parleyhq/parley/matcher"
)

// TestWorld: the same scene gives the same world, and no two claims want the same.
func TestWorld(t *testing.T) {
	t.Parallel()
	scene := bench.Scene{Reviewers: 30, BookedPercent: 60, Seed: 9, Now: bench.DefaultNow, TexasPercent: 25, Claims: 3000}
	var lines [2]bytes.Buffer
	for i := range lines {
		w, err := bench.NewWorld(scene)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.WriteLines(&lines[i]); err != nil {
			t.Fatal(err)
		}
		slots, texas := map[string]bool{}, 0
		for _, c := range w.Claims {
			slots[fmt.Sprint(c.ReviewerID, c.Start)] = true
		}
		for _, s := range w.Searches {
			if s.Query.Cases[0].SitusState == "TX" {
				texas++
			}
		}
		if len(slots) != scene.Claims || texas*100 != scene.TexasPercent*len(w.Searches) {
			t.Errorf("%d slots for %d claims, %d of %d searches in Texas", len(slots), scene.Claims, texas, len(w.Searches))
		}
	}
	if !bytes.Equal(lines[0].Bytes(), lines[1].Bytes()) {
		t.Error("the same scene gives another world")
	}
	f := func(change func(*bench.Scene)) {
		t.Helper()
		s := scene
		change(&s)
		if _, err := bench.NewWorld(s); err == nil {
			t.Errorf("taken: %+v", s)
		}
	}
	f(func(s *bench.Scene) { s.Reviewers = 0 })
	f(func(s *bench.Scene) { s.BookedPercent = 101 })
	f(func(s *bench.Scene) { s.CasesPerSearch = 6 })
	f(func(s *bench.Scene) { s.Claims = 1_000_000 })
}

// TestScarceWorld: few can take the cases, and of them the only one with a Texas
// licence is away until the deadline is over.
func TestScarceWorld(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		w, err := bench.NewWorld(bench.Scene{Reviewers: 500, BookedPercent: 60, Seed: seed, Now: bench.DefaultNow, Scarce: true})
		if err != nil {
			t.Fatal(err)
		}
		due := w.Searches[0].Query.Cases[0].DecisionDue
		trained, licensed := 0, 0
		for _, r := range w.Reviewers {
			if len(r.Programs) != 1 || r.Programs[0] != w.Searches[0].Query.Cases[0].Program {
				continue
			}
			trained++
			for _, l := range r.Licenses {
				if l.State != "TX" {
					continue
				}
				licensed++
				if b := r.Hours.Blocks; len(b) != 1 || b[0].Start > w.Now || b[0].End <= due {
					t.Errorf("seed %d: a licensed reviewer is there before %v: %v", seed, due, b)
				}
			}
		}
		if trained != w.Eligible || trained < 3 || trained > 10 || licensed != 1 {
			t.Errorf("seed %d: %d trained, %d licensed, %d said to be eligible", seed, trained, licensed, w.Eligible)
		}
	}
}

// TestPlainRules: the rules without rules compile, and are another set.
func TestPlainRules(t *testing.T) {
	t.Parallel()
	plain, err := bench.PlainRules()
	if err != nil {
		t.Fatal(err)
	}
	bare, err := matcher.CompileRules(plain)
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := matcher.EmbeddedRules()
	if err != nil {
		t.Fatal(err)
	}
	full, err := matcher.CompileRules(bundle)
	if err != nil {
		t.Fatal(err)
	}
	if bare.Version() == full.Version() || len(plain)*2 > len(bundle) {
		t.Errorf("%s with %d bytes is hardly less than %s with %d", bare.Version(), len(plain), full.Version(), len(bundle))
	}
}
