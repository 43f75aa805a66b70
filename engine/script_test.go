package engine_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/slots"
)

// TestScripts plays testdata/*.txt against an engine over an in-memory log.
// Every command prints its outcome and, where it wrote an entry, the calls that
// it left. Commands are those of scriptCommands and callCommands; each takes as=PRINCIPAL, key=KEY,
// body=TEXT (what the fingerprint is made from; by default the whole line), bearing=KEY (the id of an
// API key) and office=(NPI,…) or desk=REVIEWER (the scope).
// Instants are HH:MM of the fixture's Monday in UTC, or d+HH:MM of d days later.
// At the end of a script the log is replayed and must give the live state.
func TestScripts(t *testing.T) {
	t.Parallel()
	datadriven.Walk(t, "testdata/scripts", func(t *testing.T, path string) {
		s := &script{}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			run, ok := scriptCommands[d.Cmd]
			if !ok {
				run, ok = callCommands[d.Cmd]
			}
			if !ok {
				d.Fatalf(t, "unknown command %s", d.Cmd)
			}
			if s.engine == nil {
				s.start(t)
			}
			return run(s, t, d)
		})
		s.verify(t)
	})
}

type script struct {
	log    *engine.MemLog
	clock  *enginetest.Clock
	engine *engine.Engine
	limits engine.Options
}

func (s *script) start(t *testing.T) {
	if s.log == nil {
		s.log, s.clock = engine.NewMemLog(), enginetest.NewClock(enginetest.Monday)
	}
	o := s.limits
	o.Log, o.Clock = s.log, s.clock
	e, err := engine.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	s.engine = e
	t.Cleanup(func() { _ = e.Close() })
}

// verify replays the log and compares.
func (s *script) verify(t *testing.T) {
	if s.engine == nil {
		return
	}
	live := s.engine.Snapshot()
	_ = s.engine.Close()
	report, err := engine.Replay(t.Context(), s.log.Reopen(), engine.Identity{}, engine.ReplayOptions{Rejudge: true})
	if err != nil {
		t.Fatal(err)
	}
	if report.State != live.Hash() {
		t.Fatal("the replayed state differs from the live one")
	}
	if report.Different != 0 {
		t.Fatalf("entries judged differently again: %+v", report.Differences)
	}
}

// submit sends a payload as the line says and prints what comes back.
func (s *script) submit(t *testing.T, d *datadriven.TestData, p engine.Payload) string {
	c := engine.Command{Actor: enginetest.Actor("alice"), RequestID: "r-1", Payload: p}
	body := d.FullCmd()
	for _, arg := range d.CmdArgs {
		switch arg.Key {
		case "as":
			c.Actor.Principal = arg.SingleVal(t)
		case "key":
			c.Key = arg.SingleVal(t)
		case "body":
			body = arg.SingleVal(t)
		case "bearing":
			c.Credential = arg.SingleVal(t)
		case "office":
			c.Scope = &engine.Scope{NPIs: arg.Vals}
		case "desk":
			c.Scope = &engine.Scope{ReviewerID: arg.SingleVal(t)}
		}
	}
	if c.Scope != nil {
		c.Scope.Principal = c.Actor.Principal
	}
	c.Fingerprint = sha256.Sum256([]byte(body))
	before := s.engine.Snapshot().Seq()
	o, err := s.engine.Submit(t.Context(), c)
	var b strings.Builder
	printOutcome(&b, o, err)
	if s.engine.Snapshot().Seq() != before {
		s.printCalls(&b)
	}
	return b.String()
}

