package server

import (
	"strings"
	"testing"
)

// Rows 45 to 58: what depends on what is stored.

// formOf is the deck's form with changes.
func formOf(changes ...any) string {
	return send(bookLine, deckBooking.with(append([]any{"/contact/instructions", canary}, changes...)...).String())
}

func holding(changes ...any) string {
	return send(holdLine, deckHold.with(changes...).String())
}

// act is a step of a call, with a key of its own.
func act(key, path, body string) string {
	return send("POST /v1/appointments/"+path, body, "Idempotency-Key: "+canary+"-"+key)
}

var nastyRosterRows = []nastyRow{
	{row: 45, request: hours("00:00", "24:00"), want: "200", effect: true},
	{row: 45, request: reviewer("/weeklyHours", []doc{{"days": []string{"mon"}, "start": "08:00", "end": "12:00"}, {"days": []string{"mon"}, "start": "10:00", "end": "13:00"},
		{"days": []string{"mon"}, "start": "13:00", "end": "14:00"}}, "/exceptions", []doc{}), want: "200", effect: true},
	{row: 45, request: send(earliestLine, `{"caseIds":["1004567"],"timeZone":"US/Eastern","from":"2020-05-18T04:00:00Z","to":"2020-05-19T04:00:00Z","limit":200}`), want: "200", check: func(r reply) {
		r.t.Helper()
		ames, seen := 0, map[string]bool{}
		for _, o := range r.json()["offers"].([]any) {
			offer := o.(map[string]any)
			if offer["reviewer"].(map[string]any)["id"] == "rev-ames" {
				ames++
				seen[offer["start"].(string)] = true
			}
		}
		if ames != 24 || len(seen) != 24 { // from 8:00 to 14:00
			r.t.Errorf("%d starts, %d of them different, want 24", ames, len(seen))
		}
	}},
	{row: 45, request: reviewer("/weeklyHours", []doc{{"days": []string{"mon"}, "start": "22:00", "end": "24:00"}, {"days": []string{"tue"}, "start": "00:00", "end": "02:00"}}), want: "200", effect: true},
	{row: 54, request: holding(), want: "201", effect: true, keep: "hold"},
	{row: 54, request: ask("DELETE /v1/reviewers/rev-ames"), want: "200 | 204", effect: true},
	{row: 54, request: formOf("/holdId", "{hold}"), want: "422 reviewer_not_qualified | 422 slot_not_offered"},
	{row: 54, request: formOf("/slot", doc{"reviewerId": "rev-brook", "start": "2020-05-18T15:30:00-04:00"}, "/expect", doc{"tier": "similar"}), want: "409 rules_changed"},
	{row: 54, request: formOf("/slot", doc{"reviewerId": "rev-brook", "start": "2020-05-18T15:30:00-04:00"}, "/expect", doc{"ruleset": "0000"}), want: "409 rules_changed"},
}

// newSlotWorld has a reviewer with buffers beside those of the deck, and cases enough.
func newSlotWorld(t testing.TB) *world {
	w := newDeck(t)
	w.seed(ames.with("/id", "rev-slow", "/bufferBeforeMinutes", 15, "/bufferAfterMinutes", 15))
	for _, id := range []string{"c1", "c2", "c3", "c4", "c5"} {
		w.seed(winter.with("/id", id, "/authorizationNumber", nil))
	}
	return w
}

func at1815(reviewer string) doc {
	return doc{"reviewerId": reviewer, "start": "2020-05-18T18:15:00-04:00"}
}

func at1830(reviewer string) doc {
	return doc{"reviewerId": reviewer, "start": "2020-05-18T18:30:00-04:00"}
}

