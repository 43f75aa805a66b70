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

func init() {
	// callback b1 for=(CASE…) windows=(HH:MM-HH:MM, …) [apt=a1] [credential=MD] [consent=(…)] [match]
	scriptCommands["callback"] = func(s *script, t *testing.T, d *datadriven.TestData) string {
		id := d.CmdArgs[0].Key
		p := engine.CreateCallback{
			ID: id, AppointmentID: textOf(t, d, "apt", "a"+strings.TrimPrefix(id, "b")), CaseIDs: listOf(d, "for"),
			Windows: windowsOf(t, d), TimeZone: "UTC", PerformedByRole: "requesting_provider",
			PerformedByCredential: textOf(t, d, "credential", "MD"), Location: "provider_office", Notify: "none",
			Consents: listOf(d, "consent"),
		}
		p.Notes.SpecialtyMatchRequested = d.HasArg("match")
		return s.submit(t, d, p) + s.request(id)
	}
	scriptCommands["withdraw"] = func(s *script, t *testing.T, d *datadriven.TestData) string {
		return s.submit(t, d, engine.CancelCallback{ID: d.CmdArgs[0].Key, Expect: expectOf(t, d)}) + s.request(d.CmdArgs[0].Key)
	}
	// adhoc h1 for=(CASE…) [at=HH:MM] [credential=MD] [consent=(…)] [match]
	scriptCommands["adhoc"] = func(s *script, t *testing.T, d *datadriven.TestData) string {
		p := engine.AdHoc{
			ID: d.CmdArgs[0].Key, CaseIDs: listOf(d, "for"), TimeZone: "UTC", PerformedByRole: "requesting_provider",
			PerformedByCredential: textOf(t, d, "credential", "MD"), SpecialtyMatch: d.HasArg("match"), Consents: listOf(d, "consent"),
		}
		if d.HasArg("caller") {
			p.Caller = s.engine.Vault().SealCaller(enginetest.Tenant+"/hold/"+p.ID, &engine.CallerPersonal{FirstName: textOf(t, d, "caller", ""), LastName: "Lee"})
		}
		if d.HasArg("at") {
			p.AvailableAt = atOf(t, d)
		}
		return s.submit(t, d, p)
	}
	// queue: every request, in order of id, and the queue
	scriptCommands["queue"] = func(s *script, t *testing.T, d *datadriven.TestData) string {
		var b strings.Builder
		for n := 1; n < 10; n++ {
			b.WriteString(s.request(fmt.Sprint("b", n)))
		}
		s.engine.Snapshot().CallbacksQueued(enginetest.Tenant, func(r *engine.CallbackRequest) bool {
			fmt.Fprintf(&b, "%d. %s\n", s.engine.Snapshot().QueuePosition(enginetest.Tenant, r.ID), r.ID)
			return true
		})
		return b.String()
	}
}

// request prints a callback request, "" if there is none.
func (s *script) request(id string) string {
	r, ok := s.engine.Snapshot().Callback(enginetest.Tenant, id)
	if !ok {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "  %s v%d for %s: %s", r.ID, r.Version, strings.Join(r.CaseIDs, ","), r.Status)
	for _, part := range []string{r.Reason, r.ReasonRule, r.CancelCode} {
		if part != "" {
			fmt.Fprintf(&b, ", %s", part)
		}
	}
	if r.Options > 0 {
		fmt.Fprintf(&b, ", 1 of %d", r.Options)
	}
	if a, ok := s.engine.Snapshot().Appointment(enginetest.Tenant, r.AppointmentID); ok {
		fmt.Fprintf(&b, ", %s with %s %s", a.ID, a.ReviewerID, clockOf(a.Span.Start))
	}
	b.WriteByte('\n')
	return b.String()
}

func windowsOf(t *testing.T, d *datadriven.TestData) (windows []slots.Interval) {
	for _, text := range listOf(d, "windows") {
		from, to, _ := strings.Cut(text, "-")
		windows = append(windows, slots.Interval{Start: parseClock(t, from), End: parseClock(t, to)})
	}
	return windows
}
