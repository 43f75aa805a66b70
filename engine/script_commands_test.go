package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

var scriptCommands = map[string]func(*script, *testing.T, *datadriven.TestData) string{
	// options holds=N keys=N, before anything else
	"options": func(s *script, t *testing.T, d *datadriven.TestData) string {
		d.MaybeScanArgs(t, "holds", &s.limits.HoldsPerPrincipal)
		d.MaybeScanArgs(t, "keys", &s.limits.KeyLimit)
		s.restart(t)
		return ""
	},
	// tick MINUTES, or tick seconds=N
	"tick": func(s *script, t *testing.T, d *datadriven.TestData) string {
		seconds := 0
		if !d.MaybeScanArgs(t, "seconds", &seconds) {
			minutes, err := strconv.Atoi(d.CmdArgs[0].Key)
			if err != nil {
				t.Fatal(err)
			}
			seconds = 60 * minutes
		}
		s.clock.Advance(slots.Instant(seconds))
		return clockOf(s.engine.Now()) + "\n"
	},
	// rules, with payer rows as the input
	"rules": func(s *script, t *testing.T, d *datadriven.TestData) string {
		bundle := []byte(d.Input)
		if !d.HasArg("raw") {
			bundle = enginetest.EditedRules(t, d.Input)
		}
		return s.submit(t, d, engine.LoadRules{Bundle: bundle})
	},
	"reviewer": func(s *script, t *testing.T, d *datadriven.TestData) string {
		return s.submit(t, d, engine.PutReviewer{Reviewer: reviewerOf(t, d), Expect: expectOf(t, d)})
	},
	"deactivate": func(s *script, t *testing.T, d *datadriven.TestData) string {
		return s.submit(t, d, engine.DeactivateReviewer{ID: d.CmdArgs[0].Key, Expect: expectOf(t, d)})
	},
	"case": func(s *script, t *testing.T, d *datadriven.TestData) string {
		return s.submit(t, d, engine.PutCase{Case: caseOf(t, d), Expect: expectOf(t, d)})
	},
	"hold": func(s *script, t *testing.T, d *datadriven.TestData) string {
		return s.submit(t, d, engine.HoldSlot{
			ID: d.CmdArgs[0].Key, CaseIDs: listOf(d, "for"), ReviewerID: textOf(t, d, "with", ""),
			Start: atOf(t, d), TimeZone: "UTC", SpecialtyMatch: d.HasArg("match"),
		})
	},
	"release": func(s *script, t *testing.T, d *datadriven.TestData) string {
		return s.submit(t, d, engine.ReleaseHold{ID: d.CmdArgs[0].Key})
	},
	"book": func(s *script, t *testing.T, d *datadriven.TestData) string { return s.submit(t, d, bookOf(t, d)) },
	"move": func(s *script, t *testing.T, d *datadriven.TestData) string {
		return s.submit(t, d, engine.Reschedule{
			ID: d.CmdArgs[0].Key, ReviewerID: textOf(t, d, "with", ""), Start: atOf(t, d),
			Attestations: listOf(d, "attest"), Expect: expectOf(t, d),
		})
	},
	"cancel": func(s *script, t *testing.T, d *datadriven.TestData) string {
		reason := s.engine.Vault().SealAppointment("", &engine.AppointmentPersonal{CancelReason: "feels better"})
		return s.submit(t, d, engine.Cancel{
			ID: d.CmdArgs[0].Key, By: textOf(t, d, "by", "provider"), Personal: reason, Expect: expectOf(t, d),
		})
	},
	"profile": func(s *script, t *testing.T, d *datadriven.TestData) string {
		p := engine.Profile{TimeZone: "US/Eastern", ConfirmedAt: enginetest.Monday, NPIs: listOf(d, "npis")}
		return s.submit(t, d, engine.PutProfile{Profile: p, Expect: expectOf(t, d)})
	},
	"answer": func(s *script, t *testing.T, d *datadriven.TestData) string {
		return s.submit(t, d, engine.RecordAnswer{Body: []byte(textOf(t, d, "text", ""))})
	},
	// list mine|case|reviewer NAME [after=ID]
	"list": func(s *script, t *testing.T, d *datadriven.TestData) string {
		return s.listed(t, d.CmdArgs[0].Key, d.CmdArgs[1].Key, textOf(t, d, "after", ""))
	},
	// call CASE: what occupies it now
	"call": func(s *script, t *testing.T, d *datadriven.TestData) string {
		a, h := s.engine.Snapshot().ActiveCall(enginetest.Tenant, d.CmdArgs[0].Key, s.engine.Now())
		switch {
		case a != nil:
			return "appointment " + a.ID + "\n"
		case h != nil:
			return "hold " + h.ID + "\n"
		}
		return "free\n"
	},
	"fault": func(s *script, t *testing.T, d *datadriven.TestData) string {
		switch d.CmdArgs[0].Key {
		case "fail":
			s.log.FailNext(errors.New("no space"))
		case "poison":
			s.log.PoisonNext(d.HasArg("written"))
		case "readonly":
			s.log.SetReadOnly(true)
		case "writable":
			s.log.SetReadOnly(false)
		}
		return ""
	},
	"checkpoint": func(s *script, t *testing.T, d *datadriven.TestData) string {
		if err := s.engine.Checkpoint(); err != nil {
			return err.Error() + "\n"
		}
		return ""
	},
	// restart, as after a crash
	"restart": func(s *script, t *testing.T, d *datadriven.TestData) string {
		s.restart(t)
		var b strings.Builder
		s.printCalls(&b)
		return b.String()
	},
	"counts": func(s *script, t *testing.T, d *datadriven.TestData) string {
		return fmt.Sprintf("%+v\n%+v\n", s.engine.Snapshot().Counts(), s.engine.Snapshot().Counters())
	},
}

