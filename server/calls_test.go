package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	ics "github.com/arran4/golang-ical"
)

// book books the deck's form with changes and returns the appointment's id.
func (w *world) book(changes ...any) string {
	w.t.Helper()
	return w.post("/v1/appointments", deckBooking.with(changes...).String()).is(201, "").text("id")
}

// TestLists pages through the three views, newest first.
func TestLists(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	var ids []string
	for i, start := range []string{"2020-05-18T18:15:00-04:00", "2020-05-18T18:30:00-04:00", "2020-05-18T18:45:00-04:00"} {
		id := fmt.Sprint("case-", i)
		w.seed(winter.with("/id", id))
		ids = append([]string{w.book("/caseIds/0", id, "/slot/start", start)}, ids...)
	}
	walk := func(query string) string {
		t.Helper()
		var got []string
		for cursor := ""; ; {
			r := w.get("/v1/appointments?limit=2&"+query+cursor).is(200, "")
			for _, v := range r.json()["appointments"].([]any) {
				got = append(got, v.(map[string]any)["id"].(string))
			}
			if cursor = r.text("nextCursor"); cursor == "" {
				return strings.Join(got, " ")
			}
			cursor = "&cursor=" + cursor
		}
	}
	f := func(query string, want ...string) {
		t.Helper()
		if got := walk(query); got != strings.Join(want, " ") {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	f("view=mine", ids...)
	f("view=reviewer&reviewerId=rev-ames", ids...)
	f("view=reviewer&reviewerId=rev-brook")
	f("view=case&caseId=case-1", ids[1])
	cursor := w.get("/v1/appointments?view=mine&limit=1").text("nextCursor")
	refused := func(status int, code, query string) {
		t.Helper()
		w.get("/v1/appointments?"+query).is(status, code)
	}
	refused(400, "invalid_cursor", "view=reviewer&reviewerId=rev-ames&cursor="+cursor)
	refused(400, "invalid_cursor", "view=mine&cursor="+cursor[:len(cursor)-1])
	refused(400, "invalid_cursor", "view=mine&cursor="+strings.ToUpper(cursor[:1])+"A"+cursor[2:])
	refused(400, "invalid_query", "limit=1")
	refused(400, "invalid_query", "view=reviewer")
	refused(422, "invalid_value", "view=mine&caseId=case-1")
	refused(422, "invalid_value", "view=all")
	refused(404, "not_found", "view=reviewer&reviewerId=rev-nobody")
	refused(404, "not_found", "view=case&caseId=nope")
	zoned := w.get("/v1/appointments?view=mine&timeZone=UTC").is(200, "")
	if zoned.at("appointments", 0, "start") != "2020-05-18T22:45:00Z" || zoned.header.Get("Cache-Control") != "no-store" {
		t.Errorf("in UTC %s", zoned.body)
	}
}

// TestCalendarFile follows one event through a booking, a move and a cancellation.
func TestCalendarFile(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	id := w.book("/caseIds", []string{"1004567", "1004568"})
	f := func(sequence, start, status string) {
		t.Helper()
		r := w.get("/v1/appointments/"+id+"/calendar.ics").is(200, "")
		text := string(r.body)
		if strings.Count(text, "\n") != strings.Count(text, "\r\n") || !strings.HasPrefix(r.header.Get("Content-Type"), "text/calendar") {
			t.Errorf("line ends or type: %q %v", text, r.header)
		}
		file, err := ics.ParseCalendar(strings.NewReader(text))
		if err != nil || len(file.Events()) != 1 {
			t.Fatalf("calendar file %q: %v", text, err)
		}
		for property, want := range map[ics.ComponentProperty]string{
			ics.ComponentPropertyUniqueId: id + "@parley", ics.ComponentPropertySequence: sequence,
			ics.ComponentPropertyDtStart: start, ics.ComponentPropertyStatus: status,
			ics.ComponentPropertyDescription: "Peer-to-peer review, cases 1004567, 1004568",
		} {
			if got := file.Events()[0].GetProperty(property); got == nil || got.Value != want {
				t.Errorf("%s = %v, want %s", property, got, want)
			}
		}
		for _, secret := range []string{"Winter", "Summer", "M-1", "1982-06", "Doe", "5550143"} {
			if strings.Contains(text, secret) {
				t.Errorf("the file tells %s", secret)
			}
		}
	}
	f("0", "20200518T223000Z", "CONFIRMED")
	w.post("/v1/appointments/"+id+"/reschedule", `{"slot":{"reviewerId":"rev-ames","start":"2020-05-18T18:45:00-04:00"}}`).is(200, "")
	f("1", "20200518T224500Z", "CONFIRMED")
	w.post("/v1/appointments/"+id+"/cancel", `{"reason":"x","by":"payer"}`).is(200, "")
	f("2", "20200518T224500Z", "CANCELLED")
	w.get("/v1/appointments/apt-none/calendar.ics").is(404, "not_found")
}

// TestHolds: a hold keeps a slot for its holder until its deadline.
func TestHolds(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	body := deckHold.String()
	first := w.do("POST", "/v1/holds", body, "Idempotency-Key", "h-1").is(201, "")
	if first.at("expiresAt") != "2020-05-15T09:05:00-04:00" || first.at("label") != "6:30 pm EDT" || first.at("timeZone") != "US/Eastern" || first.at("tier") != "full" {
		t.Errorf("held %s", first.body)
	}
	w.seed(winter.with("/id", "3"))
	w.post("/v1/appointments", deckBooking.with("/caseIds/0", "3").String()).is(409, "slot_taken")
	if w.do("POST", "/v1/search", deckSearch.String()).at("explanation", "offered") != 19.0 {
		t.Error("the holder does not see what he holds")
	}
	if w.do("POST", "/v1/search", deckSearch.with("/caseIds/0", "3").String()).at("explanation", "offered") != 18.0 {
		t.Error("others see what is held")
	}
	w.post("/v1/appointments", deckBooking.with("/holdId", first.text("id"), "/slot/start", "2020-05-18T18:45:00-04:00").String()).is(422, "hold_mismatch")
	second := w.post("/v1/holds", deckHold.with("/slot/start", "2020-05-18T18:45:00-04:00", "/timeZone", "UTC").String()).is(201, "")
	if second.at("start") != "2020-05-18T22:45:00Z" {
		t.Errorf("held again %s", second.body)
	}
	w.post("/v1/appointments", deckBooking.with("/holdId", first.text("id")).String()).is(409, "hold_expired")
	again := w.do("POST", "/v1/holds", body, "Idempotency-Key", "h-1").is(201, "")
	if string(again.body) != string(first.body) || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("repeated %s\nfirst %s", again.body, first.body)
	}
	w.do("POST", "/v1/holds", deckHold.with("/timeZone", "UTC").String(), "Idempotency-Key", "h-1").is(422, "idempotency_key_reused")
	w.clock.set(t, "2020-05-15T09:05:00-04:00")
	w.post("/v1/appointments", deckBooking.with("/holdId", second.text("id"), "/slot/start", "2020-05-18T18:45:00-04:00").String()).is(409, "hold_expired")
	third := w.post("/v1/holds", body).is(201, "").text("id")
	w.do("DELETE", "/v1/holds/"+third, "").is(204, "")
	w.do("DELETE", "/v1/holds/"+third, "").is(204, "")
	fourth := w.post("/v1/holds", body).is(201, "").text("id")
	w.book("/holdId", fourth)
	w.post("/v1/holds", body).is(409, "case_already_scheduled")
}

// TestMoves: moving and cancelling again, onto itself, and when it is over.
func TestMoves(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	id := w.book()
	move := func(status int, code, start string, headers ...string) reply {
		t.Helper()
		body := `{"slot":{"reviewerId":"rev-ames","start":"` + start + `"}}`
		return w.post("/v1/appointments/"+id+"/reschedule", body, headers...).is(status, code)
	}
	if move(200, "", "2020-05-18T18:30:00-04:00").at("version") != 1.0 {
		t.Error("a move onto itself made a new version")
	}
	if move(200, "", "2020-05-18T18:15:00-04:00").at("version") != 2.0 {
		t.Error("a move made no new version")
	}
	move(412, "stale_version", "2020-05-18T18:45:00-04:00", "If-Match", `"1"`)
	move(422, "slot_not_offered", "2020-05-18T18:20:00-04:00")
	w.book("/caseIds/0", "1004568")
	if r := move(409, "slot_taken", "2020-05-18T18:30:00-04:00"); len(r.json()["alternatives"].([]any)) != maxAlternatives {
		t.Errorf("alternatives %s", r.body)
	}
	cancel := func(status int, code, body string, headers ...string) reply {
		t.Helper()
		return w.post("/v1/appointments/"+id+"/cancel", body, headers...).is(status, code)
	}
	cancel(400, "invalid_body", `{"by":"provider"}`)
	cancel(422, "invalid_value", `{"reason":"   ","by":"provider"}`)
	cancel(422, "invalid_value", `{"reason":"x","by":"nobody"}`)
	cancel(422, "invalid_value", `{"reason":"`+strings.Repeat("x", 501)+`","by":"payer"}`)
	cancel(412, "stale_version", `{"reason":"x","by":"payer"}`, "If-Match", `"1"`)
	first := cancel(200, "", `{"reason":"x","by":"payer"}`)
	again := cancel(200, "", `{"reason":"another","by":"provider"}`)
	if string(first.body) != string(again.body) || again.at("cancellation", "reason") != "x" {
		t.Errorf("cancelled again %s\nfirst %s", again.body, first.body)
	}
	move(409, "not_reschedulable", "2020-05-18T18:45:00-04:00")
	w.post("/v1/appointments/apt-none/cancel", `{"reason":"x","by":"payer"}`).is(404, "not_found")
	w.post("/v1/appointments/apt-none/reschedule", `{"slot":{"reviewerId":"rev-ames","start":"2020-05-18T18:45:00-04:00"}}`).is(404, "not_found")
}

// TestRepeatedAnswers: what has become of an appointment, its reviewer or the
// clock does not show in a repeated answer.
func TestRepeatedAnswers(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	first := w.do("POST", "/v1/appointments", deckBooking.String(), "Idempotency-Key", "k").is(201, "")
	w.clock.set(t, "2020-05-16T09:00:00-04:00")
	w.seed(ames.with("/name", "Alex Ames-Smith", "/credential", "MD, FACS", "/active", false), winter.with("/expedited", true))
	w.post("/v1/appointments/"+first.text("id")+"/cancel", `{"reason":"x","by":"payer"}`).is(200, "")
	var spaced bytes.Buffer
	if err := json.Indent(&spaced, []byte(deckBooking.String()), "", "  "); err != nil {
		t.Fatal(err)
	}
	again := w.do("POST", "/v1/appointments", spaced.String(), "Idempotency-Key", "k").is(201, "")
	if string(again.body) != string(first.body) || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("repeated %s\nfirst %s", again.body, first.body)
	}
	w.do("POST", "/v1/holds", deckHold.String(), "Idempotency-Key", "k").is(422, "idempotency_key_reused")
	w.do("POST", "/v1/appointments", deckBooking.with("/timeZone", "UTC").String(), "Idempotency-Key", "k").is(422, "idempotency_key_reused")
	w.clock.set(t, "2020-05-22T09:00:00-04:00") // seven days later to the second
	w.do("POST", "/v1/appointments", deckBooking.String(), "Idempotency-Key", "k").is(422, "slot_not_offered")
}
