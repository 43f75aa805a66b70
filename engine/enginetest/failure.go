package enginetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/parleyhq/parley/engine"
)

// Failure is a simulation in which the engine did not do what the auditor said.
type Failure struct {
	Config Config
	Step   int   // from 1; one more than Config.Steps: the final checks
	Err    error // what was different
	// Shrunk is a list of steps that fails too, with ShrunkErr: after Run a short one.
	Shrunk    []Step
	ShrunkErr error
	Lines     []string // the last operations of the disk, in words
}

// Error tells what is needed to see the failure again.
func (f *Failure) Error() string {
	var b strings.Builder
	c := &f.Config
	fmt.Fprintf(&b, "seed %d, step %d of %d, twist %v: %v\n", c.Seed, f.Step, c.Steps, c.Twist, f.Err)
	fmt.Fprintf(&b, "These %d steps are enough for: %v\n", len(f.Shrunk), f.ShrunkErr)
	for i, s := range f.Shrunk {
		fmt.Fprintf(&b, "step %d at %v, fault %v", i+1, s.Clock, s.Fault)
		if s.Fault.troubled() {
			fmt.Fprintf(&b, " %+v", s.Trouble)
		}
		if i == 0 {
			fmt.Fprintf(&b, ": the %d commands that fill the rosters\n", len(s.Commands))
			continue
		}
		b.WriteByte('\n')
		for _, c := range s.Commands {
			fmt.Fprintf(&b, "  %s/%s", c.Actor.Tenant, c.Actor.Principal)
			if c.Key != "" {
				fmt.Fprintf(&b, " key %s %x", c.Key, c.Fingerprint[:2])
			}
			fmt.Fprintf(&b, " %s\n", describe(c.Payload))
		}
	}
	for _, line := range f.Lines {
		fmt.Fprintf(&b, "disk %s\n", line)
	}
	return b.String()
}

// Unwrap returns what was different.
func (f *Failure) Unwrap() error { return f.Err }

// describe shows a payload without what is long in it.
func describe(p engine.Payload) string {
	switch p := p.(type) {
	case engine.LoadRules:
		return fmt.Sprintf("load rules, %d bytes", len(p.Bundle))
	case engine.PutReviewer:
		r := p.Reviewer
		return fmt.Sprintf("put reviewer %s, expect %d: active %v, buffers %d %d, cap %d, weekly %v, blocks %v",
			r.ID, p.Expect, r.Active, r.BufferBefore, r.BufferAfter, r.MaxPerDay, r.Hours.Weekly, r.Hours.Blocks)
	case engine.PutCase:
		return fmt.Sprintf("put case %s, expect %d: %s, %+v", p.Case.ID, p.Expect, p.Case.LevelOfReview, p.Case.Determination)
	case engine.HoldSlot:
		return fmt.Sprintf("hold %s: %v, %s at %v, specialty match %v", p.ID, p.CaseIDs, p.ReviewerID, p.Start, p.SpecialtyMatch)
	case engine.Book:
		return fmt.Sprintf("book %s: %v, %s at %v, hold %q, clinician %v, specialty match %v, codes %v, expect %+v", p.ID, p.CaseIDs,
			p.ReviewerID, p.Start, p.HoldID, p.PerformedByCredential, p.Notes.SpecialtyMatchRequested, p.Attestations, p.Expect)
	case engine.Reschedule:
		return fmt.Sprintf("reschedule %s: %s at %v, codes %v, expect %d", p.ID, p.ReviewerID, p.Start, p.Attestations, p.Expect)
	case engine.Cancel:
		return fmt.Sprintf("cancel %s by %s, expect %d", p.ID, p.By, p.Expect)
	}
	return fmt.Sprintf("%s %+v", p.Kind(), p)
}

// shrinkRuns bounds how often a failure is run again to make it shorter.
const shrinkRuns = 500

// Shrink makes the list of steps short.
func (f *Failure) Shrink(t *testing.T) {
	t.Helper()
	synctest.Test(t, func(*testing.T) { f.shrink() })
}

// shrink leaves out steps, many at a time and then one, and then commands, as
// long as what is left fails. The first step, which fills the rosters, stays.
func (f *Failure) shrink() {
	runs := 0
	fails := func(steps []Step) bool {
		if runs++; runs > shrinkRuns {
			return false
		}
		s, err := simulate(&f.Config, steps)
		if err != nil {
			f.Shrunk, f.ShrunkErr, f.Lines = s.steps, err, s.lines()
		}
		return err != nil
	}
	for size := len(f.Shrunk) / 2; size > 0; size /= 2 {
		for from := 1; from < len(f.Shrunk); {
			to := min(from+size, len(f.Shrunk))
			if !fails(slices.Delete(slices.Clone(f.Shrunk), from, to)) {
				from = to
			}
		}
	}
	for i := 1; i < len(f.Shrunk); i++ {
		for k := len(f.Shrunk[i].Commands) - 1; k >= 0 && i < len(f.Shrunk); k-- {
			fewer := slices.Clone(f.Shrunk)
			fewer[i].Commands = slices.Delete(slices.Clone(fewer[i].Commands), k, k+1)
			if len(fewer[i].Commands) > 0 {
				fails(fewer)
			}
			if i < len(f.Shrunk) {
				k = min(k, len(f.Shrunk[i].Commands))
			}
		}
	}
}
