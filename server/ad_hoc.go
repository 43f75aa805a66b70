package server

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// adHocIn is the intake of a call that should take place now.
type adHocIn struct {
	CaseIDs                 need[[]string]    `json:"caseIds"`
	Caller                  need[callerIn]    `json:"caller"`
	PerformedBy             need[performerIn] `json:"performedBy"`
	Contact                 need[contactIn]   `json:"contact"`
	AvailableAt             opt[string]       `json:"availableAt"`
	TimeZone                opt[string]       `json:"timeZone"`
	SpecialtyMatchRequested opt[bool]         `json:"specialtyMatchRequested"`
	Attestations            opt[[]string]     `json:"attestations"`
}

// callerIn is who is on the line, who need not be the one who speaks.
type callerIn struct {
	FirstName need[string] `json:"firstName"`
	LastName  need[string] `json:"lastName"`
	Role      opt[string]  `json:"role"`
	Phone     opt[string]  `json:"phone"`
}

// callerOut is who was on the line, as far as was said.
type callerOut struct {
	FirstName string  `json:"firstName"`
	LastName  string  `json:"lastName"`
	Role      *string `json:"role"`
	Phone     *string `json:"phone"`
}

// adHocWaitOut is the answer while nobody who qualifies is free.
type adHocWaitOut struct {
	Wait        *string        `json:"wait"`
	WaitMinutes *int           `json:"waitMinutes"`
	Next        jsontext.Value `json:"next"`
	Explanation jsontext.Value `json:"explanation"`
}

// resolve checks the intake. The caller is kept with the hold; who will speak and
// whom to reach are asked for before anybody is kept waiting, and stored with the
// booking.
func (in *adHocIn) resolve(k *check, now slots.Instant) (engine.AdHoc, engine.CallerPersonal) {
	var b booking
	cmd := engine.AdHoc{
		CaseIDs:               k.caseIDs("/caseIds", in.CaseIDs.V),
		PerformedByRole:       k.word("/performedBy/role", in.PerformedBy.V.Role.V, performerRoles),
		PerformedByCredential: k.person("/performedBy", in.PerformedBy.V.personIn).Credential,
		AvailableAt:           optional(in.AvailableAt, "/availableAt", k.instant),
		SpecialtyMatch:        in.SpecialtyMatchRequested.V,
		Consents:              k.list("/attestations", in.Attestations.V, 0, maxAttestations, k.code),
	}
	caller := engine.CallerPersonal{
		FirstName: k.text("/caller/firstName", in.Caller.V.FirstName.V, maxName),
		LastName:  k.text("/caller/lastName", in.Caller.V.LastName.V, maxName),
		Role:      optional(in.Caller.V.Role, "/caller/role", k.code),
		Phone:     optional(in.Caller.V.Phone, "/caller/phone", k.phone),
	}
	k.contact("/contact", &in.Contact.V, &b)
	if cmd.AvailableAt > now+engine.AdHocAhead {
		k.wrong("/availableAt", "must be at most "+strconv.Itoa(int(engine.AdHocAhead/slots.Minute))+" minutes ahead")
	}
	if zone := optional(in.TimeZone, "/timeZone", k.zone); zone != nil {
		cmd.TimeZone = zone.Name()
	}
	return cmd, caller
}

func startAdHoc(c *call) answer {
	t := c.ticket()
	if a, known := c.recall(t, holdMade); known {
		return a
	}
	var in adHocIn
	if p := decode(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	cmd, caller := in.resolve(&k, c.now)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	if cmd.TimeZone == "" {
		cmd.TimeZone = c.zoneOfCase(cmd.CaseIDs[0]).Name()
	}
	cmd.ID = newID("hold")
	cmd.Caller = c.server.engine.Vault().SealCaller(holdPlace(c.actor.Tenant, cmd.ID), &caller)
	o, p := c.submit(t, cmd)
	switch {
	case p != nil:
		return refuse(p)
	case o.Status == engine.StatusReviewerNotFree:
		return c.adHocWait(&cmd)
	case o.Status == engine.StatusIntakeIncomplete:
		return refuse(c.intakeRefused(o, cmd.CaseIDs))
	case o.Status != engine.StatusOK:
		return refuse(c.refused(o))
	}
	return replayable(o, holdMade)
}

// missingOut is a fact that a case lacks, and where its document holds it.
type missingOut struct {
	CaseID string `json:"caseId"`
	Fact   string `json:"fact"`
	Member string `json:"member"`
}

// intakeRefused is refused with every fact that the cases lack.
func (c *call) intakeRefused(o engine.Outcome, caseIDs []string) *problem {
	p := c.refused(o)
	missing := make([]missingOut, len(o.Lacks))
	for i, l := range o.Lacks {
		missing[i] = missingOut{CaseID: l.CaseID, Fact: l.Fact, Member: l.Member}
		p.errors = append(p.errors, fault{
			Pointer: at("/caseIds", slices.Index(caseIDs, l.CaseID)),
			Detail:  "the case lacks " + l.Fact + "; its document holds that at " + l.Member,
		})
	}
	p.extra = append(p.extra, member{"missing", encode(missing)})
	return p
}

// callerOf tells who asked for an ad hoc call, nil if nobody is known.
func (c *call) callerOf(a *engine.Appointment) *callerOut {
	if a.CallerHold == "" {
		return nil
	}
	c.tell("appointment", a.ID)
	p := opened(c.server.engine.Vault().OpenCaller(holdPlace(a.Tenant, a.CallerHold), a.Caller))
	return &callerOut{FirstName: p.FirstName, LastName: p.LastName, Role: textOrNull(p.Role), Phone: textOrNull(p.Phone)}
}

// adHocWait says how long the wait is, what comes next, and why nobody is free
// now. It changes nothing: asked again, it is judged afresh.
func (c *call) adHocWait(cmd *engine.AdHoc) answer {
	snap := c.newest()
	now := max(c.now, snap.Stamped())
	from := max(now, cmd.AvailableAt)
	q := inquiry{caseIDs: cmd.CaseIDs, zone: zoneOr(cmd.TimeZone, slots.UTC()), specialtyMatch: cmd.SpecialtyMatch, mode: modeAdHoc}
	q.span = slots.Interval{Start: from, End: from + 2*slots.Minute} // the next full minute lies in it
	later := q
	later.span = slots.Interval{Start: from, End: from + maxSearchRange}
	var offers []matcher.Offer
	if p := c.bounded(adHocLess, func() *problem {
		plan, p := c.plan(snap, now, later)
		if p == nil {
			offers = plan.Nearest(from, 1)
		}
		return p
	}); p != nil {
		return refuse(p)
	}
	explanation := unexplained
	if p := c.bounded(nil, func() *problem {
		plan, p := c.plan(snap, now, q)
		if p == nil {
			explanation = plan.ExplainNothing()
		}
		return p
	}); p != nil && p.code != codeTooMuchWork {
		return refuse(p)
	}
	w := &offerWriter{call: c, snap: snap, zone: q.zone}
	out := adHocWaitOut{Next: jsontext.Value("null"), Explanation: w.explanation(nil, &explanation)}
	if p := c.recordOffers(snap, &later, offers); p != nil {
		return refuse(p)
	}
	if len(offers) > 0 {
		start := offers[0].Start
		minutes := int((max(start-now, 0) + slots.Minute - 1) / slots.Minute)
		out.Wait, out.WaitMinutes, out.Next = instantText(start, q.zone), &minutes, w.offer(nil, &offers[0])
	}
	return ok(http.StatusOK, out)
}
