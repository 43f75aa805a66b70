package server

import (
	"cmp"
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// way is one way in which one health plan holds its calls, with requests to paste for one case.
type way struct {
	Title, Note    string
	Docs, DocsName string // page of the last request's operation, and its name
	Steps          []step
	plan, mode     string
}

// wayWords are what the page says of a mode.
var wayWords = map[string]struct{ title, note, docs, docsName string }{
	modeSlot: {"a slot is picked", "The office picks a reviewer and a start from a week.", "/docs#/booking/searchWeek", "week search"},
	modeCallback: {
		"the payer calls back", "The office names times; the answer says who calls and when, or the place in the queue and why.",
		"/docs#/booking/createCallback", "callback requests",
	},
	modeAdHoc: {
		"put through at once", "The office is on the line; the answer is a reviewer held for some minutes, or the wait and what comes next.",
		"/docs#/booking/startAdHoc", "ad hoc calls",
	},
}

// ways lists each way of holding calls that the demo's cases show, by health plan, with the first case of it that can
// still be asked about. The case of the main job is left to that.
func (c *call) ways(taken string) (list []way) {
	d := c.server.demo
	if d == nil {
		return nil
	}
	for _, dc := range d.Cases[:min(len(d.Cases), maxDemoCases)] {
		stored, ok := c.snap.Case(c.actor.Tenant, dc.ID)
		if !ok || dc.ID == taken {
			continue
		}
		e := c.snap.Rules().Eligibility(&stored.Case, c.now, 0)
		if len(e.Modes) == 0 || slices.ContainsFunc(e.Attestations, func(a matcher.AttestationInfo) bool { return a.Mandatory }) ||
			slices.ContainsFunc(list, func(w way) bool { return w.plan == stored.HealthPlan && w.mode == e.Modes[0] }) {
			continue
		}
		if w, ok := c.wayOf(dc, stored, &e); ok {
			list = append(list, w)
		}
	}
	slices.SortFunc(list, func(a, b way) int { return cmp.Or(cmp.Compare(a.plan, b.plan), cmp.Compare(a.mode, b.mode)) })
	return list
}

// wayOf writes the requests for one case in the first of its modes.
func (c *call) wayOf(dc DemoCase, stored *engine.Case, e *matcher.Eligibility) (way, bool) {
	mode := e.Modes[0]
	words := wayWords[mode]
	zone := c.zoneOfCase(dc.ID)
	offer, ok := c.firstOffer(stored, zone, mode)
	if !ok {
		return way{}, false
	}
	rules := c.snap.Rules()
	w := way{
		Title: rules.HealthPlanLabel(stored.HealthPlan) + ": " + words.title, Note: words.note, Docs: words.docs, DocsName: words.docsName,
		plan: stored.HealthPlan, mode: mode,
		Steps: []step{
			{Title: "Look up case " + dc.ID, Command: c.exampleLookup(dc)},
			{Title: "What do the rules say of it?", Command: c.exampleAvailability(dc, zone)},
		},
	}
	switch mode {
	case modeSlot:
		w.Steps = append(w.Steps, c.searchStep(dc, zone, offer.Start))
	case modeCallback:
		w.Steps = append(w.Steps, c.callbackStep(dc, zone, offer.Start, e.MinimumWindows))
	case modeAdHoc:
		w.Steps = append(w.Steps, c.adHocStep(dc, zone))
	}
	return w, true
}

func (c *call) searchStep(dc DemoCase, zone *slots.Zone, start slots.Instant) step {
	return step{Title: "Search a week", Command: c.examplePost("/v1/search", "", struct {
		CaseIDs  []string `json:"caseIds"`
		TimeZone string   `json:"timeZone"`
		Week     string   `json:"week"`
	}{[]string{dc.ID}, zone.Name(), zone.Date(start).String()})}
}

type exampleWindow struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

// exampleWindowLength is how long the office can be called, in seconds.
const exampleWindowLength = 2 * slots.Hour

// callbackStep asks for a call back in as many windows as the plan demands, a day apart, the first from start on.
func (c *call) callbackStep(dc DemoCase, zone *slots.Zone, start slots.Instant, count int) step {
	var windows []exampleWindow
	for range count {
		windows = append(windows, exampleWindow{
			string(slots.AppendInstant(nil, start, zone)), string(slots.AppendInstant(nil, start+exampleWindowLength, zone)),
		})
		start += 24 * slots.Hour
	}
	title := "Ask to be called back"
	if count == 0 {
		title += ", in the plan's own hours"
	}
	return step{Title: title, Command: c.examplePost("/v1/callback-requests", "callback", struct {
		CaseIDs     []string        `json:"caseIds"`
		TimeZone    string          `json:"timeZone"`
		Windows     []exampleWindow `json:"windows,omitempty"`
		PerformedBy examplePerson   `json:"performedBy"`
		Contact     examplePerson   `json:"contact"`
	}{[]string{dc.ID}, zone.Name(), windows, examplePerformer, exampleContact})}
}

func (c *call) adHocStep(dc DemoCase, zone *slots.Zone) step {
	return step{Title: "Ask for a reviewer now", Command: c.examplePost("/v1/ad-hoc", "adhoc", struct {
		CaseIDs     []string      `json:"caseIds"`
		TimeZone    string        `json:"timeZone"`
		Caller      examplePerson `json:"caller"`
		PerformedBy examplePerson `json:"performedBy"`
		Contact     examplePerson `json:"contact"`
	}{[]string{dc.ID}, zone.Name(), examplePerson{FirstName: "John", LastName: "Doe", Role: "office_staff"}, examplePerformer, exampleContact})}
}