func printOutcome(b *strings.Builder, o engine.Outcome, err error) {
	if err != nil {
		for _, known := range []error{
			engine.ErrOutcomeUnknown, engine.ErrNotWritable, engine.ErrOverloaded, engine.ErrClosed, engine.ErrDeadline,
		} {
			if errors.Is(err, known) {
				fmt.Fprintf(b, "error: %v\n", known)
				return
			}
		}
		fmt.Fprintf(b, "error: %v\n", err)
		return
	}
	fmt.Fprint(b, o.Status)
	for _, part := range []struct {
		name  string
		value any
		shown bool
	}{
		{"seq", o.Seq, o.Seq != 0},
		{"created", "yes", o.Created},
		{"replayed", "yes", o.Replayed},
		{"detail", o.Detail, o.Detail != ""},
		{"rule", o.Rule, o.Rule != ""},
		{"codes", strings.Join(o.Codes, ","), o.Codes != nil},
		{"lacks", lacksOf(o.Lacks), o.Lacks != nil},
		{"answer", string(o.Answer), o.Answer != nil},
	} {
		if part.shown {
			fmt.Fprintf(b, " %s=%v", part.name, part.value)
		}
	}
	for _, r := range o.Reasons {
		fmt.Fprintf(b, " reason=%s(%s)", r.Code, r.Rule)
	}
	switch {
	case o.Judgement != nil:
		fmt.Fprintf(b, " now=%s", o.Judgement.Tier)
	case o.Reviewer != nil:
		fmt.Fprintf(b, " reviewer=%s ref=%d version=%d active=%v", o.Reviewer.ID, o.Reviewer.Ref, o.Reviewer.Version, o.Reviewer.Active)
	case o.Case != nil:
		fmt.Fprintf(b, " case=%s version=%d", o.Case.ID, o.Case.Version)
		if o.Case.FirstAskedAt != 0 {
			fmt.Fprintf(b, " asked=%s", clockOf(o.Case.FirstAskedAt))
		}
		if o.Case.Stage+o.Case.CallsHeld > 0 {
			fmt.Fprintf(b, " stage=%d held=%d", o.Case.Stage, o.Case.CallsHeld)
		}
	case o.Hold != nil:
		fmt.Fprintf(b, " hold=%s", o.Hold.ID)
	case o.Appointment != nil:
		fmt.Fprintf(b, " appointment=%s version=%d", o.Appointment.ID, o.Appointment.Version)
	case o.Profile != nil:
		fmt.Fprintf(b, " profile=%s version=%d", o.Profile.Principal, o.Profile.Version)
	}
	b.WriteByte('\n')
}

// printCalls prints holds and appointments, as a reader finds them.
func (s *script) printCalls(b *strings.Builder) {
	snap := s.engine.Snapshot()
	for _, h := range holdsOf(snap) {
		ended := ""
		if !h.ActiveAt(s.engine.Now()) {
			ended = ", ended"
		}
		fmt.Fprintf(b, "  hold %s of %s: %s with %s %s until %s%s%s\n", h.ID, h.Principal,
			strings.Join(h.CaseIDs, ","), h.ReviewerID, clockOf(h.Span.Start), clockOf(h.ExpiresAt), ended, s.callerOf(h.ID, h.Caller))
	}
	for _, a := range appointmentsOf(snap) {
		fmt.Fprintf(b, "  %s v%d of %s: %s with %s %s %s", a.ID, a.Version, a.CreatedBy,
			strings.Join(a.CaseIDs, ","), a.ReviewerID, clockOf(a.Span.Start), a.Match.Tier)
		printLife(b, a)
		for _, x := range a.Attestations {
			fmt.Fprintf(b, ", %s for %s by %s", x.Code, x.CaseID, x.Role)
		}
		b.WriteString(s.callerOf(a.CallerHold, a.Caller))
		b.WriteByte('\n')
	}
}

// callerOf tells who asked for an ad hoc call, as the hold of an id keeps it.
func (s *script) callerOf(hold string, sealed engine.Sealed) string {
	if hold == "" || len(sealed.Bytes) == 0 {
		return ""
	}
	p, err := s.engine.Vault().OpenCaller(enginetest.Tenant+"/hold/"+hold, sealed)
	if err != nil {
		return ", " + err.Error()
	}
	return ", caller " + p.FirstName + " " + p.LastName
}

// lacksOf tells which facts cases lack, and where their documents hold them.
func lacksOf(lacks []engine.Lack) string {
	var parts []string
	for _, l := range lacks {
		parts = append(parts, l.CaseID+":"+l.Fact+":"+l.Member)
	}
	return strings.Join(parts, ",")
}

// clockOf writes an instant as scripts do.
func clockOf(t slots.Instant) string {
	midnight := enginetest.Monday - 15*slots.Hour
	day, minute := (t-midnight)/(24*slots.Hour), (t-midnight)%(24*slots.Hour)/slots.Minute
	text := fmt.Sprintf("%02d:%02d", minute/60, minute%60)
	if day != 0 {
		text = fmt.Sprintf("%d+%s", day, text)
	}
	return text
}

func parseClock(t *testing.T, text string) slots.Instant {
	var day, hour, minute int
	if _, err := fmt.Sscanf(text, "%d+%d:%d", &day, &hour, &minute); err != nil {
		day = 0
		if _, err := fmt.Sscanf(text, "%d:%d", &hour, &minute); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	return enginetest.Monday - 15*slots.Hour + slots.Instant(day)*24*slots.Hour +
		slots.Instant(hour)*slots.Hour + slots.Instant(minute)*slots.Minute
}
