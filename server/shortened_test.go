package server

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// fillAnswers remembers absences of a reviewer of very many hours until answers fill half of their room.
func (w *world) fillAnswers() {
	w.t.Helper()
	w.seed(ames)
	submit := func(key string, p engine.Payload) {
		w.t.Helper()
		o, err := w.engine.Submit(context.Background(), engine.Command{Actor: w.server.localActor(), Key: key, Payload: p})
		if err != nil || o.Status != engine.StatusOK {
			w.t.Fatal(err, o.Status, o.Detail)
		}
	}
	r, _ := w.engine.Snapshot().Reviewer("test", "rev-ames")
	large := *r
	large.Hours.Exceptions = make([]slots.Exception, engine.MaxListItems)
	hours := make([]slots.ClockSpan, 24)
	for i := range hours {
		hours[i] = slots.ClockSpan{Start: slots.ClockTime(60 * i), End: slots.ClockTime(60*i + 30)}
	}
	for i := range large.Hours.Exceptions {
		large.Hours.Exceptions[i] = slots.Exception{Date: slots.Date(20_000 + i), Hours: hours}
	}
	span := slots.Interval{Start: 2_000_000_000, End: 2_000_003_600}
	large.Hours.Blocks = []slots.Interval{span}
	submit("", engine.PutReviewer{Reviewer: large})
	long := engine.RecordAnswer{Body: make([]byte, engine.ShortAnswerBytes+1), Long: true}
	for n := 0; ; n++ {
		_, err := w.engine.Submit(context.Background(), engine.Command{Actor: w.server.localActor(), Key: fmt.Sprint("long ", n), Payload: long})
		if errors.Is(err, engine.ErrKeysFull) {
			return
		}
		if err != nil || n > 1000 {
			w.t.Fatal(n, err)
		}
		submit(fmt.Sprint("absence ", n), engine.AddAbsence{ReviewerID: "rev-ames", Span: span})
	}
}

// TestAnswersAreShortened: with half of the room for answers taken, imports and loads of rules go on. They tell how much and not what,
// the first time and ever after.
func TestAnswersAreShortened(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	w.fillAnswers()
	same := func(first, again reply) {
		t.Helper()
		if string(first.body) != string(again.body) || again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("first %s, again %s", first.body, again.body)
		}
	}
	lines := line("case", winter)
	for range 10 {
		lines += "\n" + line("case", doc{})
	}
	sent := func() reply { t.Helper(); return w.importing(lines, "Idempotency-Key", "import").is(200, "") }
	first := sent()
	if first.at("taken") != 1.0 || first.at("refusedCount") != 10.0 || len(first.at("refused").([]any)) != 0 {
		t.Errorf("imported %s", first.body)
	}
	same(first, sent())

	rules := ruleDoc(t)
	hne := rowAt(t, rules, "payers", "hne")
	changes := []any{hne + "/call/callMinutes", 30}
	for i := range rules["payers"].(map[string]any)["rows"].([]any) {
		changes = append(changes, fmt.Sprintf("/payers/rows/%d/note", i), "Half an hour.")
	}
	bundle := rules.with(changes...).String()
	load := func() reply { t.Helper(); return w.post("/v1/rules", bundle, "Idempotency-Key", "rules").is(200, "") }
	first = load()
	if first.at("changed") != true || first.at("changeCount").(float64) < 3 || len(first.at("changes").([]any)) != 0 {
		t.Errorf("loaded %s", first.body)
	}
	same(first, load())
}