// restart leaves the old engine without a checkpoint of its end.
func (s *script) restart(t *testing.T) {
	log := s.log.Reopen()
	_ = s.engine.Close()
	s.log = log
	s.start(t)
}

func (s *script) listed(t *testing.T, view, name, after string) string {
	snap := s.engine.Snapshot()
	walk := map[string]func(string, string, engine.Position, func(*engine.Appointment) bool){
		"mine": snap.Mine, "case": snap.ByCase, "reviewer": snap.ByReviewer,
	}[view]
	var from engine.Position
	if a, ok := snap.Appointment(enginetest.Tenant, after); ok {
		from = engine.Position{Start: a.Span.Start, ID: a.ID}
	}
	var ids []string
	walk(enginetest.Tenant, name, from, func(a *engine.Appointment) bool {
		ids = append(ids, a.ID)
		return true
	})
	return strings.Join(ids, " ") + "\n"
}

func textOf(t *testing.T, d *datadriven.TestData, key, otherwise string) string {
	if arg, ok := d.Arg(key); ok {
		return arg.SingleVal(t)
	}
	return otherwise
}

func listOf(d *datadriven.TestData, key string) []string {
	arg, _ := d.Arg(key)
	return slices.Clone(arg.Vals)
}

func expectOf(t *testing.T, d *datadriven.TestData) (version uint64) {
	d.MaybeScanArgs(t, "expect", &version)
	return version
}

func atOf(t *testing.T, d *datadriven.TestData) slots.Instant {
	return parseClock(t, textOf(t, d, "at", "16:00"))
}

func bookOf(t *testing.T, d *datadriven.TestData) engine.Book {
	p := engine.Book{
		ID: d.CmdArgs[0].Key, CaseIDs: listOf(d, "for"), ReviewerID: textOf(t, d, "with", ""), Start: atOf(t, d),
		HoldID: textOf(t, d, "hold", ""), TimeZone: "UTC", PerformedByRole: "requesting_provider",
		PerformedByCredential: textOf(t, d, "speaker", "MD"), Location: "provider_office", Notify: "none",
		Attestations: listOf(d, "attest"), AttestedByRole: textOf(t, d, "attested-by", ""),
	}
	if d.HasArg("layman") {
		p.PerformedByCredential = "MBA"
	}
	p.Notes.SpecialtyMatchRequested = d.HasArg("match")
	p.Expect.Ruleset = textOf(t, d, "ruleset", "")
	if name := textOf(t, d, "tier", ""); name != "" {
		for tier := matcher.TierFull; tier <= matcher.TierBothWaived; tier++ {
			if tier.String() == name {
				p.Expect.Tier = tier
			}
		}
	}
	return p
}

