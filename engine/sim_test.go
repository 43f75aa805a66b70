package engine_test

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
)

// simBatch is how many commands a step has at most: more than the simulated
// engine takes at once, so that some wait for another write.
const simBatch = 12

var (
	simSeed  = flag.Uint64("sim.seed", 0, "run this seed alone; 0 = seeds 1 to -sim.seeds")
	simSeeds = flag.Uint64("sim.seeds", simUsualSeeds, "how many seeds")
	simSteps = flag.Int("sim.steps", simUsualSteps, "steps of each seed")
)

// simFullSeeds times simUsualSteps is enough to meet every rare state.
const (
	simUsualSteps = 300
	simFullSeeds  = 12
)

// rareStates must all be met by a run over several seeds: a simulation that
// never sees a hold expire under its owner's hands proves nothing about it.
var rareStates = []string{
	"appointment of another tenant", "book: attestation_not_applicable", "book: attestation_required",
	"book: case_already_scheduled", "book: cases_not_combinable", "book: clinician_required", "book: hold_expired",
	"book: hold_mismatch", "book: invalid_value", "book: mode_not_available", "book: not_eligible", "book: not_found",
	"book: ok", "book: reviewer_not_qualified", "book: rules_changed", "book: slot_not_offered", "book: slot_taken",
	"book: specialty_match_unmet", "calls that touch", "cancel: not_found", "cancel: ok", "cancel: stale_version",
	"cancelled again", "cap reached", "cap reached by holds", "case held by somebody else", "case held with other cases",
	"confirmed at the very deadline", "deactivate_reviewer: ok", "duplicate in flight",
	"given up while waiting", "given up when judged", "judged on a refused write",
	"fault: abandon", "fault: checkpoint", "fault: closed", "fault: crash", "fault: gather", "fault: overload",
	"fault: poison, kept", "fault: poison, lost", "fault: read-only", "fault: refuse", "fault: restart",
	"hold confirmed", "hold elsewhere given up by a booking", "hold expired while confirming",
	"hold of somebody else named", "hold replaced", "hold used in its last second", "hold: case_already_scheduled",
	"hold: cases_not_combinable", "hold: invalid_value", "hold: mode_not_available", "hold: not_eligible",
	"hold: not_found", "hold: ok", "hold: reviewer_not_qualified", "hold: slot_not_offered", "hold: slot_taken",
	"hold: too_many_holds", "key used again after seven days", "key with another body", "load_rules: ok",
	"moved onto an overlap of itself", "moved onto itself", "moved to another reviewer", "only a buffer in the way",
	"optional attestation stored", "own hold used without its name", "poison",
	"poison with others waiting", "put_case: stale_version", "put_profile: stale_version", "put_reviewer: stale_version",
	"queue full", "record_answer: ok", "release_hold: not_found", "release_hold: ok",
	"reschedule: attestation_not_applicable", "reschedule: attestation_required", "reschedule: not_eligible",
	"reschedule: not_found", "reschedule: not_reschedulable", "reschedule: ok", "reschedule: reviewer_not_qualified",
	"reschedule: slot_not_offered", "reschedule: slot_taken", "reschedule: stale_version", "retry answered",
	"absent already", "add_absence: not_found", "add_absence: ok", "add_absence: stale_version",
	"call held already", "cancel: not_cancellable", "case ended a hold", "case ended its call",
	"case ended, its call about others goes on", "case ended, its call under way goes on",
	"complete_call: not_in_progress", "complete_call: ok", "complete_call: outcome_not_allowed",
	"complete_call: stale_version", "deemed_completed by misses", "escalated", "escalated call carried on",
	"escalated call carried on anew", "no_show by misses", "no_show: not_found", "no_show: not_in_progress", "no_show: ok",
	"nobody reached outside the call's time", "reached somebody who may not speak",
	"reassign: attestation_required", "reassign: not_reschedulable", "reassign: ok", "reassign: reviewer_not_qualified",
	"reassign: slot_not_offered", "reassign: slot_taken", "reassigned after its start, or tried to be",
	"record_attempt: attempts_exhausted", "record_attempt: invalid_value", "record_attempt: not_in_progress",
	"record_attempt: ok", "start_call: invalid_value", "start_call: not_in_progress", "start_call: ok",
	"ad hoc booked", "ad hoc booking without its hold", "ad hoc hold by a consent", "ad_hoc: case_already_scheduled",
	"ad_hoc: clinician_required", "ad_hoc: intake_incomplete", "ad_hoc: invalid_value", "ad_hoc: mode_not_available", "ad_hoc: not_eligible", "ad_hoc: ok",
	"ad_hoc: reviewer_not_free", "nobody free", "nobody there who may",
	"call re-seated by add_absence", "call re-seated by put_reviewer", "nobody to re-seat a call with", "call re-seated later",
	"call taken by its own reviewer again",
	"cancel_callback: not_cancellable", "cancel_callback: not_found", "cancel_callback: ok", "cancel_callback: stale_version",
	"case waits already", "consent used",
	"create_callback: attestation_not_applicable", "create_callback: attestation_required",
	"create_callback: case_already_scheduled", "create_callback: clinician_required", "create_callback: invalid_value",
	"create_callback: mode_not_available", "create_callback: not_eligible", "create_callback: ok",
	"create_callback: too_few_windows", "create_callback: windows_invalid",
	"duplicate offer within 10 minutes", "offer record: attempt", "offer record: booked", "offer record: cancelled",
	"offer record: completed", "offer record: held", "offer record: moved", "offer record: no_show", "offer record: none_offered",
	"offer record: offered", "offer record: started", "record_offer: not_found", "record_offer: ok", "the same offer later",
	"request assigned at creation", "request assigned later by cancel", "request assigned later by put_reviewer",
	"request cancelled again", "request cancelled with its call", "request cancelled: appointment_cancelled",
	"request cancelled: booked_otherwise", "request cancelled: cancelled_by_request", "request cancelled: case_approved",
	"request queued: case_scheduled", "request queued: reviewer_not_free", "request unassignable: ?",
	"request unassignable: windows_passed", "request without windows",
	"part certified where no law lets it", "result owed", "result told",
	"several cases in one call", "slot of an expired hold", "write refused",
}

