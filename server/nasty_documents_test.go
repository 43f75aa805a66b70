package server

import (
	"fmt"
	"strings"
)

// Rows 19 to 29, 41, 42, 44 to 46: bodies that are no document, no form, or hold no valid value.

const (
	holdLine     = "POST /v1/holds"
	bookLine     = "POST /v1/appointments"
	searchLine   = "POST /v1/search"
	earliestLine = "POST /v1/search/earliest"
	amesLine     = "PUT /v1/reviewers/rev-ames"
)

// rawHold is a hold with text put in at the end of its object, as it is.
func rawHold(more string) string {
	return strings.TrimSuffix(deckHold.String(), "}") + more + "}"
}

// rawBuffer is the reviewer with the text of a number as it is.
func rawBuffer(number string) string {
	return send(amesLine, strings.Replace(ames.with("/bufferBeforeMinutes", 4711, "/name", canary).String(), "4711", number, 1))
}

func toHold(body string) string   { return send(holdLine, body) }
func toSearch(body string) string { return send(searchLine, body) }

var nastyDocumentRows = join(
	each(19, "400 malformed_json | 400 invalid_body", false, []string{"", "null", "[]", `"` + canary + `"`, "1", "true", " ", "{}", "[" + deckHold.String() + "]"}, toHold),
	each(20, "400 malformed_json", false, []string{deckHold.String() + canary, deckHold.String() + "{}", deckHold.String() + ",", "\ufeff" + deckHold.String(), deckHold.String()[:40],
		strings.TrimSuffix(deckHold.String(), "}"), canary, "{", `{"caseIds":["` + canary, deckHold.String() + "\x00", "/**/" + deckHold.String()}, toHold),
	each(21, "400 malformed_json", false, []string{rawHold(`,"slot":{"reviewerId":"rev-ames","start":"2020-05-18T18:30:00-04:00"}`), rawHold(`,"caseIds":["` + canary + `"]`),
		`{"caseIds":["1004567"],"slot":{"reviewerId":"rev-ames","start":"2020-05-18T18:30:00-04:00","start":"2020-05-18T18:45:00-04:00"}}`,
		rawHold(`,"c\u0061seIds":["` + canary + `"]`)}, toHold),
	each(22, "400 invalid_body", false, []string{rawHold(`,"CASEIDS":["` + canary + `"]`), rawHold(`,"ca\u017feIds":["1"]`), rawHold(`,"is_admin":true`), rawHold(`,"Zebra":true`), rawHold(`,"` + canary + `":{}`),
		rawHold(`,"tenant":"` + canary + `"`), rawHold(`,"Zebra":1,"Zebra":2`), rawHold(`,"":1`), rawHold(`,"id":"hold-` + canary + `"`),
		deckHold.with("/slot/Zebra", 1).String(), deckHold.with("/slot/end", canary).String()}, toHold),
	each(22, "400 invalid_body", false, []string{"/member/zebra", "/providers/requesting/zebra", "/version ", "/determination/Zebra"},
		func(at string) string { return send("PUT /v1/cases/1004567", winter.with(at, 1).String()) }),
	each(23, "400 malformed_json", false, []string{strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001), strings.Repeat(`{"a":`, 10_001) + "1" + strings.Repeat("}", 10_001),
		rawHold(`,"timeZone":` + strings.Repeat("[", 40) + strings.Repeat("]", 40)), strings.Repeat("[", 60<<10)}, toHold),
	one(23, "400 invalid_body", false, toHold(`{"`+canary+`":1`+manyMembers(5000)+"}")),
	one(23, "400 malformed_json", false, send("POST /v1/rules", "{"+strings.TrimPrefix(manyMembers(1_000_000), ",")+"}")),
	one(23, "400 invalid_body", false, rawBuffer(strings.Repeat("9", 60<<10))),
	each(24, "400 malformed_json", false, []string{"\xff", "\xc0\xaf", "\xed\xa0\x80", `\ud800`, `\udc00\ud800`, `\u0000`, "\x00", "\x1f", "\n", `\x41`, `\u12g4`},
		func(s string) string {
			return send(bookLine, strings.Replace(deckBooking.with("/contact/instructions", canary).String(), canary, canary+s, 1))
		}),
	each(25, "400 malformed_json", false, []string{"NaN", "Infinity", "-Infinity", "01", "-1_", ".5", "5.", "1_000", "+1", "0x10", "'1'", "1/*c*/", "//\n1", "1e", "nul", "True", "undefined"}, rawBuffer),
	each(25, "400 malformed_json", false, []string{`{'caseIds':['` + canary + `']}`, `{caseIds:["` + canary + `"]}`, deckHold.String() + "//" + canary, rawHold(",")}, toHold),
	each(26, "400 invalid_body", false, []string{"30.0", "3e1", "-01", `"30"`, "9223372036854775808", "18446744073709551616", "1e400", "-0", "-0.0", "0.5", "true", "[30]", `{"n":30}`, "null"}, rawBuffer),
	// 27: what is required and absent or null is not understood (400); what is there and blank is never valid (422), and of ids it has no form.
	each(27, "400 invalid_body", false, []string{"/timeZone", "/caseIds", "/slot", "/performedBy", "/contact", "/contact/firstName", "/slot/start"}, func(at string) string {
		return send(bookLine, deckBooking.with(at, nil, "/attestations", []string{canary}).String())
	}),
	each(27, "400 invalid_body", false, []string{"/timeZone", "/caseIds", "/slot", "/performedBy", "/contact", "/contact/lastName", "/slot/reviewerId"}, func(at string) string {
		return send(bookLine, deckBooking.with(at, absent{}, "/attestations", []string{canary}).String())
	}),
	each(27, "422 invalid_value", false, []string{"/contact/firstName", "/performedBy/lastName", "/contact/phone", "/timeZone", "/performedBy/credential"}, func(at string) string {
		return send(bookLine, deckBooking.with(at, "", "/contact/instructions", canary).String())
	}),
	each(27, "422 invalid_value", false, []string{"/contact/firstName", "/performedBy/lastName", "/contact/instructions"}, func(at string) string {
		return send(bookLine, deckBooking.with("/contact/email", canary+"@example.com", at, " \u00a0 ").String())
	}),
)