func reviewerOf(t *testing.T, d *datadriven.TestData) engine.Reviewer {
	r := enginetest.Reviewer(d.CmdArgs[0].Key)
	for _, arg := range d.CmdArgs[1:] {
		switch arg.Key {
		case "specialty":
			r.Specialties = arg.Vals
		case "state":
			r.Licenses[0].State = arg.SingleVal(t)
		case "programs":
			r.Programs = arg.Vals
		case "credential":
			r.Credential = arg.SingleVal(t)
		case "before":
			arg.Scan(t, 0, &r.BufferBefore)
		case "after":
			arg.Scan(t, 0, &r.BufferAfter)
		case "cap":
			arg.Scan(t, 0, &r.MaxPerDay)
		case "inactive":
			r.Active = false
		case "hours": // from and until, in Chicago
			span := slots.ClockSpan{}
			arg.Scan(t, 0, (*int16)(&span.Start))
			arg.Scan(t, 1, (*int16)(&span.End))
			r.Hours.Weekly[0].Span = slots.ClockSpan{Start: 60 * span.Start, End: 60 * span.End}
		case "licensed": // until so many days after the Monday
			var day int
			arg.Scan(t, 0, &day)
			r.Licenses[0].To = slots.Date(enginetest.Monday/86400) + slots.Date(day)
		}
	}
	return r
}

func caseOf(t *testing.T, d *datadriven.TestData) engine.Case {
	c := enginetest.Case(d.CmdArgs[0].Key)
	for _, arg := range d.CmdArgs[1:] {
		switch arg.Key {
		case "plan":
			c.HealthPlan = arg.SingleVal(t)
		case "line":
			c.LineOfBusiness = arg.SingleVal(t)
		case "state":
			c.SitusState, c.MemberState = arg.SingleVal(t), arg.SingleVal(t)
		case "status":
			c.Determination.Status = arg.SingleVal(t)
		case "level":
			c.LevelOfReview = arg.SingleVal(t)
		case "npi":
			c.Requesting.NPI = arg.SingleVal(t)
		case "no-codes":
			c.ServiceCodes = nil
		case "drug":
			c.Drug = arg.SingleVal(t)
		case "specialty":
			c.Requesting.Specialty, c.ServiceSpecialty = arg.SingleVal(t), arg.SingleVal(t)
		case "program":
			c.Program = arg.SingleVal(t)
		case "appealed":
			c.AppealFiledAt = parseClock(t, arg.SingleVal(t))
		case "due":
			c.DecisionDue = parseClock(t, arg.SingleVal(t))
		case "decider": // who made the determination
			c.Determination.ReviewerID = arg.SingleVal(t)
		case "decided":
			c.Determination.DecidedAt = parseClock(t, arg.SingleVal(t))
		case "asked":
			c.P2PRequestedAt = parseClock(t, arg.SingleVal(t))
		case "letter":
			var day int
			arg.Scan(t, 0, &day)
			c.Determination.LetterDate += slots.Date(day)
		}
	}
	return c
}

// holdsOf and appointmentsOf list what is there, by id, through what readers have.
func holdsOf(s *engine.Snapshot) (holds []*engine.Hold) {
	for _, id := range scriptIDs {
		if h, ok := s.Hold(enginetest.Tenant, id); ok {
			holds = append(holds, h)
		}
	}
	return holds
}

func appointmentsOf(s *engine.Snapshot) (appointments []*engine.Appointment) {
	for _, id := range scriptIDs {
		if a, ok := s.Appointment(enginetest.Tenant, id); ok {
			appointments = append(appointments, a)
		}
	}
	return appointments
}

// scriptIDs are the names that scripts give to holds and appointments.
var scriptIDs = func() (ids []string) {
	for _, prefix := range []string{"h", "a"} {
		for n := 1; n < 10; n++ {
			ids = append(ids, fmt.Sprint(prefix, n))
		}
	}
	return ids
}()