// TestSim runs the simulation: an engine on a log that fails, against an auditor
// that predicts every outcome. `make sim SEED=n` runs one seed again.
func TestSim(t *testing.T) {
	t.Parallel()
	if *simSeed != 0 {
		t.Log(enginetest.Run(t, enginetest.Config{Seed: *simSeed, Steps: *simSteps, Batch: simBatch, Faults: true}))
		return
	}
	var mu sync.Mutex
	sum := enginetest.Counts{}
	t.Run("seeds", func(t *testing.T) {
		for seed := range *simSeeds {
			t.Run(fmt.Sprint(seed+1), func(t *testing.T) {
				t.Parallel()
				counts := enginetest.Run(t, enginetest.Config{Seed: seed + 1, Steps: *simSteps, Batch: simBatch, Faults: true})
				mu.Lock()
				defer mu.Unlock()
				sum.Merge(counts)
			})
		}
	})
	enough := *simSeeds*uint64(*simSteps) >= simFullSeeds*simUsualSteps
	if missing := sum.Missing(rareStates); enough && len(missing) > 0 && !t.Failed() {
		t.Errorf("never met: %q", missing)
	}
	t.Logf("%d seeds:\n%v", *simSeeds, sum)
}

// TestSimTwists shows that the simulation would see an engine that overlaps by
// an instant, forgets a buffer, and so on: the auditor makes the mistake, and the
// two must come to differ.
func TestSimTwists(t *testing.T) {
	t.Parallel()
	for _, twist := range enginetest.Twists() {
		t.Run(twist.String(), func(t *testing.T) {
			t.Parallel()
			wantCaught(t, enginetest.Config{Steps: 300, Batch: simBatch, Twist: twist})
		})
	}
}

