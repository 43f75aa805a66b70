package persist

import (
	"flag"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parleyhq/parley/engine/enginetest"
)

var (
	spoilEvery = flag.Int("spoil.every", 97, "every which way to damage a store is tried; 1 = all")
	spoilOut   = flag.String("spoil.out", "", "file of results, one a line; stores that it has are not damaged again")
)

// TestSpoiled damages stores of each kind in every way: one bit in each 64 bytes of each file, zeros, files cut,
// deleted, doubled, swapped, back from earlier, and strangers. Each opens with all that was acknowledged, or is refused: then
// the refusal names the place, and what was found is as it was.
func TestSpoiled(t *testing.T) {
	t.Parallel()
	file := enginetest.OpenResults(t, *spoilOut)
	t.Run("stores", func(t *testing.T) {
		for i, kind := range victimKinds {
			t.Run(kind.name, func(t *testing.T) {
				t.Parallel()
				n := uint64(i + 1)
				if file.Has("corruption", n, n, *spoilEvery) {
					return
				}
				began := time.Now()
				r := spoiled(t, newVictim(t, i))
				r.Test, r.From, r.To, r.Size, r.Go, r.Seconds = "corruption", n, n, *spoilEvery, runtime.Version(), time.Since(began).Seconds()
				file.Add(t, r)
			})
		}
	})
	sum := file.Sum("corruption", uint64(len(victimKinds)), *spoilEvery)
	t.Logf("%d cases, %d recovered, %d found on reading, %d refused, %d of them with the place by kind alone, %d silent; %d that change nothing do not count\n%v", sum.Steps, sum.Counts[recoveredCases],
		sum.Counts[foundCases], sum.Counts[refusedCases]+sum.Counts[vagueCases], sum.Counts[vagueCases], len(sum.Violations), sum.Counts[unchangedCases], sum.Counts)
	if sum.Counts[refusedCases] == 0 || sum.Counts[recoveredCases] == 0 || sum.Counts[foundCases] == 0 {
		t.Error("a whole class of outcomes never came up")
	}
}

// Counts of a result that others read.
const (
	recoveredCases = "recovered"
	foundCases     = "found on reading"
	refusedCases   = "refused"
	vagueCases     = "refused, place by kind" // not the damaged file is named, but that it is a MANIFEST, OPTIONS or marker file
	unchangedCases = "changes nothing"        // and is no case
)

// spoiled tries every way, or a slice, on two workers.
func spoiled(t *testing.T, v *victim) *enginetest.Result {
	t.Helper()
	if refusal, found, silent := v.outcome(v.img.mount(t)); refusal != nil || found != nil || silent != nil {
		t.Fatalf("undamaged: %v, %v, %v", refusal, found, silent)
	}
	r := &enginetest.Result{Counts: enginetest.Counts{}}
	all := v.spoilings()
	var mu sync.Mutex
	try := func(i int) {
		outcome, fault := v.spoil(t, &all[i])
		mu.Lock()
		defer mu.Unlock()
		if outcome != unchangedCases {
			r.Steps++
		}
		r.Counts.Add("%s", outcome)
		r.Counts.Add("%s %s: %s", all[i].what, all[i].how, outcome)
		if fault != nil {
			text := fmt.Sprintf("%s: %s: %v", all[i].how, all[i].where, fault)
			r.Violations = append(r.Violations, enginetest.SeedFault{Seed: uint64(i), Code: enginetest.CodeSilentDamage, Text: text})
			t.Errorf("%s: case %d: %s", v.name, i, text)
		}
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for i := int(next.Add(1) - 1); i < len(all); i = int(next.Add(1) - 1) {
				if i%*spoilEvery == 0 {
					try(i)
				}
			}
		})
	}
	workers.Wait()
	// A slice may have missed the blocks that opening does not read: a twentieth of the tables.
	for i := 0; i < len(all) && r.Counts[foundCases] == 0; i++ {
		if i%*spoilEvery != 0 && i%foundEvery == 0 && all[i].what == "*.sst" && all[i].how == "bit flipped" {
			try(i)
		}
	}
	return r
}

// foundEvery of the flipped bits in tables are tried until one was found on reading.
const foundEvery = 11

// spoil tries one way.
func (v *victim) spoil(t *testing.T, way *spoiling) (outcome string, fault error) {
	t.Helper()
	damaged := way.image()
	if equalImages(damaged, v.img) {
		return unchangedCases, nil
	}
	fs := damaged.mount(t)
	refusal, found, silent := v.outcome(fs)
	switch {
	case silent != nil:
		return "silent", silent
	case found != nil:
		if how := names(found.Error(), way.paths); how != named {
			return foundCases, fmt.Errorf("found on reading without its place (%d): %w", how, found)
		}
		return foundCases, nil
	case refusal == nil:
		return recoveredCases, nil
	case !equalImages(damaged, imageOf(t, fs)):
		return refusedCases, fmt.Errorf("refused, but the directory has changed: %w", refusal)
	}
	switch how := names(refusal.Error(), way.paths); how {
	case named:
		return refusedCases, nil
	case vague:
		return vagueCases, nil
	default:
		return refusedCases, fmt.Errorf("refused without its place (%d): %w", how, refusal)
	}
}
