package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// line writes one import line.
func line(kind string, value any) string {
	b, err := json.Marshal(map[string]any{"kind": kind, "value": value})
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (w *world) importing(body string, headers ...string) reply {
	w.t.Helper()
	return w.do("POST", "/v1/import", body, append([]string{"Content-Type", "application/x-ndjson"}, headers...)...)
}

// TestImport takes the good lines and accounts for the others, and gives the
// first answer again.
func TestImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	body := strings.Join([]string{
		line("reviewer", ames),
		"",
		line("case", winter.with("/member/state", "ZZ", "/phase", "never")),
		"  \r",
		line("case", winter) + "\r",
		"{not json",
		line("doctor", ames),
		line("reviewer", ames.with("/version", 7)),
		line("reviewer", ames.with("/name", absent{})),
		line("case", winter.with("/determination/letterDate", "soon")),
		`{"kind":"case"}`,
		line("case", summer) + strings.Repeat(" ", maxImportLine),
		line("case", summer),
	}, "\n")
	first := w.importing(body, "Idempotency-Key", "i").is(200, "")
	var got bytes.Buffer
	fmt.Fprintln(&got, first.at("taken"), first.at("refusedCount"))
	for _, v := range first.at("refused").([]any) {
		r := v.(map[string]any)
		fmt.Fprint(&got, r["line"], " ", r["code"])
		for _, e := range r["errors"].([]any) {
			fmt.Fprint(&got, " ", e.(map[string]any)["pointer"])
		}
		fmt.Fprintln(&got)
	}
	want := `4 7
3 invalid_value /value/member/state /value/phase
6 malformed_json
7 invalid_value /kind
8 stale_version
9 invalid_body /value/name
10 invalid_body /value/determination/letterDate
11 invalid_body /value
`
	if got.String() != want {
		t.Errorf("answered\n%swant\n%s", got.String(), want)
	}
	w.clock.set(t, "2020-05-16T09:00:00-04:00")
	again := w.importing(body, "Idempotency-Key", "i").is(200, "")
	if string(again.body) != string(first.body) || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("repeated %s", again.body)
	}
	if w.get("/v1/cases/1004568").is(200, "").at("version") != 1.0 {
		t.Error("the repetition wrote again")
	}
	w.importing(body+"\n", "Idempotency-Key", "i").is(422, "idempotency_key_reused")
	w.importing(body).is(400, "idempotency_key_required")
	w.do("POST", "/v1/import", body, "Idempotency-Key", "j").is(415, "unsupported_media_type")
}

// TestLargeImport goes in more than one chunk, and its answer stays bounded.
func TestLargeImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	var body strings.Builder
	const taken = importChunk + 10
	for i := range taken {
		body.WriteString(line("case", winter.with("/id", fmt.Sprint(i))) + "\n")
	}
	const refused = 5000
	body.WriteString(strings.Repeat(line("case", doc{})+"\n", refused))
	r := w.importing(body.String(), "Idempotency-Key", "i").is(200, "")
	if r.at("taken") != float64(taken) || r.at("refusedCount") != float64(refused) || len(r.body) > 2*maxRefusedBytes {
		t.Errorf("took %v, refused %v in %d bytes", r.at("taken"), r.at("refusedCount"), len(r.body))
	}
	if n := len(r.at("refused").([]any)); n == 0 || n >= refused {
		t.Errorf("%d refusals listed", n)
	}
}
