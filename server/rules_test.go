package server

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/parleyhq/parley/matcher"
)

// ruleDoc is the shipped bundle as a document to change.
func ruleDoc(t *testing.T) doc {
	t.Helper()
	b, err := matcher.EmbeddedRules()
	if err != nil {
		t.Fatal(err)
	}
	return parseDoc(string(b))
}

// rowAt is the pointer of a row in a section.
func rowAt(t *testing.T, rules doc, section, id string) string {
	t.Helper()
	for i, row := range rules[section].(map[string]any)["rows"].([]any) {
		if row.(map[string]any)["id"] == id {
			return fmt.Sprintf("/%s/rows/%d", section, i)
		}
	}
	t.Fatalf("no row %s in %s", id, section)
	return ""
}

// TestLoadRules changes a row, loads the same again, and reads what is in force.
func TestLoadRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	shipped := w.get("/v1/rules").is(200, "").text("version")
	rules := ruleDoc(t)
	hne := rowAt(t, rules, "payers", "hne")
	longer := rules.with(hne+"/call/callMinutes", 30, hne+"/note", "Half an hour.").String()

	first := w.post("/v1/rules", longer, "Idempotency-Key", "k").is(200, "")
	version := first.text("version")
	if first.at("changed") != true || first.text("previous") != shipped || version == shipped || first.at("changeCount") != 1.0 {
		t.Errorf("loaded: %s", first.body)
	}
	if first.at("changes", 0, "id") != "hne" || first.at("changes", 0, "fields", 0, "pointer") != "/call/callMinutes" ||
		first.at("changes", 0, "fields", 0, "before") != "15" || first.at("changes", 0, "fields", 0, "after") != "30" {
		t.Errorf("changes: %s", first.body)
	}
	if got := w.get("/v1/rules").is(200, "").text("version"); got != version {
		t.Errorf("in force %s, loaded %s", got, version)
	}
	seq := w.engine.Snapshot().Seq()
	again := w.post("/v1/rules", longer, "Idempotency-Key", "k").is(200, "")
	if string(again.body) != string(first.body) || again.header.Get("Idempotent-Replayed") != "true" || w.engine.Snapshot().Seq() != seq {
		t.Errorf("repeated: %s", again.body)
	}
	same := w.post("/v1/rules", longer).is(200, "")
	if same.at("changed") != false || same.at("changeCount") != 0.0 || w.engine.Snapshot().Rules().Version() != version {
		t.Errorf("the same rules: %s", same.body)
	}
	w.post("/v1/rules", rules.String(), "Idempotency-Key", "k").is(422, "idempotency_key_reused")
	w.do("POST", "/v1/rules", longer).is(400, "idempotency_key_required")
	w.crash(t)
	if got := w.get("/v1/rules").is(200, "").text("version"); got != version {
		t.Errorf("after a crash %s is in force, %s was loaded", got, version)
	}
}

// TestFaultyRulesStayOut: every fault is pointed at and the old rules stay.
func TestFaultyRulesStayOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	before := w.get("/v1/rules").is(200, "")
	rules := ruleDoc(t)
	hne := rowAt(t, rules, "payers", "hne")
	f := func(status int, code, pointers, body string) {
		t.Helper()
		for _, path := range []string{"/v1/rules", "/v1/rules/check"} {
			r := w.post(path, body).is(status, code)
			if r.pointers() != pointers {
				t.Errorf("%s: faults at %q, want %q: %s", path, r.pointers(), pointers, r.body)
			}
		}
		if now := w.get("/v1/rules").is(200, ""); string(now.body) != string(before.body) {
			t.Errorf("rules changed: %s", now.body)
		}
	}
	f(400, "malformed_json", "", `{"payers":`)
	f(400, "malformed_json", "", strings.Repeat("[", 100)+strings.Repeat("]", 100))
	f(422, "invalid_value", "", `[]`)
	f(422, "invalid_value", hne+"/call/gridMinutes", rules.with(hne+"/call/gridMinutes", 7).String())
	f(422, "invalid_value", hne+"/title "+hne+"/modes/0", rules.with(hne+"/title", "", hne+"/modes", []string{"by_mail"}).String())
	f(422, "invalid_value", hne+"/speed", rules.with(hne+"/speed", 1).String())
	w.do("POST", "/v1/rules/check", "{}", "Content-Type", "text/plain").is(415, "unsupported_media_type")
}