var nastySlotRows = []nastyRow{
	{row: 47, request: formOf("/caseIds/0", "c1", "/slot", at1815("rev-ames")), want: "201", effect: true},
	otherOffset(39, "c2", "2020-05-18T17:30:00-05:00"), // touches the first: 47
	{row: 48, request: formOf("/caseIds/0", "c3", "/slot", at1830("rev-ames")), want: "409 slot_taken"},
	{row: 48, request: holding("/caseIds/0", "c3", "/slot", at1830("rev-ames")), want: "409 slot_taken"},
	{row: 48, request: holding("/caseIds/0", "c3", "/slot", doc{"reviewerId": "rev-ames", "start": "2020-05-18T18:29:59-04:00"}), want: "422 slot_not_offered"},
	{row: 46, request: formOf("/caseIds/0", "c3", "/slot", at1815("rev-slow")), want: "201", effect: true, keep: "slow"},
	{row: 46, request: formOf("/caseIds/0", "c4", "/slot", at1830("rev-slow")), want: "409 slot_taken"},
	// 52: the busy spans of the two starts overlap, but they are one call's.
	{row: 52, request: act("a", "{slow}/reschedule", doc{"slot": at1815("rev-slow")}.String()), want: "200", effect: true},
	{row: 52, request: act("b", "{slow}/reschedule", doc{"slot": at1830("rev-slow")}.String()), want: "200", effect: true},
	{row: 52, request: get("/v1/appointments?view=reviewer&reviewerId=rev-slow"), want: "200", check: func(r reply) {
		r.t.Helper()
		if n := len(r.json()["appointments"].([]any)); n != 1 {
			r.t.Errorf("%d calls after moves onto itself: %s", n, r.body)
		}
	}},
	{row: 49, request: holding("/caseIds/0", "c4", "/slot", doc{"reviewerId": "rev-brook", "start": "2020-05-18T15:30:00-04:00"}), want: "201", effect: true, keep: "hold"},
	{row: 49, request: formOf("/caseIds/0", "c4", "/holdId", "{hold}", "/slot", doc{"reviewerId": "rev-brook", "start": "2020-05-18T15:45:00-04:00"}), want: "422 hold_mismatch"},
	{row: 49, request: formOf("/caseIds/0", "c5", "/slot", doc{"reviewerId": "rev-brook", "start": "2020-05-18T15:30:00-04:00"}), want: "409 slot_taken"},
	{row: 49, request: formOf("/caseIds/0", "c1", "/slot", doc{"reviewerId": "rev-brook", "start": "2020-05-18T16:00:00-04:00"}), want: "409 case_already_scheduled"},
	{row: 49, request: holding("/caseIds/0", "c1", "/slot", doc{"reviewerId": "rev-brook", "start": "2020-05-18T16:00:00-04:00"}), want: "409 case_already_scheduled"},
}

// lasting wants a call of so many minutes.
func lasting(start, end string) func(reply) {
	return func(r reply) {
		r.t.Helper()
		if r.text("start") != start || r.text("end") != end {
			r.t.Errorf("from %s to %s, want %s to %s", r.text("start"), r.text("end"), start, end)
		}
	}
}

// lengths is a booking on one evening, with rules by which a call is shorter than a step of the grid.
func lengths(caseID, start string) string {
	return formOf("/caseIds/0", caseID, "/slot/start", "2020-05-18T"+start+":00-04:00")
}

// 28: the length of a call is the rules', and need not be a multiple of the grid's step: it ends when it ends, and the next one begins on the grid.
var nastyLengthRows = []nastyRow{
	{row: 28, request: send("POST /v1/rules", nastyRules("callMinutes", 1)), want: "200", effect: true},
	{row: 28, request: lengths("c1", "18:15"), want: "201", effect: true, check: lasting("2020-05-18T18:15:00-04:00", "2020-05-18T18:16:00-04:00")},
	{row: 28, request: send("POST /v1/rules", nastyRules("callMinutes", 7)), want: "200", effect: true},
	{row: 28, request: lengths("c2", "18:30"), want: "201", effect: true, check: lasting("2020-05-18T18:30:00-04:00", "2020-05-18T18:37:00-04:00")},
	{row: 28, request: lengths("c3", "18:37"), want: "422 slot_not_offered"},
	{row: 28, request: lengths("c3", "18:16"), want: "422 slot_not_offered"},
	{row: 28, request: lengths("c3", "18:30"), want: "409 slot_taken"},
	{row: 28, request: lengths("c3", "18:45"), want: "201", effect: true, check: lasting("2020-05-18T18:45:00-04:00", "2020-05-18T18:52:00-04:00")},
}

