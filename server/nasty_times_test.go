package server

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/parleyhq/parley/matcher"
)

// Rows 30 to 40, 43 and 47: instants, dates, and the nights when clocks change. Instants come with an offset, so a
// local time without one is not understood; what exists twice or not at all on a local clock has one instant each.

// startingAt is a booking that begins at an instant.
func startingAt(start string) string {
	return send(bookLine, deckBooking.with("/slot/start", start, "/contact/instructions", canary).String())
}

var nastyInstantRows = join(
	each(30, "422 invalid_value", false, []string{"0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:45:00-23:59", "1969-12-31T23:59:59Z", "2201-01-01T00:00:00Z"}, startingAt),
	each(30, "400 invalid_body", false, []string{"292277026596-12-04T15:30:08Z", "-001-01-01T00:00:00Z", "+2020-05-18T18:30:00Z", "10000-01-01T00:00:00Z"}, startingAt),
	each(31, "422 slot_not_offered", false, []string{"2020-05-15T08:45:00-04:00", "2020-05-11T18:30:00-04:00", "2020-07-15T18:30:00-04:00", "2021-05-18T18:30:00-04:00"}, startingAt),
	each(32, "422 slot_not_offered", false, []string{"2020-05-18T18:37:00-04:00", "2020-05-18T18:30:01-04:00", "2020-05-18T18:29:59-04:00"}, startingAt),
	each(32, "422 invalid_value", false, []string{"2020-05-18T18:30:00.5-04:00", "2020-05-18T18:30:00.000-04:00", "2020-05-18T18:30:00.999999999999Z"}, startingAt),
	each(33, "400 invalid_body", false, []string{"2026-02-30T09:00:00Z", "2020-05-18T24:00:00Z", "2020-05-18T23:59:60Z", "2020-13-01T00:00:00Z", "2020-00-10T00:00:00Z", "2020-05-32T00:00:00Z", "2020-05-18T18:60:00Z"}, startingAt),
	each(33, "400 invalid_body", false, []string{"2026-02-30", "2020-13-01", "2020-5-18", "20200518", "2020-05-18T00:00:00Z", "03/08/2026", "2026-W10-1"},
		func(date string) string { return toSearch(deckSearch.with("/week", date).String()) }),
	each(34, "400 invalid_body", false, []string{"2020-05-18T18:30:00", "2020-05-18T18:30:00+24:00", "2020-05-18T18:30:00-99:99", "2020-05-18T0:00:00Z", "2020-05-18T18:30:00,5Z", "2020-05-18t18:30:00Z",
		"2020-05-18T18:30:00z", "2020-05-18 18:30:00Z", "2020-05-18T18:30Z", "2020-05-18T18:30:00+0400", "2020-05-18T18:30:00-04", " 2020-05-18T18:30:00Z", "2020-05-18T18:30:00Z ", "2020-05-18T18:30:00ZZ",
		"2020-05-18T18:30:00-04:00[America/New_York]", "2020-05-18T18:30:00 EDT", "２０２０-05-18T18:30:00Z", canary}, startingAt),
	each(35, "400 invalid_body", false, []string{"1589840000", "2020-W21-1T18:30:00Z", "05/18/2020 18:30", "Mon, 18 May 2020 18:30:00 GMT", "now", "2020-139T18:30:00Z"}, startingAt),
	one(35, "400 invalid_body", false, send(bookLine, deckBooking.with("/slot/start", 1589840000, "/contact/instructions", canary).String())),
	each(36, "400 invalid_body", false, []string{"2026-03-08T02:30:00"}, startingAt),
	each(37, "400 invalid_body", false, []string{"2026-11-01T01:30:00"}, startingAt),
	// 43: zones that are easily got wrong are right here.
	[]nastyRow{
		labelled("America/Phoenix", "3:15 pm MST"), labelled("Pacific/Honolulu", "12:15 pm HST"), labelled("Australia/Lord_Howe", "8:45 am GMT+10:30"),
		labelled("Asia/Kathmandu", "4:00 am GMT+5:45"), labelled("Pacific/Apia", "11:15 am GMT+13"), labelled("Pacific/Kiritimati", "12:15 pm GMT+14"),
	},
	[]nastyRow{{row: 43, request: reviewer("/timeZone", "Pacific/Apia", "/exceptions/0/date", "2011-12-30"), want: "200", effect: true}},
)

// everyHour is all hours of the day, ticked, everyDay all days.
var (
	everyHour = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}
	everyDay  = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
)

// labelled is a search of Monday evening in New York, as the clocks of another zone show it.
func labelled(zone, label string) nastyRow {
	search := doc{"caseIds": []string{"1004567"}, "timeZone": zone, "from": "2020-05-18T22:15:00Z", "to": "2020-05-18T22:30:00Z", "hours": everyHour}
	return nastyRow{row: 43, request: send(earliestLine, search.String()), want: "200", check: func(r reply) {
		r.t.Helper()
		if got := r.at("offers", 0, "label"); got != label {
			r.t.Errorf("%s: %q, want %q", zone, got, label)
		}
	}}
}

