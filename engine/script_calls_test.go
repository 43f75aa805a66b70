package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/slots"
)

// callCommands are the commands of scripts on the life of a booked call.
var callCommands = map[string]func(*script, *testing.T, *datadriven.TestData) string{
	// attempt APPOINTMENT RESULT [inbound] [at=T] [role=ROLE]
	"attempt": func(s *script, t *testing.T, d *datadriven.TestData) string {
		a := engine.Attempt{
			At: sinceOf(s, t, d), Direction: "outbound", Result: d.CmdArgs[1].Key, SpokeWithRole: textOf(t, d, "role", ""),
			CallbackNumberGiven: d.HasArg("number"),
			Personal:            s.engine.Vault().SealAttempt("", &engine.AttemptPersonal{NumberCalled: "+12125550100"}),
		}
		if d.HasArg("inbound") {
			a.Direction = "inbound"
		}
		return s.submit(t, d, engine.RecordAttempt{AppointmentID: d.CmdArgs[0].Key, Attempt: a, Expect: expectOf(t, d)})
	},
	// begin APPOINTMENT [at=T]
	"begin": func(s *script, t *testing.T, d *datadriven.TestData) string {
		p := engine.StartCall{ID: d.CmdArgs[0].Key, Expect: expectOf(t, d)}
		if d.HasArg("at") {
			p.At = atOf(t, d)
		}
		return s.submit(t, d, p)
	},
	// complete APPOINTMENT OUTCOME [partial]
	"complete": func(s *script, t *testing.T, d *datadriven.TestData) string {
		report := &engine.CallReport{Clarifications: []engine.Clarification{{Subject: "therapy", Documented: "none", Clarified: "six weeks"}}}
		if d.HasArg("partial") {
			report.Partial = &engine.PartialCertification{Requested: "12 visits", Certified: "6 visits"}
		}
		return s.submit(t, d, engine.CompleteCall{
			ID: d.CmdArgs[0].Key, Outcome: d.CmdArgs[1].Key, Partial: d.HasArg("partial"),
			Report: s.engine.Vault().SealReport("", report), Expect: expectOf(t, d),
		})
	},
	// missed APPOINTMENT by=provider|reviewer
	"missed": func(s *script, t *testing.T, d *datadriven.TestData) string {
		return s.submit(t, d, engine.NoShowCall{ID: d.CmdArgs[0].Key, By: textOf(t, d, "by", "provider"), Expect: expectOf(t, d)})
	},
	"reassign": func(s *script, t *testing.T, d *datadriven.TestData) string {
		return s.submit(t, d, engine.Reassign{
			ID: d.CmdArgs[0].Key, ReviewerID: textOf(t, d, "with", ""), Attestations: listOf(d, "attest"), Expect: expectOf(t, d),
		})
	},
	// absent REVIEWER from=T until=T
	"absent": func(s *script, t *testing.T, d *datadriven.TestData) string {
		span := slots.Interval{
			Start: parseClock(t, textOf(t, d, "from", "")), End: parseClock(t, textOf(t, d, "until", "")),
		}
		return s.submit(t, d, engine.AddAbsence{ReviewerID: d.CmdArgs[0].Key, Span: span, Expect: expectOf(t, d)})
	},
	// agenda REVIEWER [day=N]: of the Nth day after the Monday
	"agenda": func(s *script, t *testing.T, d *datadriven.TestData) string {
		var day int
		d.MaybeScanArgs(t, "day", &day)
		var b strings.Builder
		date := slots.Date(enginetest.Monday/86400) + slots.Date(day)
		var dates slots.Set
		if r, ok := s.engine.Snapshot().Reviewer(enginetest.Tenant, d.CmdArgs[0].Key); ok {
			dates = r.Zone.Dates(date, date)
		}
		for _, a := range s.engine.Snapshot().Agenda(enginetest.Tenant, d.CmdArgs[0].Key, dates) {
			fmt.Fprintf(&b, "%s %s %s\n", clockOf(a.Span.Start), a.ID, a.Status)
		}
		return b.String()
	},
	// attention [limit=N] [after=APPOINTMENT]
	"attention": func(s *script, t *testing.T, d *datadriven.TestData) string {
		limit := 100
		d.MaybeScanArgs(t, "limit", &limit)
		snap := s.engine.Snapshot()
		var from engine.Position
		if a, ok := snap.Appointment(enginetest.Tenant, textOf(t, d, "after", "")); ok {
			from = engine.Position{Start: a.Span.Start, ID: a.ID}
			if due := snap.ResultAwaited(a); due != nil {
				from.Start = due.By
			}
		}
		var b strings.Builder
		at, more := snap.Attention(enginetest.Tenant, s.engine.Now(), from, func(i engine.AttentionItem) bool {
			fmt.Fprintf(&b, "%s: %s", i.Appointment.ID, i.Code)
			for _, part := range []string{i.Detail, i.Rule, i.CaseID} {
				if part != "" {
					fmt.Fprintf(&b, " %s", part)
				}
			}
			if i.Due != nil {
				fmt.Fprintf(&b, " by %s", clockOf(i.Due.By))
			}
			b.WriteByte('\n')
			limit--
			return limit > 0
		})
		if more {
			fmt.Fprintf(&b, "more behind %s\n", at.ID)
		}
		if b.Len() == 0 {
			return "nothing\n"
		}
		return b.String()
	},
}