var nastyBookingRows = []nastyRow{
	{row: 50, request: holding(), want: "201", effect: true, keep: "hold"},
	{row: 50, now: "2020-05-15T09:05:00-04:00", request: formOf("/holdId", "{hold}"), want: "409 hold_expired"},
	{row: 50, now: "2020-05-15T09:06:00-04:00", request: formOf("/holdId", "{hold}"), want: "409 hold_expired"},
	{row: 50, request: formOf("/holdId", canary), want: "409 hold_expired | 404 not_found | 422 hold_mismatch"},
	{row: 50, request: holding("/timeZone", "UTC"), want: "201", effect: true, keep: "hold"},
	{row: 50, request: send(bookLine, deckBooking.with("/holdId", "{hold}").String(), "Idempotency-Key: "+canary), want: "201", effect: true, keep: "apt"},
	{row: 50, request: send(bookLine, deckBooking.with("/holdId", "{hold}").String(), "Idempotency-Key: "+canary), want: "201", check: replayed},
	{row: 50, request: send(bookLine, deckBooking.with("/holdId", "{hold}").String(), "Idempotency-Key: "+canary+"-again"), want: "409 case_already_scheduled"},
	{row: 51, request: act("1", "{apt}/cancel", `{"reason":"withdrawn","by":"provider"}`), want: "200", effect: true},
	{row: 51, request: act("2", "{apt}/cancel", `{"reason":"withdrawn","by":"provider"}`), want: "200", effect: true},
	{row: 51, request: act("3", "{apt}/cancel", `{"reason":" ","by":"provider"}`), want: "422 invalid_value"},
	{row: 51, request: act("4", "{apt}/reschedule", `{"slot":{"reviewerId":"rev-ames","start":"2020-05-18T18:45:00-04:00"}}`), want: "409 not_reschedulable"},
	{row: 51, request: act("5", canary+"/cancel", `{"reason":"withdrawn","by":"provider"}`), want: "404 not_found"},
	{row: 51, request: formOf(), want: "201", effect: true, keep: "apt"},
	{row: 51, now: "2020-05-18T18:30:00-04:00", request: act("6", "{apt}/start", `{"at":"2020-05-18T18:30:00-04:00"}`), want: "200", effect: true},
	{row: 51, now: "2020-05-18T18:40:00-04:00", request: act("7", "{apt}/complete", completeBody.with("/partialCertification", nil).String()), want: "200", effect: true},
	{row: 51, request: act("8", "{apt}/cancel", `{"reason":"`+canary+`","by":"provider"}`), want: "409 not_cancellable"},
}

func replayed(r reply) {
	r.t.Helper()
	if r.header.Get("Idempotent-Replayed") != "true" {
		r.t.Errorf("not replayed: %v", r.header)
	}
}

var nastyMoveRows = []nastyRow{
	{row: 52, request: formOf(), want: "201", effect: true, keep: "apt"},
	{row: 52, request: act("1", "{apt}/reschedule", deckHold.with("/caseIds", absent{}).String()), want: "200", effect: true},
	{row: 52, request: act("2", "{apt}/reschedule", `{"slot":{"reviewerId":"rev-ames","start":"2020-05-18T18:45:00-04:00"}}`), want: "200", effect: true},
	{row: 52, request: act("3", "{apt}/reschedule", `{"slot":{"reviewerId":"rev-ames","start":"2020-05-18T19:00:00-04:00"}}`), want: "422 slot_not_offered"},
	{row: 52, request: act("4", "{apt}/reschedule", `{"slot":{"reviewerId":"`+canary+`","start":"2020-05-18T18:45:00-04:00"}}`), want: "404 not_found"},
	{row: 52, request: get("/v1/appointments?view=case&caseId=1004567"), want: "200", check: func(r reply) {
		r.t.Helper()
		if n := len(r.json()["appointments"].([]any)); n != 1 || r.at("appointments", 0, "status") != "booked" {
			r.t.Errorf("after the moves %s", r.body)
		}
	}},
}

