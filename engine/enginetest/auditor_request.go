package enginetest

import (
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// request is a request for a callback.
type request struct {
	tenant, id string
	apt        string // id of the appointment that it gets
	cases      []string
	windows    []slots.Interval
	specialty  bool // a specialty match was asked for
	credential string
	consents   []string
	principal  string
	status     engine.CallbackStatus
	reason     string // why it is open: "" or a code, or vague
	options    int
	firstAsked slots.Instant
	created    slots.Instant
	assigned   slots.Instant
	updated    slots.Instant
	version    uint64
	code       string // why it was cancelled

	entry engine.Seq // that changed it last
	// slack is how many times its reason may have changed without the auditor
	// knowing: the version may be higher by as much.
	slack  uint64
	unsure bool // so it may have been the last time
}

// vague stands for any reason that rules and reviewers give and that the auditor
// has no words for.
const vague = "?"

// The reasons that it has words for.
const (
	reasonNoneFree  = "reviewer_not_free"
	reasonScheduled = "case_scheduled"
	reasonPassed    = "windows_passed"
	reasonConsent   = "consent_missing"
	reasonLost      = "reviewer_lost" // of one that is assigned: nobody can take its call
)

func (r *request) open() bool {
	return r.status == engine.CallbackQueued || r.status == engine.CallbackUnassignable
}

func (a *Auditor) findRequest(tenant, id string) int {
	return slices.IndexFunc(a.requests, func(r request) bool { return r.tenant == tenant && r.id == id })
}

// openRequest returns the request with which a case waits, nil if none.
func (a *Auditor) openRequest(tenant, caseID string) *request {
	for i := range a.requests {
		if r := &a.requests[i]; r.tenant == tenant && r.open() && slices.Contains(r.cases, caseID) {
			return r
		}
	}
	return nil
}

// touch notes that the entry to come changes a request.
func (a *Auditor) touch(r *request) {
	if next := a.seq + 1; r.entry != next {
		r.entry = next
		r.version++
	}
	r.updated, r.unsure = a.now, false
}

func (a *Auditor) createCallback(actor engine.Actor, p engine.CreateCallback) Verdict {
	if a.findRequest(actor.Tenant, p.ID) >= 0 || a.taken(actor.Tenant, p.AppointmentID) {
		return refused(engine.StatusInvalid)
	}
	w := &wish{
		actor: actor, caseIDs: p.CaseIDs, mode: engine.ModeCallback,
		specialty: p.Notes.SpecialtyMatchRequested, clinician: p.PerformedByCredential == clinician,
	}
	if s := a.lookCases(w); s != engine.StatusOK {
		return refused(s)
	}
	if s := a.combine(w); s != engine.StatusOK {
		return refused(s)
	}
	own, s := a.booked(w, "")
	if s != engine.StatusOK {
		return refused(s)
	}
	for _, id := range p.CaseIDs {
		if a.openRequest(actor.Tenant, id) != nil {
			a.counts.Add("case waits already")
			return refused(engine.StatusCaseAlreadyScheduled)
		}
	}
	if v := a.consented(w, p.Consents); v.Status != engine.StatusOK {
		return v
	}
	if len(p.Windows) < w.terms.windows {
		return refused(engine.StatusTooFewWindows)
	}
	windows := p.Windows
	if len(windows) == 0 {
		windows = a.officeHours(w)
		a.counts.Add("request without windows")
	}
	if a.odd(windows, seconds(w.terms.call)) {
		return refused(engine.StatusWindowsInvalid)
	}
	if own >= 0 {
		a.calls[own].over = true
		a.counts.Add("hold given up for a request")
	}
	r := request{
		tenant: actor.Tenant, id: p.ID, apt: p.AppointmentID, cases: p.CaseIDs, windows: windows, specialty: w.specialty,
		credential: p.PerformedByCredential, consents: p.Consents, principal: actor.Principal,
		status: engine.CallbackQueued, firstAsked: a.earliestAsked(w), created: a.now, updated: a.now,
		version: 1, entry: a.seq + 1,
	}
	a.ask(w)
	a.requests = append(a.requests, r)
	return Verdict{request: &r, changed: true, Created: true}
}

// earliestAsked is when one of the cases was asked about first, perhaps now.
func (a *Auditor) earliestAsked(w *wish) slots.Instant {
	first := a.now
	for _, c := range w.cases {
		if c.asked != 0 {
			first = min(first, c.asked)
		}
	}
	return first
}

// consented asks for the consents that no call can do without, and whether every
// other one means something.
func (a *Auditor) consented(w *wish, given []string) Verdict {
	if missing := slices.DeleteFunc(a.mandatory(w), func(code string) bool { return slices.Contains(given, code) }); len(missing) > 0 {
		return Verdict{Status: engine.StatusAttestationRequired, missing: missing}
	}
	if !containsAll(allCodes, given) {
		return refused(engine.StatusAttestationNotApplicable)
	}
	return Verdict{}
}

// officeHours are the windows of who names none: nine to five on the next
// working days of the provider, who is in Greenwich. The simulated plans keep no
// holidays.
func (a *Auditor) officeHours(w *wish) (windows []slots.Interval) {
	if w.terms.office == 0 {
		return nil
	}
	found := 0
	for day := a.now / 86400; found < w.terms.office; day++ {
		weekday := (day + 3) % 7 // Monday = 0
		from, to := max(a.now, day*86400+9*3600), day*86400+17*3600
		if weekday >= 5 || from >= to {
			continue
		}
		found++
		if to-from >= seconds(w.terms.call) {
			windows = append(windows, slots.Interval{Start: from, End: to})
		}
	}
	return windows
}

// odd tells whether some window is of no use: no call fits into what is left of
// it, or it lies within another.
func (a *Auditor) odd(windows []slots.Interval, length slots.Instant) bool {
	for i, x := range windows {
		if x.Start+length > x.End || a.now+length > x.End {
			return true
		}
		for k, y := range windows {
			if i != k && y.Start <= x.Start && x.End <= y.End {
				return true
			}
		}
	}
	return len(windows) == 0
}

func (a *Auditor) cancelCallback(actor engine.Actor, p engine.CancelCallback) Verdict {
	i := a.findRequest(actor.Tenant, p.ID)
	if i < 0 {
		return refused(engine.StatusNotFound)
	}
	r := &a.requests[i]
	if stale(p.Expect, r.version) {
		return refused(engine.StatusStaleVersion)
	}
	if r.status == engine.CallbackCancelled {
		a.counts.Add("request cancelled again")
		v := Verdict{request: &a.requests[i]}
		a.refresh(&v)
		return v
	}
	if r.status == engine.CallbackAssigned {
		c := &a.calls[a.findAppointment(actor.Tenant, r.apt)]
		if c.status != engine.Booked {
			return refused(engine.StatusNotCancellable)
		}
		c.status, c.cancelledBy, c.cancelCode = engine.Cancelled, "provider", "cancelled_by_request"
		a.changed(c)
		a.counts.Add("request cancelled with its call")
	}
	a.drop(r, "cancelled_by_request")
	image := *r
	return Verdict{request: &image, changed: true}
}

// drop cancels a request for a reason.
func (a *Auditor) drop(r *request, code string) {
	a.touch(r)
	r.status, r.code, r.reason = engine.CallbackCancelled, code, ""
	a.counts.Add("request cancelled: %s", code)
}

// refresh makes a verdict answer with what is there after all has followed.
func (a *Auditor) refresh(v *Verdict) {
	if v.request != nil {
		image := a.requests[a.findRequest(v.request.tenant, v.request.id)]
		v.request, v.call = &image, nil
		if i := a.findAppointment(image.tenant, image.apt); i >= 0 {
			c := a.calls[i]
			v.call = &c
		}
	}
}
