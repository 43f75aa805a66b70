package enginetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/parleyhq/parley/engine"
)

// differ collects what is not as expected.
type differ struct{ errs []error }

func (d *differ) errorf(format string, args ...any) {
	d.errs = append(d.errs, fmt.Errorf(format, args...))
}

// want notes a difference between two values of one name.
func want[T comparable](d *differ, name string, got, expected T) {
	if got != expected {
		d.errorf("%s is %v, expected %v", name, got, expected)
	}
}

func wantList(d *differ, name string, got, expected []string) {
	if !slices.Equal(got, expected) {
		d.errorf("%s is %v, expected %v", name, got, expected)
	}
}

func (d *differ) err() error { return errors.Join(d.errs...) }

// compare tells how an outcome differs from what was expected of cmd.
func (v *Verdict) compare(cmd *engine.Command, o *engine.Outcome) error {
	d := &differ{}
	want(d, "status", o.Status, v.Status)
	want(d, "replayed", o.Replayed, v.Replayed)
	want(d, "seq", o.Seq, v.Seq)
	want(d, "now", o.Now, v.Now)
	if len(d.errs) == 0 && o.Status == engine.StatusOK {
		v.compareEntity(d, cmd.Payload.Kind(), o)
	}
	if !containsAll(o.Codes, v.missing) {
		d.errorf("codes are %v, missing are %v", o.Codes, v.missing)
	}
	return d.err()
}

func (v *Verdict) compareEntity(d *differ, k engine.Kind, o *engine.Outcome) {
	switch k {
	case engine.KindPutReviewer, engine.KindDeactivateReviewer, engine.KindAddAbsence:
		if o.Reviewer == nil {
			d.errorf("no reviewer in the answer")
			return
		}
		want(d, "version", o.Reviewer.Version, v.version)
	case engine.KindPutCase:
		if o.Case == nil {
			d.errorf("no case in the answer")
			return
		}
		want(d, "version", o.Case.Version, v.version)
	case engine.KindPutProfile:
		if o.Profile == nil {
			d.errorf("no profile in the answer")
			return
		}
		want(d, "version", o.Profile.Version, v.version)
	case engine.KindHold, engine.KindAdHoc:
		v.call.compareHold(d, o.Hold)
	case engine.KindBook, engine.KindReschedule, engine.KindCancel, engine.KindRecordAttempt,
		engine.KindStartCall, engine.KindCompleteCall, engine.KindNoShow, engine.KindReassign:
		v.call.compareAppointment(d, o.Appointment)
	case engine.KindCreateCallback, engine.KindCancelCallback:
		v.request.compare(d, o.Callback)
		if v.call != nil {
			v.call.compareAppointment(d, o.Appointment)
		} else if o.Appointment != nil {
			d.errorf("appointment %s in the answer, expected none", o.Appointment.ID)
		}
	case engine.KindPutTenant:
		if o.Tenant == nil {
			d.errorf("no tenant in the answer")
			return
		}
		want(d, "version", o.Tenant.Version, v.version)
	case engine.KindCreateKey, engine.KindRevokeKey:
		v.access.compare(d, o.APIKey)
	case engine.KindRecordOffer:
	case engine.KindRecordAnswer:
		if !bytes.Equal(o.Answer, v.answer) {
			d.errorf("answer is %q, expected %q", o.Answer, v.answer)
		}
		return
	default:
		return
	}
	want(d, "created", o.Created, v.Created)
}

func (c *call) compareHold(d *differ, h *engine.Hold) {
	if h == nil {
		d.errorf("hold %s is not there", c.id)
		return
	}
	want(d, "id", h.ID, c.id)
	want(d, "tenant", h.Tenant, c.tenant)
	wantList(d, "cases", h.CaseIDs, c.cases)
	want(d, "reviewer", h.ReviewerID, c.reviewer)
	want(d, "span", h.Span, c.span)
	want(d, "busy", h.Busy, c.busy)
	want(d, "principal", h.Principal, c.principal)
	want(d, "mode", h.Mode, c.mode)
	want(d, "tier", h.Tier, c.tier)
	want(d, "expiry", h.ExpiresAt, c.until)
	want(d, "created at", h.CreatedAt, c.created)
	want(d, "specialty match", h.SpecialtyMatch, c.specialty)
	want(d, "caller", string(h.Caller.Bytes), c.caller)
}

func (c *call) compareAppointment(d *differ, p *engine.Appointment) {
	if p == nil {
		d.errorf("appointment %s is not there", c.id)
		return
	}
	want(d, "id", p.ID, c.id)
	want(d, "tenant", p.Tenant, c.tenant)
	wantList(d, "cases", p.CaseIDs, c.cases)
	want(d, "reviewer", p.ReviewerID, c.reviewer)
	want(d, "span", p.Span, c.span)
	want(d, "busy", p.Busy, c.busy)
	want(d, "created by", p.CreatedBy, c.principal)
	want(d, "tier", p.Match.Tier, c.tier)
	want(d, "version", p.Version, c.version)
	want(d, "first asked at", p.FirstAskedAt, c.firstAsked)
	want(d, "created at", p.CreatedAt, c.created)
	want(d, "updated at", p.UpdatedAt, c.updated)
	want(d, "cancelled by", p.CancelledBy, c.cancelledBy)
	want(d, "caller", string(p.Caller.Bytes), c.caller)
	c.compareLife(d, p)
	var attested []string
	for _, x := range p.Attestations {
		attested = append(attested, x.CaseID+" "+x.Code)
	}
	slices.Sort(attested)
	wantList(d, "attestations", attested, c.attested)
}