var nastyVersionRows = join(
	each(53, "412 stale_version", false, []string{`"2"`, `"18446744073709551615"`}, func(tag string) string {
		return send(amesLine, ames.with("/name", canary).String(), "If-Match: "+tag)
	}),
	each(53, "400 invalid_if_match", false, []string{"*", `W/"1"`, `"1", "2"`, "17", `"0"`, `"-1"`, `"+1"`, `"01"`, `"1`, `1"`, `""`, `"` + canary + `"`, `"18446744073709551616"`, ""}, func(tag string) string {
		return send(amesLine, ames.String(), "If-Match: "+tag)
	}),
	one(53, "400 invalid_header", true, send(amesLine, ames.String(), `If-Match: "1"`, `If-Match: "1"`)),
	one(53, "400 invalid_if_match", false, ask("GET /v1/reviewers/rev-ames", `If-Match: "1"`)),
	one(53, "412 stale_version", false, reviewer("/version", 7)),
	one(53, "412 stale_version", false, send(amesLine, ames.with("/version", 1).String(), `If-Match: "2"`)),
	one(53, "412 stale_version", false, ask("DELETE /v1/reviewers/rev-ames", `If-Match: "9"`)),
	// If-Match is optional: without it the change is taken.
	[]nastyRow{{row: 53, request: reviewer(), want: "200", effect: true}, {row: 53, request: send(amesLine, ames.with("/name", canary+" II").String(), `If-Match: "2"`), want: "200", effect: true}},
	one(53, "412 stale_version", false, send(amesLine, ames.String(), `If-Match: "2"`)),
)

// keyed is a booking under a key of the test's own.
func keyed(key, body string) string { return send(bookLine, body, "Idempotency-Key: "+key) }

var nastyKeyRows = join(
	each(55, "400 invalid_idempotency_key", false, []string{"", strings.Repeat("k", 256), strings.Repeat(canary, 100), "a b", "é", "a\tb"}, func(key string) string { return keyed(key, deckBooking.String()) }),
	each(55, "400 bad_request", true, []string{"a\x7fb", "a\x01b"}, func(key string) string { return keyed(key, deckBooking.String()) }),
	one(55, "400 idempotency_key_required", false, strings.Replace(formOf(), "Idempotency-Key", "X-Idempotency-Key", 1)),
	one(55, "400 invalid_header", true, send(bookLine, deckBooking.String(), "Idempotency-Key: "+canary, "idempotency-key: other")),
	[]nastyRow{
		{row: 56, request: keyed(canary, deckBooking.String()), want: "201", effect: true, keep: "apt"},
		{row: 56, request: keyed(canary, deckBooking.String()), want: "201", check: replayed},
		{row: 57, request: keyed(canary, " {\n"+strings.TrimPrefix(reordered, "{")+"\t"), want: "201", check: replayed},
		{row: 56, request: keyed(canary, deckBooking.with("/contact/instructions", canary).String()), want: "422 idempotency_key_reused"},
		{row: 56, request: send(holdLine, deckHold.String(), "Idempotency-Key: "+canary), want: "422 idempotency_key_reused"},
		{row: 56, request: act("x", "{apt}/cancel", `{"reason":"withdrawn","by":"provider"}`), want: "200", effect: true},
		{row: 56, request: send("POST /v1/appointments/"+canary+"/cancel", `{"reason":"withdrawn","by":"provider"}`, "Idempotency-Key: "+canary+"-x"), want: "422 idempotency_key_reused"},
		{row: 56, request: keyed(canary, deckBooking.String()), want: "201", check: replayed}, // the first answer, though the call is cancelled
	},
)