// TestCheckRules tells what a bundle would touch, and changes nothing.
func TestCheckRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	w.seed(ames, winter, summer)
	booked := w.post("/v1/appointments", deckBooking.String()).is(201, "").text("id")
	rules := ruleDoc(t)
	hne := rowAt(t, rules, "payers", "hne")
	seq, version := w.engine.Snapshot().Seq(), w.engine.Snapshot().Rules().Version()
	r := w.post("/v1/rules/check", rules.with(hne+"/requires/credential/in", []string{"DO"}, hne+"/call/holdMinutes", 9).String()).is(200, "")
	if r.at("cases", "lookedAt") != 2.0 || r.at("cases", "touched") != 2.0 || r.at("calls", "lookedAt") != 1.0 || r.at("calls", "touched") != 1.0 {
		t.Errorf("counts: %s", r.body)
	}
	if r.at("touched", 0, "kind") != "case" || r.at("touched", 0, "changes", 0, "aspect") != "holdMinutes" || r.at("touched", 0, "changes", 0, "after") != "9 min" {
		t.Errorf("first: %s", r.body)
	}
	if r.at("touched", 2, "id") != booked || r.at("touched", 2, "changes", 0, "after") != "not qualified: credential" {
		t.Errorf("call: %s", r.body)
	}
	if strings.Contains(string(r.body), "Winter") || strings.Contains(string(r.body), "Ames") {
		t.Errorf("a name in %s", r.body)
	}
	if s := w.engine.Snapshot(); s.Seq() != seq || s.Rules().Version() != version {
		t.Error("checking has changed something")
	}
	if r := w.post("/v1/rules/check", rules.String()).is(200, ""); r.at("changed") != false || len(r.at("touched").([]any)) != 0 {
		t.Errorf("the rules in force: %s", r.body)
	}
}

// TestRulesPages walks the rows in pages; a page of other rules does not go on.
func TestRulesPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	rules := ruleDoc(t)
	hne := rowAt(t, rules, "payers", "hne")
	w.post("/v1/rules", rules.with(hne+"/enabled", false).String()).is(200, "")
	all := w.get("/v1/rules?limit=200").is(200, "")
	var want, got []string
	disabled := 0
	for _, row := range all.at("rows").([]any) {
		row := row.(map[string]any)
		want = append(want, row["section"].(string)+"/"+row["id"].(string))
		if row["applied"] == false {
			disabled++
		}
	}
	if all.at("disabled") != float64(disabled) || all.at("applied") != float64(len(want)-disabled) || disabled == 0 {
		t.Errorf("counts: %s", all.body)
	}
	target, cursor := "/v1/rules?limit=1", ""
	for range want {
		page := w.get(target+cursor).is(200, "")
		got = append(got, page.at("rows", 0, "section").(string)+"/"+page.at("rows", 0, "id").(string))
		next, _ := page.at("nextCursor").(string)
		cursor = "&cursor=" + next
	}
	if strings.Join(got, " ") != strings.Join(want, " ") || cursor != "&cursor=" {
		t.Errorf("pages %v, want %v, then %s", got, want, cursor)
	}
	page := w.get(target).is(200, "").text("nextCursor")
	w.post("/v1/rules", rules.String()).is(200, "")
	w.get(target+"&cursor="+page).is(400, "invalid_cursor")
	w.get("/v1/rules?limit=0").is(422, "invalid_value")
}

// TestRulesAnswersAreBounded compares with a bundle in which nearly everything differs.
func TestRulesAnswersAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	rules := ruleDoc(t)
	rows := rules["specialties"].(map[string]any)["rows"].([]any)
	for i := range rows {
		rows[i].(map[string]any)["label"] = fmt.Sprintf("Field %d %s", i, strings.Repeat("ä", 400))
	}
	body, err := json.Marshal(rules)
	if err != nil {
		t.Fatal(err)
	}
	r := w.post("/v1/rules", string(body)).is(200, "")
	if r.at("changeCount").(float64) < maxRuleChanges || len(r.at("changes").([]any)) != maxRuleChanges || len(r.body) > 2*maxRuleBytes {
		t.Errorf("%v changes, %d bytes", r.at("changeCount"), len(r.body))
	}
	if after := r.at("changes", 0, "fields", 0, "after").(string); len(after) > maxRuleText || !strings.HasSuffix(after, "ä…") {
		t.Errorf("a value of %d bytes: %s", len(after), after)
	}
}