// compareSnapshot tells how a snapshot differs from the model.
func (a *Auditor) compareSnapshot(s *engine.Snapshot) error {
	d := &differ{}
	want(d, "seq of the snapshot", s.Seq(), a.seq)
	want(d, "stamp of the snapshot", s.Stamped(), a.written)
	want(d, "ruleset", s.Rules().Version(), a.books[a.inForce].version)
	a.compareRoster(d, s)
	for i := range a.calls {
		a.compareCall(d, s, &a.calls[i])
	}
	a.compareCounts(d, s)
	a.compareAccess(d, s)
	a.compareRequests(d, s)
	a.compareResults(d, s)
	for i := range a.cases {
		a.compareActive(d, s, &a.cases[i])
	}
	for _, tenant := range tenants {
		if err := Sweep(s, tenant, a.holdIDs(tenant), a.now); err != nil {
			return within(CodeOverlap, err)
		}
	}
	return d.err()
}

func (a *Auditor) compareRoster(d *differ, s *engine.Snapshot) {
	for i := range a.reviewers {
		r := &a.reviewers[i]
		got, ok := s.Reviewer(r.tenant, r.image.ID)
		if !ok || got.Version != r.version || got.Active != r.image.Active {
			d.errorf("reviewer %s of %s is %v, expected version %d, active %v", r.image.ID, r.tenant, got, r.version, r.image.Active)
		}
		a.compareList(d, s, r)
	}
	for i := range a.cases {
		c := &a.cases[i]
		got, ok := s.Case(c.tenant, c.image.ID)
		if !ok || got.Version != c.version || got.Determination != c.image.Determination || got.P2PRequestedAt != c.asked ||
			got.Stage != c.stage || got.CallsHeld != c.talks {
			d.errorf("case %s of %s is %v, expected version %d, first asked at %v, stage %d, %d calls held",
				c.image.ID, c.tenant, got, c.version, c.asked, c.stage, c.talks)
		}
	}
	for i := range a.profiles {
		p := &a.profiles[i]
		got, ok := s.Profile(p.tenant, p.principal)
		if !ok || got.Version != p.version || got.TimeZone != p.image.TimeZone {
			d.errorf("profile of %s of %s is %v, expected version %d", p.principal, p.tenant, got, p.version)
		}
	}
}

// compareList checks a reviewer's list: latest start first, then by id.
func (a *Auditor) compareList(d *differ, s *engine.Snapshot, r *knownReviewer) {
	var expected []call
	for _, c := range a.calls {
		if !c.held && c.tenant == r.tenant && c.reviewer == r.image.ID {
			expected = append(expected, c)
		}
	}
	slices.SortFunc(expected, func(x, y call) int {
		if x.span.Start != y.span.Start {
			return int(y.span.Start - x.span.Start)
		}
		return bytes.Compare([]byte(x.id), []byte(y.id))
	})
	var ids, wanted []string
	for _, c := range expected {
		wanted = append(wanted, c.id)
	}
	s.ByReviewer(r.tenant, r.image.ID, engine.Position{}, func(p *engine.Appointment) bool {
		ids = append(ids, p.ID)
		return true
	})
	wantList(d, "list of "+r.image.ID+" of "+r.tenant, ids, wanted)
}

func (a *Auditor) compareCall(d *differ, s *engine.Snapshot, c *call) {
	if !c.held {
		p, _ := s.Appointment(c.tenant, c.id)
		c.compareAppointment(d, p)
		return
	}
	h, ok := s.Hold(c.tenant, c.id)
	switch {
	case a.active(c):
		c.compareHold(d, h)
	case ok && h.ActiveAt(a.now) && a.findHold(c.tenant, c.id) < 0:
		d.errorf("hold %s of %s is active and should have ended", c.id, c.tenant)
	}
}

func (a *Auditor) compareCounts(d *differ, s *engine.Snapshot) {
	n := s.Counts()
	want(d, "number of reviewers", n.Reviewers, len(a.reviewers))
	want(d, "number of cases", n.Cases, len(a.cases))
	active, kept, appointments, held := 0, 0, 0, 0
	for i := range a.calls {
		if a.calls[i].held {
			held++
		}
		switch c := &a.calls[i]; {
		case !c.held:
			appointments++
		case !c.over:
			kept++
			if a.active(c) {
				active++
			}
		}
	}
	want(d, "number of appointments", n.Appointments, appointments)
	since := s.Counters()
	want(d, "holds ever made", int(since.HoldsCreated), held)
	want(d, "holds ended or there", int(since.HoldsConfirmed+since.HoldsReleased+since.HoldsExpired)+n.Holds, held)
	want(d, "calls ever booked", int(since.Booked), appointments)
	if n.Holds < active || n.Holds > kept {
		d.errorf("%d holds are there, expected %d active and at most %d", n.Holds, active, kept)
	}
}

// compareActive checks which call a case has.
func (a *Auditor) compareActive(d *differ, s *engine.Snapshot, k *knownCase) {
	expected, got := "", ""
	for i := range a.calls {
		c := &a.calls[i]
		if c.tenant == k.tenant && slices.Contains(c.cases, k.image.ID) && a.active(c) {
			expected += fmt.Sprint(c.id, " held ", c.held, " ")
		}
	}
	p, h := s.ActiveCall(k.tenant, k.image.ID, a.now)
	if p != nil {
		got += fmt.Sprint(p.ID, " held ", false, " ")
	}
	if h != nil {
		got += fmt.Sprint(h.ID, " held ", true, " ")
	}
	want(d, "active call of "+k.image.ID+" of "+k.tenant, got, expected)
}
