package server

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// Every route is in the document and the reverse.
func TestDocumentNamesEveryRoute(t *testing.T) {
	t.Parallel()
	ops := operations(t)
	rows := routes()
	for _, r := range rows {
		op, ok := ops[r.name]
		if !ok || op.method != r.method || op.path != r.path {
			t.Errorf("%s %s: documented as %q %s %s", r.method, r.path, r.name, op.method, op.path)
			continue
		}
		routeFits(t, r, op)
	}
	if len(ops) != len(rows) {
		t.Errorf("%d operations, %d routes", len(ops), len(rows))
	}
}

// routeFits compares a row of the table with its operation: parameters, body, and what goes with them.
func routeFits(t *testing.T, r route, op operation) {
	t.Helper()
	var query, header []string
	id := false
	for _, p := range op.Parameters {
		switch p.Value.In {
		case "query":
			query = append(query, p.Value.Name)
		case "header":
			header = append(header, p.Value.Name)
		case "path":
			id = p.Value.Name == "id" && p.Value.Required
		}
	}
	slices.Sort(query)
	known := slices.Sorted(slices.Values(r.query))
	if !slices.Equal(query, known) {
		t.Errorf("%s: query %v, documented %v", r.name, known, query)
	}
	if id != strings.Contains(r.path, "{id}") {
		t.Errorf("%s: id documented %v", r.name, id)
	}
	if slices.Contains(header, "Idempotency-Key") != r.changes || slices.Contains(header, "If-Match") != r.versioned {
		t.Errorf("%s: headers %v", r.name, header)
	}
	if (op.RequestBody != nil) != (r.maxBody > 0) {
		t.Errorf("%s: body documented %v", r.name, op.RequestBody != nil)
	} else if r.maxBody > 0 {
		media := r.contentType
		if media == "" {
			media = typeJSON
		}
		if op.RequestBody.Value.Content[media] == nil {
			t.Errorf("%s: takes %s, documented %v", r.name, media, op.RequestBody.Value.Content)
		}
	}
	for _, status := range []string{"400", "403", "406", "408", "414", "429", "431", "500", "503", "505"} {
		always := r.name == "getHealth" || r.name == "getReadiness" && status == "429" // never limited, never turned away
		if op.Responses.Value(status) == nil && !(always && (status == "429" || status == "503")) {
			t.Errorf("%s: %s is not documented", r.name, status)
		}
	}
	if r.maxBody > 0 && (op.Responses.Value("411") == nil || op.Responses.Value("413") == nil || op.Responses.Value("415") == nil) {
		t.Errorf("%s: statuses of bodies are not documented", r.name)
	}
	if r.versioned && op.Responses.Value("412") == nil {
		t.Errorf("%s: 412 is not documented", r.name)
	}
	fits := op.Responses.Status(http.StatusOK)
	if r.produces != "" && r.produces != typeAny && (fits == nil || fits.Value.Content[r.produces] == nil) {
		t.Errorf("%s: %s is not documented", r.name, r.produces)
	}
}

// unreached are the codes that no operation answers: no request was read, or none that could be one.
var unreached = []string{
	codeRouteNotFound, codeMethodNotAllowed, codeTooManyConnections,
	"reviewer_not_free", // the answer tells more than the refusal
}

// The document and the table of problems name the same codes with the same statuses.
func TestDocumentNamesEveryProblem(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for name, op := range operations(t) {
		for status, ref := range op.Responses.Map() {
			media := ref.Value.Content[typeProblem]
			if media == nil {
				continue
			}
			for _, code := range codesOf(media.Schema.Value) {
				seen[code] = true
				if k, ok := problemKinds[code]; !ok || http.StatusText(k.status) == "" || status != strconv.Itoa(k.status) {
					t.Errorf("%s: %s is documented with %s", name, code, status)
				}
			}
		}
	}
	for code := range problemKinds {
		if seen[code] == slices.Contains(unreached, code) {
			t.Errorf("%s: documented %v", code, seen[code])
		}
	}
}

func codesOf(s *openapi3.Schema) (codes []string) {
	for _, part := range s.AllOf {
		if p := part.Value.Properties["code"]; p != nil && p.Value.Enum != nil {
			for _, v := range p.Value.Enum {
				codes = append(codes, v.(string))
			}
		}
	}
	return codes
}

// The validator that tests hold answers to refuses what is not documented.
func TestValidatorRefuses(t *testing.T) {
	t.Parallel()
	ops := operations(t)
	good := `{"ready":true,"sandbox":false,"now":"2026-01-01T00:00:00Z","sequence":1,"queue":0,"ruleset":"r","zoneData":"z"}`
	f := func(want bool, method, path string, status int, media, body string, headers ...string) {
		t.Helper()
		r := reply{status: status, header: http.Header{"Content-Type": {media}, "X-Request-Id": {"r"}}, body: []byte(body)}
		for i := 0; i < len(headers); i += 2 {
			r.header.Set(headers[i], headers[i+1])
		}
		if err := fitsDocument(ops, method, path, nil, r); (err == nil) != want {
			t.Errorf("%s %s %d %s: %v", method, path, status, body, err)
		}
	}
	f(true, "GET", "/readyz", 200, typeJSON, good)
	f(false, "GET", "/readyz", 201, typeJSON, good)
	f(false, "GET", "/readyz", 200, "text/html", good)
	f(false, "GET", "/readyz", 200, typeJSON, good, "X-Request-Id", "a b")
	f(false, "GET", "/readyz", 200, typeJSON, strings.Replace(good, `"queue":0`, `"queue":-1`, 1))
	f(false, "GET", "/readyz", 200, typeJSON, strings.Replace(good, `"queue":0`, `"queue":null`, 1))
	f(false, "GET", "/readyz", 200, typeJSON, strings.Replace(good, `"queue"`, `"tail"`, 1))
	f(false, "GET", "/readyz", 200, typeJSON, strings.Replace(good, `"queue":0`, `"queue":0,"tail":0`, 1))
	f(false, "GET", "/readyz", 200, typeJSON, strings.Replace(good, `2026-01-01T`, `2026-01-01 `, 1))
	refusal := string((&problem{code: codeNotReady}).document())
	f(true, "GET", "/readyz", 503, typeProblem, refusal)
	f(false, "GET", "/readyz", 503, typeProblem, strings.Replace(refusal, codeNotReady, codeInternal, 2))
	f(false, "GET", "/readyz", 503, typeProblem, strings.Replace(refusal, `"code"`, `"x":1,"code"`, 1))
	f(true, "GET", "/none", 404, typeProblem, string((&problem{code: codeRouteNotFound}).document()))
	f(false, "GET", "/none", 404, typeProblem, `{"code":"route_not_found"}`)
	f(false, "DELETE", "/v1/holds/a", 204, typeJSON, "{}")
	f(true, "DELETE", "/v1/holds/a", 204, "", "")
	f(false, "GET", "/v1/reviewers/a", 200, typeJSON, "{}")
	f(true, "GET", "/v1/reviewers/a", 404, typeProblem, string((&problem{code: codeNotFound}).document()), "Cache-Control", "no-store")
	f(false, "GET", "/v1/reviewers/a", 404, typeProblem, string((&problem{code: codeNotFound}).document()))
}