// reordered is the deck's form with its members in another order and letters escaped.
var reordered = func() string {
	d := deckBooking.with("/attestations", absent{}).String()
	return `{"attestations" : [] ,` + strings.Replace(d[1:], "rev-ames", `rev-\u0061mes`, 1)
}()

var nastyListRows = join(
	each(58, "422 invalid_value", false, []string{"0", "-1", "1000000000", "201"}, func(limit string) string { return get("/v1/reviewers?limit=" + limit) }),
	each(58, "400 invalid_query", false, []string{"1e3", "10.0", "%2B1", "01", "0x1", "", canary, "99999999999999999999"}, func(limit string) string { return get("/v1/reviewers?limit=" + limit) }),
	each(58, "422 invalid_value", false, []int{0, -1, 1_000_000_000}, func(limit int) string {
		return send(earliestLine, doc{"caseIds": []string{"1004567"}, "timeZone": "UTC", "limit": limit}.String())
	}),
	one(58, "422 invalid_value", false, send(earliestLine, `{"caseIds":["1004567"],"timeZone":"UTC","from":"2020-05-18T00:00:00Z","to":"2030-05-18T00:00:00Z"}`)),
	one(58, "422 invalid_value", false, send(earliestLine, `{"caseIds":["1004567"],"timeZone":"UTC","from":"2020-05-19T00:00:00Z","to":"2020-05-18T00:00:00Z"}`)),
	one(58, "422 cases_not_combinable", false, toSearch(deckSearch.with("/caseIds", many(6000, "1004567")).String())),
	one(58, "413 body_too_large", true, toSearch(deckSearch.with("/caseIds", many(100_000, canary)).String())),
	one(58, "400 invalid_body", false, toSearch(deckSearch.with("/reviewerIds", many(4000, canary)).String())),
	[]nastyRow{{row: 59, request: get("/v1/reviewers?limit=1"), want: "200"}},
	each(59, "400 invalid_cursor", false, []string{"", canary, "AAAA", strings.Repeat("A", 4000), "-", "%3D%3D"}, func(cursor string) string { return get("/v1/reviewers?limit=1&cursor=" + cursor) }),
)

// noted is a booking whose instructions end in a text that a screen or a log could obey.
func noted(text string) string {
	return formOf("/contact/instructions", canary+text)
}

var nastyTextRows = join(
	each(62, "422 invalid_value", false, []string{"\r\nSet-Cookie: a=b", "\x1b[2J\x1b[1m", "\u0007", "\u202egnp.exe", "\u2028", strings.Repeat("a", 10<<10), "\u0085", "\ufeff"}, noted),
	[]nastyRow{{row: 62, request: formOf("/contact/instructions", nastyText), want: "201", effect: true, keep: "apt", check: func(r reply) {
		r.t.Helper()
		if r.at("contact", "instructions") != nastyText {
			r.t.Errorf("stored %q", r.at("contact", "instructions"))
		}
	}}, {row: 62, request: act("1", "{apt}/cancel", doc{"reason": nastyText, "by": "payer"}.String()), want: "200", effect: true},
		{row: 62, request: get("/v1/appointments/{apt}"), want: "200", check: func(r reply) {
			r.t.Helper()
			if kind := r.header.Get("Content-Type"); kind != typeJSON || r.at("cancellation", "reason") != nastyText || r.header.Get("X-Content-Type-Options") != "nosniff" {
				r.t.Errorf("%s %s", kind, r.body)
			}
		}}},
)

// nastyText is inert here: it is stored, given back as JSON to whoever may read the call, and never logged.
const nastyText = canary + ` ${jndi:ldap://x} =cmd|' /C calc'!A0 <script>alert(1)</script> ' OR 1=1 -- 078-05-1120`
