package server

import (
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/engine"
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
}

// adHocWaitOut is the answer while nobody who qualifies is free.
type adHocWaitOut struct {
	Wait        *string        `json:"wait"`
	WaitMinutes *int           `json:"waitMinutes"`
	Next        jsontext.Value `json:"next"`
	Explanation jsontext.Value `json:"explanation"`
}

// resolve checks the intake. Names and numbers are asked for before anybody is
// kept waiting; they are stored with the booking, not with the hold.
func (in *adHocIn) resolve(k *check, now slots.Instant) engine.AdHoc {
	var b booking
	cmd := engine.AdHoc{
		CaseIDs:               k.caseIDs("/caseIds", in.CaseIDs.V),
		PerformedByRole:       k.word("/performedBy/role", in.PerformedBy.V.Role.V, performerRoles),
		PerformedByCredential: k.person("/performedBy", in.PerformedBy.V.personIn).Credential,
		AvailableAt:           optional(in.AvailableAt, "/availableAt", k.instant),
		SpecialtyMatch:        in.SpecialtyMatchRequested.V,
		Consents:              k.list("/attestations", in.Attestations.V, 0, maxAttestations, k.code),
	}
	k.text("/caller/firstName", in.Caller.V.FirstName.V, maxName)
	k.text("/caller/lastName", in.Caller.V.LastName.V, maxName)
	optional(in.Caller.V.Role, "/caller/role", k.code)
	k.contact("/contact", &in.Contact.V, &b)
	if cmd.AvailableAt > now+engine.AdHocAhead {
		k.wrong("/availableAt", "must be at most "+strconv.Itoa(int(engine.AdHocAhead/slots.Minute))+" minutes ahead")
	}
	if zone := optional(in.TimeZone, "/timeZone", k.zone); zone != nil {
		cmd.TimeZone = zone.Name()
	}
	return cmd
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
	cmd := in.resolve(&k, c.now)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	if p := c.complete(cmd.CaseIDs); p != nil {
		return refuse(p)
	}
	if cmd.TimeZone == "" {
		cmd.TimeZone = c.zoneOfCase(cmd.CaseIDs[0]).Name()
	}
	cmd.ID = newID("hold")
	o, p := c.submit(t, cmd)
	switch {
	case p != nil:
		return refuse(p)
	case o.Status == engine.StatusReviewerNotFree:
		return c.adHocWait(&cmd)
	case o.Status != engine.StatusOK:
		return refuse(c.refused(o))
	}
	return replayable(o, holdMade)
}

// complete refuses cases that lack what a reviewer must know before a call is put
// through.
func (c *call) complete(caseIDs []string) *problem {
	var k check
	for i, id := range caseIDs {
		v, found := c.snap.Case(c.actor.Tenant, id)
		if !found {
			return &problem{code: codeNotFound}
		}
		if len(v.ServiceCodes) == 0 {
			k.wrong(at("/caseIds", i), "the case names no service codes")
		}
	}
	return k.problem()
}

// adHocWait says how long the wait is, what comes next, and why nobody is free
// now. It changes nothing: asked again, it is judged afresh.
func (c *call) adHocWait(cmd *engine.AdHoc) answer {
	snap := c.server.engine.Snapshot()
	now := max(c.now, snap.Stamped())
	from := max(now, cmd.AvailableAt)
	q := inquiry{caseIDs: cmd.CaseIDs, zone: zoneOr(cmd.TimeZone, slots.UTC()), specialtyMatch: cmd.SpecialtyMatch, mode: modeAdHoc}
	q.span = slots.Interval{Start: from, End: from + 2*slots.Minute} // the next full minute lies in it
	plan, p := c.plan(snap, now, q)
	if p != nil {
		return refuse(p)
	}
	w := &offerWriter{call: c, snap: snap, zone: q.zone}
	explanation := plan.ExplainNothing()
	out := adHocWaitOut{Next: jsontext.Value("null"), Explanation: w.explanation(nil, &explanation)}
	q.span = slots.Interval{Start: from, End: from + maxSearchRange}
	if plan, p = c.plan(snap, now, q); p != nil {
		return refuse(p)
	}
	offers := plan.Nearest(from, 1)
	if p := c.recordOffers(snap, &q, offers); p != nil {
		return refuse(p)
	}
	if len(offers) > 0 {
		start := offers[0].Start
		minutes := int((max(start-now, 0) + slots.Minute - 1) / slots.Minute)
		out.Wait, out.WaitMinutes, out.Next = instantText(start, q.zone), &minutes, w.offer(nil, &offers[0])
	}
	return ok(http.StatusOK, out)
}
