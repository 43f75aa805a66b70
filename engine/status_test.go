package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parleyhq/parley/slots"
)

// TestEveryStatusIsProvoked finds every status and every kind of command in the
// expected output of a script.
func TestEveryStatusIsProvoked(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/scripts/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	met := make(map[string]bool)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		output := false
		for line := range strings.Lines(string(text)) {
			if first, _, _ := strings.Cut(strings.TrimSpace(line), " "); output {
				met[first] = true
			}
			output = line == "----\n"
		}
	}
	codes := make(map[string]bool)
	for s := range statusCount {
		if !met[s.String()] {
			t.Errorf("no script provokes %s", s)
		}
		if s.String() == "" || codes[s.String()] {
			t.Errorf("status %d is named %q", s, s)
		}
		codes[s.String()] = true
	}
	if Status(999).String() != "status_999" || Status(999).Transient() || !StatusSlotTaken.Transient() {
		t.Error("unknown statuses")
	}
	for k := Kind(1); k < kindEnd; k++ {
		if k.String() == "" {
			t.Errorf("kind %d has no name", k)
		}
	}
}

// TestNotCancellable cancels an appointment in each status.
func TestNotCancellable(t *testing.T) {
	t.Parallel()
	for status := Booked; status <= Cancelled; status++ {
		s := sampleState(t)
		a, _ := s.appointments.get("acme", "apt-1")
		changed := *a
		changed.Status = status
		if err := s.putAppointment(&changed); err != nil {
			t.Fatal(err)
		}
		j := judging{s: s, actor: Actor{Tenant: "acme", Principal: "alice"}, now: testNow}
		want := map[AppointmentStatus]Status{Booked: StatusOK, Cancelled: StatusOK}
		ok, found := want[status]
		if !found {
			ok = StatusNotCancellable
		}
		if d := j.cancel(Cancel{ID: "apt-1", By: "payer"}); d.outcome.Status != ok || (len(d.effects) > 0) != (status == Booked) {
			t.Fatalf("%s: %s", status, d.outcome.Status)
		}
		if d := j.reschedule(Reschedule{ID: "apt-1"}); status != Booked && d.outcome.Status != StatusNotReschedulable {
			t.Fatalf("%s: %s", status, d.outcome.Status)
		}
	}
}

