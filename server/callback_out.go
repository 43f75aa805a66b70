package server

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// callbackOut is a callback request in an answer, with its appointment once it has one.
type callbackOut struct {
	ID            string                  `json:"id"`
	Status        string                  `json:"status"`
	Version       uint64                  `json:"version"`
	CaseIDs       []string                `json:"caseIds"`
	TimeZone      string                  `json:"timeZone"`
	Windows       []spanOut               `json:"windows"`
	QueuePosition *int                    `json:"queuePosition"`
	Options       int                     `json:"options"`
	AppointmentID *string                 `json:"appointmentId"`
	Appointment   *appointmentOut         `json:"appointment"`
	Explanation   *callbackExplanationOut `json:"explanation"`
	CancelCode    *string                 `json:"cancelCode"`
	PerformedBy   performerOut            `json:"performedBy"`
	RequestedBy   personOut               `json:"requestedBy"`
	Contact       contactOut              `json:"contact"`
	CallNotes     callNotesOut            `json:"callNotes"`
	Attestations  []string                `json:"attestations"`
	AttestedBy    *attesterOut            `json:"attestedBy"`
	AssignedAt    *string                 `json:"assignedAt"`
	CreatedAt     string                  `json:"createdAt"`
	UpdatedAt     string                  `json:"updatedAt"`
}

// callbackExplanationOut says why nobody is assigned, and what would help.
type callbackExplanationOut struct {
	Because    []becauseOut   `json:"because"`
	Nearest    jsontext.Value `json:"nearest"`
	UnlockedBy *unlockOut     `json:"unlockedBy"` // what opens the nearest offer
	Unlock     []unlockOut    `json:"unlock"`

	offer *matcher.Offer // the nearest, nil if there is none
}

type becauseOut struct {
	Code   string `json:"code"`
	Rule   string `json:"rule"`
	Detail string `json:"detail"`
}

type unlockOut struct {
	Kind     string  `json:"kind"`
	Value    string  `json:"value"`
	Slots    int     `json:"slots"`
	Earliest *string `json:"earliest"`
	Rule     *string `json:"rule"`
}

func unlockOf(u *matcher.Unlock, z *slots.Zone) unlockOut {
	return unlockOut{Kind: u.Kind, Value: u.Value, Slots: u.Slots, Earliest: instantText(u.Earliest, z), Rule: textOrNull(u.Rule)}
}

// callbackView renders callback requests as they stand on one snapshot.
type callbackView struct {
	call *call
	snap *engine.Snapshot
	now  slots.Instant
}

// full renders a request with its appointment as it is now, its place in the queue
// and, while it waits, why. A list leaves that out: it is a search of its own.
func (v callbackView) full(r *engine.CallbackRequest, z *slots.Zone) callbackOut {
	out := v.call.callbackOut(r, v.appointment(r), z)
	if n := v.snap.QueuePosition(r.Tenant, r.ID); n > 0 {
		out.QueuePosition = &n
	}
	switch {
	case r.Open():
		out.Explanation = v.explanation(r, z)
	case r.Stranded():
		out.Explanation = v.lost(r, z)
	}
	return out
}

// appointment is that of a request, nil if it has none.
func (v callbackView) appointment(r *engine.CallbackRequest) *engine.Appointment {
	if r.AssignedAt == 0 {
		return nil
	}
	a, _ := v.snap.Appointment(r.Tenant, r.AppointmentID)
	return a
}

// callbackOut renders a request and its appointment, nil if it has none.
func (c *call) callbackOut(r *engine.CallbackRequest, a *engine.Appointment, z *slots.Zone) callbackOut {
	c.tell("callback", r.ID)
	p := opened(c.server.engine.Vault().OpenAppointment(appointmentPlace(r.Tenant, r.AppointmentID), r.Personal))
	out := callbackOut{
		ID: r.ID, Status: r.Status.String(), Version: r.Version, CaseIDs: r.CaseIDs, TimeZone: z.Name(),
		Windows: intervalsOut(r.Windows, z), Options: r.Options, CancelCode: textOrNull(r.CancelCode),
		PerformedBy: performerOf(r.PerformedByRole, p), RequestedBy: personOut(p.RequestedBy),
		Contact: contactOf(r.Location, r.Notify, p), CallNotes: callNotesOf(r.Notes),
		Attestations: r.Consents, AssignedAt: instantText(r.AssignedAt, z),
		CreatedAt: string(slots.AppendInstant(nil, r.CreatedAt, z)), UpdatedAt: string(slots.AppendInstant(nil, r.UpdatedAt, z)),
	}
	if len(r.Consents) > 0 {
		out.AttestedBy = &attesterOut{Name: p.AttestedByName, Role: r.AttestedByRole}
	}
	if a != nil {
		made := c.appointmentNow(a, z) // before its end nothing is due of it: a repeated answer is the first
		out.AppointmentID, out.Appointment = &a.ID, &made
	}
	return out
}

