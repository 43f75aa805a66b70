package server

import (
	"net/url"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// Demo names cases that the landing page's examples may use. It carries personal data onto a page, so it is for
// generated stores only.
type Demo struct {
	TimeZone string // IANA name of the requester's zone
	Cases    []DemoCase
}

// DemoCase is one made-up case.
type DemoCase struct {
	ID              string
	MemberBirthDate string // YYYY-MM-DD, as the look-up wants it
}

// maxDemoCases bounds how many cases the page tries before it gives up.
const maxDemoCases = 60

// step is one request to paste.
type step struct{ Title, Note, Command string }

// steps makes the requests of the main job for the first demo case that can be booked now. caseID is that case, "" if
// there is none.
func (c *call) steps() (list []step, caseID, why string) {
	d := c.server.demo
	if d == nil {
		return nil, "", "Examples with real ids are shown for generated demo stores only; see the API documentation."
	}
	zone, err := slots.LoadZone(d.TimeZone)
	if err != nil {
		return nil, "", "The demo's time zone is not known."
	}
	for _, dc := range d.Cases[:min(len(d.Cases), maxDemoCases)] {
		stored, ok := c.snap.Case(c.actor.Tenant, dc.ID)
		if !ok {
			continue
		}
		if offer, ok := c.firstOffer(stored, zone, modeSlot); ok {
			return c.stepsFor(dc, zone, offer), dc.ID, ""
		}
	}
	return nil, "", "None of the demo's cases can be booked any more; start with a fresh data directory."
}

// exampleLead is how far ahead the examples' slot lies at least, in seconds: it should still be free when a person
// gets to it. exampleSpan is how far it may lie beyond that.
const (
	exampleLead = 24 * slots.Hour
	exampleSpan = 30 * 24 * slots.Hour
)

// firstOffer is the earliest start in a mode that needs no attestation, of a case without a call or a request for one.
func (c *call) firstOffer(stored *engine.Case, zone *slots.Zone, mode string) (matcher.Offer, bool) {
	if a, h := c.snap.ActiveCall(c.actor.Tenant, stored.ID, c.now); a != nil || h != nil {
		return matcher.Offer{}, false
	}
	if _, waits := c.snap.OpenCallback(c.actor.Tenant, stored.ID); waits {
		return matcher.Offer{}, false
	}
	from := c.now + exampleLead
	if mode == modeAdHoc {
		from = c.now
	}
	query := matcher.Query{
		Cases: []*matcher.Case{&stored.Case}, Zone: zone, Range: slots.Interval{Start: from, End: from + exampleSpan},
		Ticks: slots.AllTicks, Waivable: matcher.RevealNever, Mode: mode, Work: &c.work}
	var offers []matcher.Offer
	c.work.Within(func() {
		if plan, refused := matcher.NewPlan(c.snap.View(c.actor.Tenant, c.now), query); refused == nil {
			offers = plan.Earliest(1).Offers
		}
	})
	for _, o := range offers {
		if len(o.Attestations) == 0 {
			return o, true
		}
	}
	return matcher.Offer{}, false
}

type exampleSlot struct {
	ReviewerID string `json:"reviewerId"`
	Start      string `json:"start"`
}

type examplePerson struct {
	Role       string `json:"role,omitempty"`
	FirstName  string `json:"firstName"`
	LastName   string `json:"lastName"`
	Credential string `json:"credential,omitempty"`
	Location   string `json:"location,omitempty"`
	Phone      string `json:"phone,omitempty"`
}

// examplePost writes a POST. key begins its Idempotency-Key, "" = it needs none.
func (c *call) examplePost(path, key string, body any) string {
	line := "curl -sS http://" + c.host + path + " \\\n  -H 'Content-Type: application/json' \\\n"
	if key != "" {
		line += "  -H 'Idempotency-Key: " + newID(key) + "' \\\n"
	}
	return line + "  -d '" + string(encode(body)) + "'"
}

// exampleLookup writes the look-up of a case.
func (c *call) exampleLookup(dc DemoCase) string {
	return c.examplePost("/v1/cases/lookup", "", struct {
		CaseID string `json:"caseId"`
		Birth  string `json:"memberDateOfBirth"`
	}{dc.ID, dc.MemberBirthDate})
}

// exampleAvailability writes the question what the rules say of a case.
func (c *call) exampleAvailability(dc DemoCase, zone *slots.Zone) string {
	return "curl -sS 'http://" + c.host + "/v1/cases/" + dc.ID + "/p2p-availability?timeZone=" + url.QueryEscape(zone.Name()) + "'"
}

// The made-up office that asks in the examples.
var (
	examplePerformer = examplePerson{Role: "requesting_provider", FirstName: "Jane", LastName: "Doe", Credential: "MD"}
	exampleContact   = examplePerson{FirstName: "John", LastName: "Doe", Location: "provider_office", Phone: "+12125550143"}
)

// stepsFor writes the commands. Idempotency keys are fresh for each view of the page.
func (c *call) stepsFor(dc DemoCase, zone *slots.Zone, offer matcher.Offer) []step {
	base := "http://" + c.host
	post := c.examplePost
	slot := exampleSlot{ReviewerID: offer.Reviewer.ID, Start: string(slots.AppendInstant(nil, offer.Start, zone))}
	cases := []string{dc.ID}
	name := zone.Name()
	mine := base + "/v1/cases/" + dc.ID + "/p2p-availability"
	return []step{
		{"Look the case up", "With the member's date of birth.", c.exampleLookup(dc)},
		{"Is a call open to it?", "What it can still change, and by which rule.", c.exampleAvailability(dc, zone)},
		{"Search a week", "Reviewers by priority, slots by day.", post("/v1/search", "", struct {
			CaseIDs  []string `json:"caseIds"`
			TimeZone string   `json:"timeZone"`
			Week     string   `json:"week"`
		}{cases, name, zone.Date(offer.Start).String()})},
		{"Hold a slot", "It is yours for some minutes.", post("/v1/holds", "hold", struct {
			CaseIDs  []string    `json:"caseIds"`
			Slot     exampleSlot `json:"slot"`
			TimeZone string      `json:"timeZone"`
		}{cases, slot, name})},
		{"Book it", "Your hold on the slot is used. Paste it twice: the same key gives the same answer.", post("/v1/appointments", "book", struct {
			CaseIDs     []string      `json:"caseIds"`
			Slot        exampleSlot   `json:"slot"`
			TimeZone    string        `json:"timeZone"`
			PerformedBy examplePerson `json:"performedBy"`
			Contact     examplePerson `json:"contact"`
		}{cases, slot, name, examplePerformer, exampleContact})},
		{"List your calls", "", "curl -sS '" + base + "/v1/appointments?view=mine&timeZone=" + url.QueryEscape(name) + "'"},
		{"Cancel it", "The first command finds the appointment's id.",
			"ID=$(curl -sS '" + mine + "' | grep -o 'apt-[a-z0-9]*' | head -n 1)\n" +
				post("/v1/appointments/$ID/cancel", "cancel", struct {
					Reason string `json:"reason"`
					By     string `json:"by"`
				}{"Patient withdrew the request", "provider"})},
	}
}