// manyMembers are n members that no form has.
func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"k%d":1`, i)
	}
	return b.String()
}

// reviewer is a PUT of the reviewer with changes; the canary is the name.
func reviewer(changes ...any) string {
	return send(amesLine, ames.with(append([]any{"/name", canary}, changes...)...).String())
}

// hours is a reviewer with one span of weekly hours.
func hours(start, end string) string {
	return reviewer("/weeklyHours", []doc{{"days": []string{"mon"}, "start": start, "end": end}})
}

func zoned(zone string) string { return toSearch(deckSearch.with("/timeZone", zone).String()) }

var nastyValueRows = join(
	each(28, "422 invalid_value", false, []int{-30, -1, 100_000, 1 << 30}, func(n int) string { return reviewer("/bufferBeforeMinutes", n) }),
	each(28, "422 invalid_value", false, []int{-1, 100_000}, func(n int) string { return reviewer("/maxPerDay", n) }),
	each(28, "422 invalid_value", false, []int{0, -30, 100_000}, func(n int) string {
		return send("POST /v1/rules/check", nastyRules("callMinutes", n))
	}),
	one(29, "422 invalid_value", false, reviewer("/blocks", []doc{{"start": "2020-05-19T15:00:00Z", "end": "2020-05-19T14:00:00Z"}})),
	one(29, "422 invalid_value", false, reviewer("/blocks", []doc{{"start": "2020-05-19T15:00:00Z", "end": "2020-05-19T15:00:00Z"}})),
	one(29, "422 invalid_value", false, hours("12:00", "08:00")),
	one(29, "422 invalid_value", false, hours("08:00", "08:00")),
	one(29, "422 invalid_value", false, send("POST /v1/reviewers/rev-ames/absences", `{"start":"2020-05-18T19:00:00Z","end":"2020-05-18T18:00:00Z"}`)),
	one(29, "422 invalid_value", false, send(earliestLine, `{"caseIds":["1004567"],"timeZone":"UTC","from":"2020-05-20T00:00:00Z","to":"2020-05-20T00:00:00Z"}`)),
	one(29, "422 invalid_value", false, reviewer("/licenses/0/from", "2027-08-31", "/licenses/0/to", "2019-01-01")),
	each(41, "422 invalid_value", false, []string{"", "Local", "EST", "GMT+5", "Etc/GMT+5", "right/UTC", "posix/America/New_York", "Factory", "america/new_york", "localtime", "posixrules", "UTC0", "/etc/passwd", canary}, zoned),
	each(41, "422 invalid_value", false, []string{"Local", "EST", "Factory"}, func(zone string) string { return reviewer("/timeZone", zone) }),
	each(41, "422 invalid_value", false, []string{"", "EST", "Factory", canary}, func(zone string) string { return get("/v1/cases/1004567?timeZone=" + zone) }),
	each(42, "400 invalid_body | 400 malformed_json", false, []string{"../../etc/passwd", "America/../UTC", "UTC\x00", "UTC ", strings.Repeat(canary+"/", 800), "US\\Eastern", "UTC\n"}, zoned),
	each(42, "400 invalid_query", false, []string{"../" + canary, "UTC%20", strings.Repeat("a", 1000)}, func(zone string) string { return get("/v1/cases/1004567?timeZone=" + zone) }),
	one(44, "422 invalid_value", false, reviewer("/exceptions/0/date", "2021-02-29")),
	one(44, "422 invalid_value", false, toSearch(deckSearch.with("/week", "2021-02-29").String())),
	one(44, "422 invalid_value", false, get("/v1/reviewers/rev-ames/agenda?date=2021-02-29")),
	one(44, "200", false, get("/v1/reviewers/rev-ames/agenda?date=2024-02-29")),
	one(45, "422 invalid_value", false, hours("22:00", "02:00")),
	one(45, "422 invalid_value", false, hours("24:00", "24:00")),
	one(45, "400 invalid_body", false, hours("22:00", "26:00")),
	one(45, "400 invalid_body", false, hours("24:01", "24:02")),
	one(45, "422 invalid_value", false, reviewer("/weeklyHours", many(1000, doc{"days": []string{"mon"}, "start": "08:00", "end": "09:00"}))),
	one(45, "413 body_too_large", true, reviewer("/weeklyHours", many(10_000, doc{"days": []string{"mon"}, "start": "08:00", "end": "09:00"}))),
	one(46, "422 invalid_value", false, reviewer("/bufferBeforeMinutes", -5)),
	one(46, "422 invalid_value", false, reviewer("/bufferAfterMinutes", 1_000_000)),
)