// sinceOf is the instant of an attempt: at=T, else now.
func sinceOf(s *script, t *testing.T, d *datadriven.TestData) slots.Instant {
	if d.HasArg("at") {
		return atOf(t, d)
	}
	return s.engine.Now()
}

// printLife writes what has become of a call, nothing for one that is booked.
func printLife(b *strings.Builder, a *engine.Appointment) {
	switch a.Status {
	case engine.Booked:
	case engine.Cancelled:
		fmt.Fprintf(b, ", cancelled by %s", a.CancelledBy)
		if a.CancelCode != "" {
			fmt.Fprintf(b, " for %s", a.CancelCode)
		}
		if a.CancelRule != "" {
			fmt.Fprintf(b, " (%s)", a.CancelRule)
		}
	case engine.NoShow:
		fmt.Fprintf(b, ", no_show by %s %s", a.NoShowBy, clockOf(a.EndedAt))
	default:
		fmt.Fprintf(b, ", %s", a.Status)
	}
	if a.StartedAt != 0 {
		fmt.Fprintf(b, ", started %s", clockOf(a.StartedAt))
	}
	if a.Outcome != "" {
		fmt.Fprintf(b, ", %s %s", a.Outcome, clockOf(a.EndedAt))
	}
	if a.EscalatedTo != "" {
		fmt.Fprintf(b, " to %s", a.EscalatedTo)
	}
	if a.Partial {
		b.WriteString(", partial")
	}
	for _, d := range a.ResultsDue {
		fmt.Fprintf(b, ", result of %s due %s (%s)", d.CaseID, clockOf(d.By), d.Rule)
	}
	if a.Follows != "" {
		fmt.Fprintf(b, ", follows %s", a.Follows)
	}
	if a.FollowedBy != "" {
		fmt.Fprintf(b, ", followed by %s", a.FollowedBy)
	}
	for i := range a.Attempts {
		x := &a.Attempts[i]
		fmt.Fprintf(b, ", %s %s %s", x.Direction, clockOf(x.At), x.Result)
		if x.SpokeWithRole != "" {
			fmt.Fprintf(b, " %s", x.SpokeWithRole)
		}
		if x.Missed {
			b.WriteString(" missed")
		}
		if x.CallBackUntil != 0 {
			fmt.Fprintf(b, " call back until %s", clockOf(x.CallBackUntil))
		}
		if x.Left >= 0 {
			fmt.Fprintf(b, " %d left", x.Left)
		}
	}
}