// explanation says why a request waits: first what the engine found when it last
// tried, then what the rules and the calendar say now.
func (v callbackView) explanation(r *engine.CallbackRequest, z *slots.Zone) *callbackExplanationOut {
	out := &callbackExplanationOut{Nearest: jsontext.Value("null"), Unlock: []unlockOut{}}
	out.Because = []becauseOut{{Code: r.Reason, Rule: r.ReasonRule, Detail: waitingFor[r.Reason]}}
	found := *out
	if v.call.work.Within(func() { v.explainWithin(r, z, &found) }) {
		return &found
	}
	return out.unknown()
}

// unknown says that what would help was not found out.
func (out *callbackExplanationOut) unknown() *callbackExplanationOut {
	out.Because = append(out.Because, becauseOut{Code: codeTooMuchWork, Detail: unknownWork})
	return out
}

func (v callbackView) explainWithin(r *engine.CallbackRequest, z *slots.Zone, out *callbackExplanationOut) {
	plan, reasons := v.plan(r, z)
	if plan == nil {
		for _, reason := range reasons {
			out.Because = append(out.Because, becauseOut{Code: reason.Code, Rule: reason.Rule, Detail: reason.Message})
		}
		return
	}
	found := plan.ExplainNothing()
	for _, b := range found.NothingBecause {
		if first := &out.Because[0]; b.Code == first.Code && b.Rule == first.Rule && first.Detail == "" {
			first.Detail = b.Detail.String() // the same, with what it rests on
			continue
		}
		out.Because = append(out.Because, becauseOut{Code: b.Code, Rule: b.Rule, Detail: b.Detail.String()})
	}
	for i := range found.Unlock {
		out.Unlock = append(out.Unlock, unlockOf(&found.Unlock[i], z))
	}
	if offer, unlock, some := plan.NearestUnlocked(); some {
		w := &offerWriter{call: v.call, snap: v.snap, zone: z}
		by := unlockOf(&unlock, z)
		out.Nearest, out.UnlockedBy, out.offer = w.offer(nil, offer), &by, offer
	}
}

// lost says of a request whose reviewer cannot take the call any more that nobody
// else can at that time, and what in its windows is nearest.
func (v callbackView) lost(r *engine.CallbackRequest, z *slots.Zone) *callbackExplanationOut {
	out := &callbackExplanationOut{Nearest: jsontext.Value("null"), Unlock: []unlockOut{}}
	out.Because = []becauseOut{{Code: r.Reason, Rule: r.ReasonRule, Detail: waitingFor[r.Reason]}}
	var offers []matcher.Offer
	if a := v.appointment(r); a != nil && !v.call.work.Within(func() {
		if plan, _ := v.plan(r, z); plan != nil {
			offers = plan.Nearest(a.Span.Start, 1)
		}
	}) {
		return out.unknown()
	}
	if len(offers) > 0 {
		w := &offerWriter{call: v.call, snap: v.snap, zone: z}
		out.Nearest = w.offer(nil, &offers[0])
	}
	return out
}

// waitingFor puts the engine's reasons of open requests into words; the matcher's
// need none, its own account follows.
var waitingFor = map[string]string{
	engine.ReasonNoneFree:      "reviewers qualify, none is free in the windows",
	engine.ReasonWindowsPassed: "no window has room for a call any more",
	engine.ReasonCaseScheduled: "another call on a case is being arranged",
	engine.ReasonUnconsented:   "an attestation that every call needs was not given",
	engine.ReasonNobody:        "nobody may take the call in the windows",
	engine.ReasonReviewerLost:  "the reviewer cannot take the call any more, and nobody else can at that time",
}

// plan is the request's own plan; without one the reasons say why.
func (v callbackView) plan(r *engine.CallbackRequest, z *slots.Zone) (*matcher.Plan, []matcher.Reason) {
	query, p := v.call.asked(v.snap, inquiry{
		caseIDs: r.CaseIDs, zone: z, specialtyMatch: r.Notes.SpecialtyMatchRequested, mode: modeCallback, windows: r.Windows,
	})
	if p != nil {
		return nil, nil
	}
	plan, refusal := v.call.planOf(new(matcher.Searcher), v.snap, v.now, query)
	if refusal != nil {
		return nil, refusal.Reasons
	}
	return plan, nil
}

// recordNearest puts what the explanation of a new request offers on record where
// that is demanded: the nearest offer, or that there is none.
func (v callbackView) recordNearest(r *engine.CallbackRequest, x *callbackExplanationOut, z *slots.Zone) *problem {
	q := inquiry{caseIDs: r.CaseIDs, zone: z, ticks: slots.AllTicks, mode: modeCallback, windows: r.Windows}
	var offers []matcher.Offer
	if x.offer != nil {
		offers = append(offers, *x.offer)
	}
	if slices.ContainsFunc(x.Because, func(b becauseOut) bool { return b.Code == codeTooMuchWork }) { // not that there are none
		return v.call.recordOffers(v.snap, &q, offers, codeTooMuchWork)
	}
	return v.call.recordOffers(v.snap, &q, offers)
}
