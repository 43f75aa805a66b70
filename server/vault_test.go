package server

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// TestPanicsTellNothing: whatever a handler panics with, neither log nor answer nor metrics
// hold what the request held; a handler that does leak is found, so the search works.
func TestPanicsTellNothing(t *testing.T) {
	t.Parallel()
	const canary = "Zq7canary-Winterperson"
	var h *harness
	rows := []route{
		{method: "POST", path: "/text", name: "text", maxBody: maxBodyBytes, handle: func(c *call) answer { panic("member " + string(c.body)) }},
		{method: "POST", path: "/error", name: "error", maxBody: maxBodyBytes, handle: func(c *call) answer { panic(errors.New(string(c.body))) }},
		{method: "POST", path: "/value", name: "value", maxBody: maxBodyBytes, handle: func(c *call) answer { panic(c) }},
		{method: "POST", path: "/bounds", name: "bounds", maxBody: maxBodyBytes, handle: func(c *call) answer { return answer{body: c.body[:1<<20]} }},
		{method: "POST", path: "/sealed", name: "sealed", maxBody: maxBodyBytes, handle: func(c *call) answer { panic(sealFault{errors.New(string(c.body))}) }},
		{method: "POST", path: "/missing", name: "missing", maxBody: maxBodyBytes, handle: func(c *call) answer { panic(sealFault{&engine.MissingKeyError{KeyID: 3}}) }},
		{method: "POST", path: "/leak", name: "leak", maxBody: maxBodyBytes, handle: func(c *call) answer {
			h.server.log.Info("planted", "error", string(c.body))
			return refuse(&problem{code: codeInternal, detail: string(c.body)})
		}},
	}
	h = newHarness(t, rows)
	var told strings.Builder
	for _, row := range rows[:6] {
		r := h.do("POST", row.path, `"`+canary+`"`, "User-Agent", canary, "Referer", canary)
		want, code := http.StatusInternalServerError, codeInternal
		switch row.name {
		case "sealed":
			code = codeSealDamage
		case "missing":
			want, code = http.StatusServiceUnavailable, codeKeyMissing
		}
		r.is(want, code)
		told.Write(r.body)
	}
	if text := told.String() + h.log.String(); strings.Contains(text, "Zq7canary") || strings.Count(text, "handler panicked") != 4 {
		t.Fatalf("told: %s", text)
	}
	leaked := h.do("POST", "/leak", `"`+canary+`"`)
	if !strings.Contains(string(leaked.body), canary) || !strings.Contains(h.log.String(), canary) {
		t.Fatal("a planted leak is not found")
	}
}