// otherPlan is a case of a health plan without rules of its own, so that the default policy goes for it.
func otherPlan(id string) doc {
	return winter.with("/id", id, "/authorizationNumber", nil, "/healthPlan", "other", "/levelOfReview", "initial", "/member/state", "WY", "/situsState", "WY")
}

// newChangeWorld has a reviewer who works in the nights when the clocks change: on both, from 1:00 to 3:00.
func newChangeWorld(t testing.TB) *world {
	w := newWorld(t, "2026-02-20T09:00:00-05:00")
	night := []doc{{"start": "01:00", "end": "03:00"}}
	w.seed(ames.with("/exceptions", []doc{{"date": "2026-03-08", "hours": night}, {"date": "2026-11-01", "hours": night}}),
		otherPlan("a"), otherPlan("b"), otherPlan("c"))
	return w
}

// nightOf is a search of all that is on offer in one night of New York.
func nightOf(date string) string {
	return send(earliestLine, doc{"caseIds": []string{"a"}, "timeZone": "America/New_York", "days": everyDay, "from": date + "T00:00:00-05:00", "to": date + "T12:00:00-05:00", "limit": 200, "hours": everyHour}.String())
}

// starts checks the starts that are on offer.
func starts(want ...string) func(reply) {
	return func(r reply) {
		r.t.Helper()
		var got []string
		for _, o := range r.json()["offers"].([]any) {
			got = append(got, o.(map[string]any)["start"].(string))
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			r.t.Errorf("on offer %v, want %v", got, want)
		}
	}
}

// bookedAt is a booking of one case in such a night; the answer names the start as the zone's clock shows it.
func bookedAt(row int, caseID, start, shown string) nastyRow {
	body := deckBooking.with("/caseIds/0", caseID, "/slot/start", start, "/timeZone", "America/New_York", "/contact/instructions", canary)
	return nastyRow{row: row, request: send(bookLine, body.String()), want: "201", effect: true, check: func(r reply) {
		r.t.Helper()
		if r.text("start") != shown {
			r.t.Errorf("%s is booked at %s, want %s", start, r.text("start"), shown)
		}
	}}
}

// The night of 8 March has one hour from 1:00 to 3:00, that of 1 November three.
var nastyChangeRows = []nastyRow{
	{row: 36, request: startingAt("2026-03-08T02:30:00"), want: "400 invalid_body"},
	{row: 40, request: nightOf("2026-03-08"), want: "200", check: starts("2026-03-08T01:00:00-05:00", "2026-03-08T01:15:00-05:00", "2026-03-08T01:30:00-05:00", "2026-03-08T01:45:00-05:00")},
	// A half past two that no clock shows is the instant that its offset makes it: half past three.
	{row: 36, request: send(holdLine, deckHold.with("/caseIds/0", "a", "/slot/start", "2026-03-08T02:30:00-05:00").String()), want: "422 slot_not_offered"},
	bookedAt(36, "c", "2026-03-08T02:45:00-04:00", "2026-03-08T01:45:00-05:00"),
	{row: 40, now: "2026-10-20T09:00:00-04:00", request: nightOf("2026-11-01"), want: "200", check: starts("2026-11-01T01:00:00-04:00", "2026-11-01T01:15:00-04:00", "2026-11-01T01:30:00-04:00",
		"2026-11-01T01:45:00-04:00", "2026-11-01T01:00:00-05:00", "2026-11-01T01:15:00-05:00", "2026-11-01T01:30:00-05:00", "2026-11-01T01:45:00-05:00",
		"2026-11-01T02:00:00-05:00", "2026-11-01T02:15:00-05:00", "2026-11-01T02:30:00-05:00", "2026-11-01T02:45:00-05:00")},
	{row: 37, request: startingAt("2026-11-01T01:30:00"), want: "400 invalid_body"},
	bookedAt(38, "a", "2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-04:00"),
	bookedAt(38, "b", "2026-11-01T01:30:00-05:00", "2026-11-01T01:30:00-05:00"),
	{row: 38, request: send(holdLine, deckHold.with("/caseIds/0", "b", "/slot/start", "2026-11-01T01:30:00-04:00").String()), want: "409 case_already_scheduled"},
}

// 39: an offset is read as it stands, whatever the zone has in that month.
func otherOffset(row int, caseID, start string) nastyRow {
	body := deckBooking.with("/caseIds/0", caseID, "/slot/start", start, "/contact/instructions", canary)
	return nastyRow{row: row, request: send(bookLine, body.String()), want: "201", effect: true, check: func(r reply) {
		r.t.Helper()
		if r.text("start") != "2020-05-18T18:30:00-04:00" {
			r.t.Errorf("%s is booked at %s", start, r.text("start"))
		}
	}}
}

// nastyRules is the shipped bundle with one member of every call changed to a number.
func nastyRules(member string, n int) string {
	bundle, err := matcher.EmbeddedRules()
	if err != nil {
		panic(err)
	}
	return regexp.MustCompile(`"`+member+`":\s*\d+`).ReplaceAllString(string(bundle), fmt.Sprintf(`"%s":%d`, member, n))
}
