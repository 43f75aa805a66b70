package server

import (
	"context"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/slots"
)

// direct calls a route's handler without the transport.
func (w *world) direct(name, id string, query map[string]string, body []byte) answer {
	for _, r := range w.server.router.rows {
		if r.name == name {
			c := &call{
				ctx: context.Background(), server: w.server, route: &r, id: id, query: query, body: body,
				key: newID("key"), requestID: "req", actor: w.server.localActor(),
			}
			c.snap, c.now = w.server.read()
			return r.handle(c)
		}
	}
	panic("no route " + name)
}

// sane checks an answer to anything at all: no fault of the server, and JSON.
func sane(t *testing.T, a answer) {
	t.Helper()
	status, body := a.status, a.body
	if a.problem != nil {
		status, body = a.problem.status(), a.problem.document()
	}
	if status < 200 || status >= 500 {
		t.Fatalf("status %d %s", status, body)
	}
	if status != 204 && a.contentType == "" && !jsontext.Value(body).IsValid() {
		t.Fatalf("not JSON: %s", body)
	}
}

// FuzzBodies sends anything to every handler that reads a body: whatever is
// taken can be rendered, and nothing is the server's fault.
func FuzzBodies(f *testing.F) {
	names := []struct{ route, id string }{
		{"putReviewer", "rev-ames"}, {"putCase", "1004567"}, {"importLines", ""}, {"lookupCases", ""}, {"putMe", ""},
		{"searchWeek", ""}, {"searchEarliest", ""}, {"proposeCompanions", ""}, {"explain", ""}, {"createCallback", ""}, {"startAdHoc", ""},
		{"createHold", ""}, {"createAppointment", ""},
		{"rescheduleAppointment", "apt"}, {"cancelAppointment", "apt"},
		{"recordAttempt", "apt"}, {"startCall", "apt"}, {"completeCall", "apt"}, {"missCall", "apt"}, {"reassignCall", "apt"},
		{"addAbsence", "rev-ames"}, {"checkRules", ""},
	}
	w := newDeck(f)
	apt := w.book()
	w.seed(winter.with("/id", "back", "/authorizationNumber", nil, "/healthPlan", "evolent"),
		winter.with("/id", "now", "/authorizationNumber", nil, "/healthPlan", "evolent", "/program", "cardiac"))
	for i, body := range []string{
		ames.String(), winter.String(), line("case", winter) + "\n" + line("reviewer", brook),
		`{"caseId":"1004567","memberDateOfBirth":"1982-06-28"}`, `{"timeZone":"US/Pacific","npis":["1234567893"]}`,
		deckSearch.String(), deckSearch.with("/week", absent{}).String(),
		`{"caseIds":["1004567"]}`, `{"caseId":"1004567","reviewerId":"rev-ames","start":"2020-05-18T18:30:00-04:00"}`,
		deckCallback.with("/caseIds/0", "back").String(), deckAdHoc.with("/caseIds/0", "now").String(), deckHold.String(), deckBooking.String(),
		`{"slot":{"reviewerId":"rev-ames","start":"2020-05-18T18:45:00-04:00"}}`, `{"reason":"x","by":"payer"}`,
		attemptBody.with("/at", deckNow).String(), `{"at":"` + deckNow + `"}`, completeBody.String(), `{"by":"reviewer"}`,
		`{"reviewerId":"rev-ames","attestations":["tx_ssl_waived"],"attestedBy":{"name":"A","role":"nurse"}}`,
		`{"start":"2020-05-18T18:40:00-04:00","end":"2020-05-18T19:00:00-04:00"}`,
	} {
		f.Add(uint8(i), body)
		f.Add(uint8(i), strings.ReplaceAll(body, "20", "22"))
		f.Add(uint8(i), strings.ReplaceAll(body, `"`, ``))
	}
	f.Fuzz(func(t *testing.T, n uint8, body string) {
		target := names[int(n)%len(names)]
		if target.id == "apt" {
			target.id = apt
		}
		sane(t, w.direct(target.route, target.id, nil, []byte(body)))
		sane(t, w.direct("getReviewer", "rev-ames", nil, nil))
		sane(t, w.direct("getCase", "1004567", nil, nil))
		sane(t, w.direct("getAppointment", apt, nil, nil))
		sane(t, w.direct("getAgenda", "rev-ames", map[string]string{"date": "2020-05-18"}, nil))
	})
}

// FuzzQueries sends anything as query parameters; a cursor that is taken is one
// that this list wrote.
func FuzzQueries(f *testing.F) {
	w := newDeck(f)
	w.book()
	c := &call{server: w.server, actor: w.server.localActor()}
	good := c.writeCursor(appointmentView{name: "mine"}.list(), position{start: 1589840100, id: "apt-1"})
	f.Add("mine", "", "", good, "10", "UTC")
	f.Add("reviewer", "rev-ames", "", "", "1", "EST")
	f.Add("case", "", "1004567", good[1:], "0", "../x")
	f.Fuzz(func(t *testing.T, view, reviewerID, caseID, cursor, limit, zone string) {
		query := map[string]string{"view": view, "cursor": cursor, "limit": limit, "timeZone": zone}
		if reviewerID != "" {
			query["reviewerId"] = reviewerID
		}
		if caseID != "" {
			query["caseId"] = caseID
		}
		sane(t, w.direct("listAppointments", "", query, nil))
		delete(query, "view")
		sane(t, w.direct("listReviewers", "", query, nil))
		sane(t, w.direct("listAttention", "", query, nil))
		sane(t, w.direct("listEvents", "", map[string]string{"after": cursor, "limit": limit}, nil))
		sane(t, w.direct("getAgenda", "rev-ames", map[string]string{"date": cursor, "timeZone": zone}, nil))
		c := &call{server: w.server, actor: w.server.localActor(), query: query}
		list := appointmentView{name: view, id: reviewerID}.list()
		if p, refused := c.readCursor(list); refused == nil {
			if again := c.writeCursor(list, p); again != cursor {
				t.Fatalf("cursor %q is also %q", cursor, again)
			}
		}
	})
}

// FuzzResolve gives the readers of single values anything; what they take is
// written back in the form it came in.
func FuzzResolve(f *testing.F) {
	for _, s := range []string{"2020-05-18T18:30:00-04:00", "2020-02-29", "2021-02-29", "08:00", "24:00", "US/Eastern", "", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var k check
		if d := k.date("", s); k.faults() == 0 && d.String() != s {
			t.Fatalf("date %q is %s", s, d)
		}
		k = check{}
		if z := k.zone("", s); k.faults() == 0 && z.Name() != s {
			t.Fatalf("zone %q is %s", s, z.Name())
		}
		k = check{}
		if v := k.instant("", s); k.faults() == 0 {
			for _, zone := range []string{"UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"} {
				back, _, err := slots.ParseInstant(*instantText(v, zoneOr(zone, nil)))
				if err != nil || back != v || v <= 0 {
					t.Fatalf("instant %q is %d", s, v)
				}
			}
		}
		k = check{}
		k.text("", s, 10)
		k.email("", s)
		k.span("", s, s)
		k.id("", s)
		lastWord(s)
	})
}