// wantCaught fails unless one of a few seeds fails.
func wantCaught(t *testing.T, c enginetest.Config) {
	t.Helper()
	const seeds = 12
	for c.Seed = 1; c.Seed <= seeds; c.Seed++ {
		if _, failure := enginetest.Simulate(t, c); failure != nil {
			t.Logf("caught with seed %d at step %d: %v", c.Seed, failure.Step, failure.Err)
			return
		}
	}
	t.Fatalf("%d seeds of %d steps see nothing", seeds, c.Steps)
}

// TestSimPlants shows that the simulation sees an engine whose surroundings
// lie. Each plant breaks one promise.
func TestSimPlants(t *testing.T) {
	t.Parallel()
	f := func(name string, p enginetest.Plant) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantCaught(t, enginetest.Config{Steps: 300, Batch: simBatch, Faults: true, Plant: &p})
		})
	}
	f("acknowledged before stored", enginetest.Plant{Reopen: func(l *engine.MemLog) *engine.MemLog { return cut(l.Reopen(), 1) }})
	f("half a batch", enginetest.Plant{Reopen: func(l *engine.MemLog) *engine.MemLog {
		before, _ := l.Last()
		left := l.Reopen()
		after, _ := left.Last()
		return cut(left, int(after-before)/2)
	}})
	f("refused but written", enginetest.Plant{Log: func(l engine.Log) engine.Log { return refusingLog{l} }})
	f("damaged record", enginetest.Plant{Reopen: func(l *engine.MemLog) *engine.MemLog {
		left := l.Reopen()
		left.DamageRecord(1)
		return left
	}})
	f("keys dropped", enginetest.Plant{Submit: meddle(func(c engine.Command) engine.Command {
		c.Key = ""
		return c
	})})
	f("cancelled in another tenant", enginetest.Plant{Submit: meddle(func(c engine.Command) engine.Command {
		if _, ok := c.Payload.(engine.Cancel); ok {
			c.Actor.Tenant = "north"
		}
		return c
	})})
	f("moved by cancelling", enginetest.Plant{Submit: meddle(func(c engine.Command) engine.Command {
		if p, ok := c.Payload.(engine.Reschedule); ok {
			c.Payload = engine.Cancel{ID: p.ID, By: "provider", Expect: p.Expect}
		}
		return c
	})})
}

// cut returns a log without the last n records of l, without a checkpoint and
// without audit records.
func cut(l *engine.MemLog, n int) *engine.MemLog {
	if n == 0 {
		return l
	}
	left := engine.NewMemLog()
	last, _ := l.Last()
	err := l.Read(1, func(seq engine.Seq, payload []byte) error {
		if seq > last-engine.Seq(n) {
			return nil
		}
		return left.Append(context.Background(), seq-1, []engine.Record{{Payload: payload}})
	})
	if err != nil {
		panic(err)
	}
	return left
}

// refusingLog says of every twentieth batch that it was not written.
type refusingLog struct{ engine.Log }

func (l refusingLog) Append(ctx context.Context, expected engine.Seq, records []engine.Record) error {
	err := l.Log.Append(ctx, expected, records)
	if err == nil && expected%20 == 19 {
		return engine.ErrNotWritten
	}
	return err
}

// meddle changes commands on their way to the engine.
func meddle(change func(engine.Command) engine.Command) func(context.Context, *engine.Engine, []engine.Command) []engine.Result {
	return func(ctx context.Context, e *engine.Engine, cmds []engine.Command) []engine.Result {
		changed := make([]engine.Command, len(cmds))
		for i, c := range cmds {
			changed[i] = change(c)
		}
		return e.SubmitAll(ctx, changed)
	}
}
