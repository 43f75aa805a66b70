package server

import (
	"net/http"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// What a client has is not sent again, until it is no longer what there is.
func TestUnchangedResources(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	apt := w.book()
	w.put("/v1/me", `{"timeZone":"US/Pacific","npis":["1234567893"]}`).is(201, "")
	for path, change := range map[string]func(){
		"/v1/reviewers/rev-brook": func() { w.put("/v1/reviewers/rev-brook", brook.with("/name", "Bo Brooks").String()).is(200, "") },
		"/v1/cases/1004568":       func() { w.put("/v1/cases/1004568", summer.with("/member/name", "R. Summer").String()).is(200, "") },
		"/v1/me":                  func() { w.put("/v1/me", `{"timeZone":"US/Eastern","npis":["1234567893"]}`).is(200, "") },
		"/v1/appointments/" + apt: func() {
			w.post("/v1/appointments/"+apt+"/cancel", `{"reason":"x","by":"payer"}`).is(200, "")
		},
	} {
		first := w.get(path).is(200, "")
		tag := first.header.Get("ETag")
		for _, has := range []string{tag, `"x", ` + tag, "W/" + tag, "*"} {
			if r := w.get(path, "If-None-Match", has).is(304, ""); len(r.body) != 0 || r.header.Get("ETag") != tag || r.header.Get("Content-Type") != "" {
				t.Errorf("%s with %s: %v %s", path, has, r.header, r.body)
			}
		}
		for _, has := range []string{`"17"`, `1`, `x` + tag, "", `"1`, `""`} {
			if r := w.get(path, "If-None-Match", has).is(200, ""); string(r.body) != string(first.body) {
				t.Errorf("%s with %q: %s", path, has, r.body)
			}
		}
		change()
		if r := w.get(path, "If-None-Match", tag).is(200, ""); r.header.Get("ETag") == tag || string(r.body) == string(first.body) {
			t.Errorf("%s is unchanged after a change: %s", path, r.body)
		}
	}
	w.get("/v1/appointments/"+apt, "If-None-Match", "*").is(200, "") // over: answered always
	w.get("/v1/appointments/none", "If-None-Match", "*").is(404, codeNotFound)
	w.get("/v1/appointments/"+apt+"?timeZone=nowhere", "If-None-Match", "*").is(422, codeInvalidValue)
}

// A call asked for in the second that the payer names changes what the case shows, at the same version.
func TestUnchangedButAskedFor(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	const path = "/v1/cases/1004567"
	w.put(path, winter.with("/p2pRequestedAt", deckNow).String()).is(200, "")
	tag := w.get(path).is(200, "").header.Get("ETag")
	w.get(path, "If-None-Match", tag).is(304, "")
	w.book()
	if r := w.get(path, "If-None-Match", tag).is(200, ""); r.json()["p2pRequestedAt"] != nil || r.header.Get("ETag") != tag {
		t.Errorf("%s %s", r.header.Get("ETag"), r.body)
	}
	w.clock.set(t, "2020-05-15T13:01:00Z")
	w.put(path, winter.with("/p2pRequestedAt", deckNow, "/member/name", "W. Winter").String()).is(200, "")
	tag = w.get(path).is(200, "").header.Get("ETag")
	w.get(path, "If-None-Match", tag).is(304, "")
}

// A profile that was never written has no version, and so nothing that a client could have.
func TestUnchangedNothing(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	if r := w.get("/v1/me", "If-None-Match", "*").is(200, ""); r.header.Get("ETag") != "" {
		t.Errorf("tag %s of nothing", r.header.Get("ETag"))
	}
}

func TestUnchangedFiles(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	tags := map[string]string{}
	for _, path := range []string{"/openapi.json", "/docs", "/assets/page.css", "/docs/swagger-ui.css"} {
		first := w.get(path).is(200, "")
		tag := first.header.Get("ETag")
		if other := tags[tag]; other != "" {
			t.Errorf("%s has the tag of %s", path, other)
		}
		tags[tag] = path
		r := w.get(path, "If-None-Match", tag).is(304, "")
		if len(r.body) != 0 || r.header.Get("ETag") != tag || r.header.Get("Cache-Control") != first.header.Get("Cache-Control") {
			t.Errorf("%s: %v", path, r.header)
		}
		if again := w.get(path, "If-None-Match", `"0"`).is(200, ""); string(again.body) != string(first.body) {
			t.Errorf("%s: other bytes", path)
		}
	}
}

// What depends on the moment is always answered.
func TestAlwaysAnswered(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	for _, path := range []string{"/", "/v1/cases/1004567/p2p-availability", "/healthz", "/v1/reviewers", "/v1/events"} {
		w.get(path, "If-None-Match", "*").is(200, "")
	}
	w.do("POST", "/v1/search", deckSearch.String(), "If-None-Match", "*").is(200, "")
}

// The document says which operations honour If-None-Match.
func TestDocumentNamesConditions(t *testing.T) {
	t.Parallel()
	ops := operations(t)
	for _, r := range routes() {
		op := ops[r.name]
		documented := slices.ContainsFunc(op.Parameters, func(p *openapi3.ParameterRef) bool { return p.Value.Name == "If-None-Match" })
		answers := op.Responses.Status(http.StatusNotModified) != nil
		if documented != r.tagged || answers != r.tagged || r.tagged && r.method != "GET" {
			t.Errorf("%s: tagged %v, documented %v, 304 %v", r.name, r.tagged, documented, answers)
		}
	}
}

// TestNoneMatchOfChanges: a change on a condition that is not honoured is not made.
func TestNoneMatchOfChanges(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	refused := w.put("/v1/reviewers/rev-ames", ames.with("/name", "Somebody Else").String(), "If-None-Match", "*").is(400, codeInvalidIfMatch)
	if got := refused.at("errors", 0, "pointer"); got != "If-None-Match" {
		t.Errorf("refused at %v", got)
	}
	w.post("/v1/holds", deckHold.String(), "If-None-Match", `"1"`).is(400, codeInvalidIfMatch)
	if got := w.get("/v1/reviewers/rev-ames").is(200, ""); got.at("name") != "Alex Ames" || got.at("version") != 1.0 {
		t.Errorf("stored %s", got.body)
	}
}
