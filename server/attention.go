package server

import (
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// attentionOut is a page of booked calls that no longer hold, and of completed ones
// whose result is awaited.
type attentionOut struct {
	Items      []attentionItemOut `json:"items"`
	NextCursor *string            `json:"nextCursor"`
}

// attentionItemOut is a booked call, why it could not be booked any more, and what
// could be instead; or a completed call of which the appointment says what is due.
type attentionItemOut struct {
	Appointment  appointmentOut `json:"appointment"`
	Code         string         `json:"code"`
	Rule         string         `json:"rule"`
	Detail       string         `json:"detail"`
	CaseID       *string        `json:"caseId"`
	Message      string         `json:"message"`
	Replacements jsontext.Value `json:"replacements"`
}

// attentionMessages say for people what a code means; what it is in the case at
// hand, rule and detail tell.
var attentionMessages = map[string]string{
	engine.AttentionNotEligible:    "A case of the call is not open to a call any more.",
	engine.AttentionMode:           "The cases are not open to a call of this kind any more.",
	engine.AttentionNotCombinable:  "The cases may not share one call any more.",
	engine.AttentionSpeaker:        "The program does not accept any more who is to speak for the provider.",
	engine.AttentionInactive:       "The reviewer is not active any more.",
	engine.AttentionNotQualified:   "The reviewer may not take the call any more.",
	engine.AttentionAbsent:         "The reviewer is absent at the time of the call.",
	engine.AttentionOutsideHours:   "The call lies outside the reviewer's hours.",
	engine.AttentionDeadlinePassed: "The call lies behind a deadline of its cases.",
	engine.AttentionNotOffered:     "A call could not be booked at this time any more.",
	engine.AttentionTermsChanged:   "The call stands on other terms than those it was booked on.",
	engine.AttentionResultDue:      "The result of the call is due.",
	engine.AttentionResultOverdue:  "The result of the call is not there, and the time for it has passed.",
}

func listAttention(c *call) answer {
	k := check{ofQuery: true}
	limit := k.pageSize(c.query)
	zone := k.queryZone(c.query)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	after, p := c.readCursor("attention")
	if p != nil {
		return refuse(p)
	}
	out := attentionOut{Items: []attentionItemOut{}}
	from := engine.Position{Start: after.start, ID: after.id}
	at, more := c.snap.Attention(c.actor.Tenant, c.now, from, func(item engine.AttentionItem) bool {
		z := zone
		if z == nil {
			z = appointmentZone(item.Appointment)
		}
		out.Items = append(out.Items, c.attentionItem(&item, z))
		return len(out.Items) < limit
	})
	if more { // a page may be short, or empty: one reading judges a bounded number of calls
		next := c.writeCursor("attention", position{start: at.Start, id: at.ID})
		out.NextCursor = &next
	}
	return ok(http.StatusOK, out)
}

func (c *call) attentionItem(item *engine.AttentionItem, z *slots.Zone) attentionItemOut {
	w := &offerWriter{call: c, snap: c.snap, zone: z}
	out := attentionItemOut{
		Appointment: c.appointmentNow(item.Appointment, z),
		Code:        item.Code, Rule: item.Rule, Detail: item.Detail, CaseID: textOrNull(item.CaseID),
		Message:      attentionMessages[item.Code],
		Replacements: jsontext.Value("[]"),
	}
	if item.Due == nil {
		out.Replacements = jsontext.Value("null")
		if offers, known := c.replacements(item.Appointment, z); known {
			out.Replacements = w.offers(nil, offers)
		}
	}
	return out
}
