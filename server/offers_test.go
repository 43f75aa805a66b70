package server

import (
	"fmt"
	"testing"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// TestSearchDefaults: the week of now in the request's zone, Monday to Friday,
// 7:00 to 19:00.
func TestSearchDefaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2020-05-17T23:30:00-04:00") // Sunday in the east, Monday in UTC
	w.seed(winter, ames.with("/exceptions", []doc{}, "/weeklyHours", []doc{
		{"days": []string{"sun", "mon", "fri", "sat"}, "start": "00:00", "end": "24:00"},
	}))
	f := func(zone, monday string, days map[string]int, changes ...any) {
		t.Helper()
		body := doc{"caseIds": []string{"1004567"}, "timeZone": zone, "slotsPerDay": 200}.with(changes...)
		r := w.do("POST", "/v1/search", body.String()).is(200, "")
		if r.at("week", "start") != monday {
			t.Errorf("%s: week of %v, want %s", zone, r.at("week", "start"), monday)
		}
		got := make(map[string]int)
		for _, p := range r.json()["priorities"].([]any) {
			for _, o := range p.(map[string]any)["reviewers"].([]any) {
				for _, d := range o.(map[string]any)["days"].([]any) {
					day := d.(map[string]any)
					if n := len(day["slots"].([]any)); n > 0 {
						got[day["date"].(string)] = n
					}
				}
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(days) {
			t.Errorf("%s %v: slots a day %v, want %v", zone, changes, got, days)
		}
	}
	f("US/Eastern", "2020-05-11", map[string]int{})
	f("US/Eastern", "2020-05-11", map[string]int{"2020-05-17": 2}, "/days", []string{"sun"}, "/hours", []int{23})
	f("UTC", "2020-05-18", map[string]int{"2020-05-18": 48, "2020-05-22": 48})
	f("US/Eastern", "2020-05-18", map[string]int{"2020-05-18": 48, "2020-05-22": 48}, "/week", "2020-05-24")
	f("US/Eastern", "2020-05-18", map[string]int{"2020-05-23": 4}, "/week", "2020-05-18", "/days", []string{"sat"}, "/hours", []int{0})
}

// TestSearchCuts counts what pages leave out.
func TestSearchCuts(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	r := w.do("POST", "/v1/search", deckSearch.with("/reviewersPerPriority", 1, "/slotsPerDay", 2).String()).is(200, "")
	if r.at("priorities", 0, "moreReviewers") != true || len(r.at("priorities", 0, "reviewers").([]any)) != 1 ||
		r.at("priorities", 0, "reviewers", 0, "days", 0, "more") != 1.0 {
		t.Errorf("cut %s", r.body)
	}
	if r.at("asOf") != float64(w.engine.Snapshot().Seq()) || r.at("ruleset") != w.engine.Snapshot().Rules().Version() {
		t.Errorf("head of %s", r.body)
	}
	e := w.do("POST", "/v1/search/earliest", deckSearch.with("/week", absent{}, "/limit", 3).String()).is(200, "")
	if len(e.at("offers").([]any)) != 3 || e.at("offers", 0, "start") != "2020-05-18T15:30:00-04:00" || e.at("offers", 0, "reviewer", "id") != "rev-brook" {
		t.Errorf("earliest %s", e.body)
	}
	later := deckSearch.with("/week", absent{}, "/limit", 1, "/from", "2020-05-19T00:00:00-04:00")
	if got := w.do("POST", "/v1/search/earliest", later.String()).is(200, "").at("offers", 0, "start"); got != "2020-05-19T14:00:00-04:00" {
		t.Errorf("from Tuesday: %v", got)
	}
	past := deckSearch.with("/week", absent{}, "/to", "2020-05-14T00:00:00Z")
	if n := len(w.do("POST", "/v1/search/earliest", past.String()).is(200, "").at("offers").([]any)); n != 0 {
		t.Errorf("%d offers in a range that is over", n)
	}
	past = past.with("/from", "2020-05-13T00:00:00Z")
	if n := len(w.do("POST", "/v1/search/earliest", past.String()).is(200, "").at("offers").([]any)); n != 0 {
		t.Errorf("%d offers in a range that began and ended before now", n)
	}
}

// TestNamesAreQuoted: whatever a name is, an answer is JSON and gives it back.
func TestNamesAreQuoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	w.seed(winter)
	for _, name := range []string{`A "B" \C/ </script>`, "Zoë Ω 日本 😀", "O'Hara & Söhne", `{"x":1}`} {
		w.seed(ames.with("/name", name))
		r := w.do("POST", "/v1/search", deckSearch.String()).is(200, "")
		if got := r.at("priorities", 0, "reviewers", 0, "reviewer", "name"); got != name {
			t.Errorf("name %v, want %s", got, name)
		}
	}
}

// TestSearchWhileBooked shows the slots to which a booked call can be moved, its
// own among them.
func TestSearchWhileBooked(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.book()
	if got := w.do("POST", "/v1/search", deckSearch.String()).is(200, "").at("explanation", "offered"); got != 19.0 {
		t.Errorf("%v offers to move to, want 19", got)
	}
	if got := w.do("POST", "/v1/search", deckSearch.with("/caseIds/0", "1004568").String()).is(200, "").at("explanation", "offered"); got != 18.0 {
		t.Errorf("%v offers to others, want 18", got)
	}
}

// TestBookingDefaults fills in who asks, who attests and how the office is told.
func TestBookingDefaults(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	f := func(want map[string]any, changes ...any) {
		t.Helper()
		r := w.post("/v1/appointments", deckBooking.with(changes...).String()).is(201, "")
		for path, v := range want {
			if got := fmt.Sprint(r.at("contact", path)); path != "requestedBy" && got != fmt.Sprint(v) {
				t.Errorf("%s = %s, want %v", path, got, v)
			}
		}
		if v, ok := want["requestedBy"]; ok && r.at("requestedBy", "lastName") != v {
			t.Errorf("requested by %v, want %v", r.at("requestedBy"), v)
		}
		w.post("/v1/appointments/"+r.text("id")+"/cancel", `{"reason":"next","by":"payer"}`).is(200, "")
	}
	f(map[string]any{"notify": "email", "requestedBy": "Doe"})
	f(map[string]any{"notify": "none", "email": nil}, "/contact/email", nil)
	f(map[string]any{"notify": "none", "email": "droffice@example.com"}, "/contact/notify", "none")
	f(map[string]any{"notify": "fax", "fax": "+12125550144"}, "/contact/notify", "fax", "/contact/fax", "+12125550144")
	f(map[string]any{"requestedBy": "Roe"}, "/requestedBy", doc{"firstName": "Rae", "lastName": "Roe", "credential": "DO"})
	f(map[string]any{"alternatePhone": "+12125550145", "alternateExtension": "7"}, "/contact/alternatePhone", "+12125550145", "/contact/alternateExtension", "7")
	f(map[string]any{"extension": nil, "instructions": nil}, "/contact/extension", nil, "/contact/instructions", absent{}, "/callNotes", nil, "/attestations", nil)
}

// TestOwnNeeds: a slot that needs less than its priority's slots together says so.
func TestOwnNeeds(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	licence, specialty := matcher.Needs(1)<<matcher.NeedLicense, matcher.Needs(1)<<matcher.NeedSpecialty
	both := []string{noteA, noteB}
	reviewer := matcher.ReviewerOffers{Reviewer: &matcher.Reviewer{Tenant: "test", ID: "rev-ames"}}
	reviewer.Days[0].Slots = []matcher.SlotOffer{
		{Start: 1589840100, End: 1589841000, Unmet: licence | specialty, Attestations: both},
		{Start: 1589841000, End: 1589841900, Unmet: licence, Attestations: both[:1]},
	}
	week := matcher.WeekAnswer{Priorities: []matcher.Priority{{
		Number: 1, Tier: matcher.TierBothWaived, Unmet: licence | specialty, Attestations: both,
		Reviewers: []matcher.ReviewerOffers{reviewer},
	}}}
	writer := &offerWriter{call: &call{server: w.server, actor: w.server.localActor()}, snap: w.engine.Snapshot(), zone: slots.UTC()}
	r := reply{t: t, body: writer.week(nil, &week, 15)}
	day := func(i int) map[string]any {
		return r.at("priorities", 0, "reviewers", 0, "days", 0, "slots", i).(map[string]any)
	}
	if _, told := day(0)["unmet"]; told {
		t.Errorf("a slot repeats its priority: %v", day(0))
	}
	if list(day(1)["unmet"]) != "license" || list(day(1)["attestations"]) != noteA {
		t.Errorf("a slot with less to attest: %v", day(1))
	}
}