func TestAdmission(t *testing.T) {
	t.Parallel()
	actor := Actor{Tenant: "t", Principal: "p"}
	f := func(want string, c Command) {
		t.Helper()
		detail, ok := c.admit()
		if ok != (want == "") || !ok && detail != want {
			t.Fatalf("%+v: %q, %v", c, detail, ok)
		}
	}
	f("tenant", Command{Actor: Actor{Principal: "p"}, Payload: ReleaseHold{ID: "h"}})
	f("tenant", Command{Actor: Actor{Tenant: "t\x00", Principal: "p"}, Payload: ReleaseHold{ID: "h"}})
	f("principal", Command{Actor: Actor{Tenant: "t"}, Payload: ReleaseHold{ID: "h"}})
	f("idempotency_key", Command{Actor: actor, Key: strings.Repeat("k", MaxKeyBytes+1), Payload: ReleaseHold{ID: "h"}})
	f("payload", Command{Actor: actor})
	f("id", Command{Actor: actor, Payload: ReleaseHold{}})
	f("id", Command{Actor: actor, Payload: ReleaseHold{ID: "a/b"}})
	f("id", Command{Actor: actor, Payload: ReleaseHold{ID: strings.Repeat("x", 65)}})
	f("", Command{Actor: actor, Payload: ReleaseHold{ID: strings.Repeat("x", 64)}})
	f("id", Command{Actor: actor, Payload: Book{ID: "a", ReviewerID: "r", CaseIDs: []string{"ok", "not ok"}}})
	f("id", Command{Actor: actor, Payload: HoldSlot{ID: "a", CaseIDs: []string{"c"}}})
	f("answer", Command{Actor: actor, Payload: RecordAnswer{}})
	f("rules", Command{Actor: actor, Payload: LoadRules{Bundle: make([]byte, MaxRulesBytes+1)}})
	f("clear", Command{Actor: actor, Payload: Reseal{Parts: []Resealed{{In: InCase, Tenant: "t", ID: "c"}}}})
	f("npis", Command{Actor: actor, Payload: PutProfile{Profile: Profile{NPIs: make([]string, MaxProfileNPIs+1)}}})
	r := sampleReviewer("t", "rev-1", 0)
	f("", Command{Actor: actor, Payload: PutReviewer{Reviewer: *r}})
	r.BufferAfter = maxBufferMinutes + 1
	f("buffer", Command{Actor: actor, Payload: PutReviewer{Reviewer: *r}})
	r.BufferAfter, r.MaxPerDay = 0, -1
	f("max_per_day", Command{Actor: actor, Payload: PutReviewer{Reviewer: *r}})
	r.Zone = nil
	f("time_zone", Command{Actor: actor, Payload: PutReviewer{Reviewer: *r}})

	attempt := func(direction, result, role string) Command {
		return Command{Actor: actor, Payload: RecordAttempt{
			AppointmentID: "a", Attempt: Attempt{Direction: direction, Result: result, SpokeWithRole: role},
		}}
	}
	f("", attempt("outbound", "reached", "nurse"))
	f("direction", attempt("up", "reached", "nurse"))
	f("result", attempt("inbound", "busy", ""))
	f("spoke_with_role", attempt("inbound", "reached", "janitor"))
	f("spoke_with_nobody", attempt("outbound", "voicemail", "nurse"))
	f("id", Command{Actor: actor, Payload: RecordAttempt{}})
	f("id", Command{Actor: actor, Payload: StartCall{}})
	f("id", Command{Actor: actor, Payload: CompleteCall{Outcome: "upheld"}})
	f("outcome", Command{Actor: actor, Payload: CompleteCall{ID: "a", Outcome: "won"}})
	f("partial", Command{Actor: actor, Payload: CompleteCall{ID: "a", Outcome: "upheld", Partial: true}})
	f("", Command{Actor: actor, Payload: CompleteCall{ID: "a", Outcome: "modified", Partial: true}})
	f("id", Command{Actor: actor, Payload: NoShowCall{By: "provider"}})
	f("by", Command{Actor: actor, Payload: NoShowCall{ID: "a", By: "payer"}})
	f("id", Command{Actor: actor, Payload: Reassign{ID: "a"}})
	f("id", Command{Actor: actor, Payload: AddAbsence{}})
	f("span", Command{Actor: actor, Payload: AddAbsence{ReviewerID: "r", Span: slots.Interval{Start: 5, End: 5}}})
	f("span", Command{Actor: actor, Payload: AddAbsence{ReviewerID: "r", Span: slots.Interval{End: MaxAbsence + 1}}})
	f("", Command{Actor: actor, Payload: AddAbsence{ReviewerID: "r", Span: slots.Interval{End: MaxAbsence}}})
}

func TestOptions(t *testing.T) {
	t.Parallel()
	f := func(want string, o Options) Options {
		t.Helper()
		o, err := o.withDefaults()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Fatalf("got %v, want %q", err, want)
		}
		return o
	}
	log := NewMemLog()
	o := f("", Options{Log: log})
	if o.QueueLimit != DefaultQueueLimit || o.BatchLimit != DefaultBatchLimit || o.KeyLimit != DefaultKeyLimit || o.Clock == nil {
		t.Fatalf("%+v", o)
	}
	if o := f("", Options{Log: log, QueueLimit: 8}); o.BatchLimit != 8 {
		t.Fatalf("%+v", o)
	}
	f("no log", Options{})
	f("above QueueLimit", Options{Log: log, QueueLimit: 1, BatchLimit: 2})
	f("must not be negative", Options{Log: log, CheckpointEvery: -1})
	f("sandbox", Options{Log: log, Identity: Identity{Sandbox: true}})
	f("sandbox", Options{Log: log, Clock: SandboxClock(5)})
	f("", Options{Log: log, Clock: SandboxClock(5), Identity: Identity{Sandbox: true}})
}

func TestSandboxClock(t *testing.T) {
	t.Parallel()
	c := SandboxClock(1000).(*sandboxClock)
	if now := c.Now(); now < 1000 || now > 1060 {
		t.Fatal(now)
	}
	c.notBefore(5000)
	if now := c.Now(); now < 5000 || now > 5060 {
		t.Fatal(now)
	}
	c.notBefore(10)
	if now := c.Now(); now < 5000 {
		t.Fatal(now)
	}
}
