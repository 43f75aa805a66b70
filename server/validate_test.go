package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// served is the OpenAPI document as tests hold answers to it: every object of the answers is closed, so that a
// member that the document does not name fails the test.
var served = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(openapiDocument)
	if err != nil {
		return nil, err
	}
	for _, ref := range doc.Components.Schemas {
		closeObjects(ref.Value)
	}
	return doc, doc.Validate(context.Background())
})

func closeObjects(s *openapi3.Schema) {
	if s.Type.Is("object") && s.Properties != nil && s.AdditionalProperties.Has == nil {
		no := false
		s.AdditionalProperties.Has = &no
	}
	for _, p := range s.Properties {
		if p.Ref == "" {
			closeObjects(p.Value)
		}
	}
}

// operations are the operations of the document by operationId, with method and path.
type operation struct {
	*openapi3.Operation
	method, path string
}

func operations(t testing.TB) map[string]operation {
	t.Helper()
	doc, err := served()
	if err != nil {
		t.Fatalf("openapi.json: %v", err)
	}
	out := map[string]operation{}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			out[o.OperationID] = operation{Operation: o, method: method, path: path}
		}
	}
	return out
}

// tableRouter finds the routes of the real table.
var tableRouter = sync.OnceValue(func() *router { return newRouter(routes()) })

// validate holds one exchange to the document: the status and content type are documented, the headers are there,
// the body fits its schema, and a request body that was taken fits its schema as well. Answers to requests that
// match no operation are problems.
func validate(t testing.TB, req *http.Request, body []byte, r reply) {
	t.Helper()
	if err := fitsDocument(operations(t), req.Method, req.URL.EscapedPath(), body, r); err != nil {
		t.Errorf("%s %s answered %d %.1000s: %v", req.Method, req.URL.EscapedPath(), r.status, r.body, err)
	}
}

func fitsDocument(ops map[string]operation, method, path string, body []byte, r reply) error {
	row, _, _ := tableRouter().find(method, path)
	if row == nil {
		doc, err := served()
		if err != nil {
			return err
		}
		return fitsSchema(doc.Components.Schemas["Problem"].Value, r.body)
	}
	if row.personal && r.header.Get("Cache-Control") != "no-store" {
		return errors.New("personal data may be stored")
	}
	op, ok := ops[row.name]
	if !ok {
		return fmt.Errorf("operation %s is not documented", row.name)
	}
	if r.status < 300 && op.RequestBody != nil {
		if err := requestFits(op, body); err != nil {
			return fmt.Errorf("the request: %w", err)
		}
	}
	want := op.Responses.Value(strconv.Itoa(r.status))
	if want == nil {
		return fmt.Errorf("status %d of %s is not documented", r.status, row.name)
	}
	for name, h := range want.Value.Headers {
		if err := headerFits(name, h.Value, r.header.Get(name)); err != nil {
			return err
		}
	}
	return contentFits(want.Value.Content, r)
}

func requestFits(op operation, body []byte) error {
	for media, content := range op.RequestBody.Value.Content {
		if media != typeNDJSON {
			return fitsSchema(content.Schema.Value, body)
		}
	}
	return nil
}

func headerFits(name string, h *openapi3.Header, value string) error {
	switch {
	case value == "" && h.Required:
		return fmt.Errorf("the header %s is missing", name)
	case value == "" || h.Schema.Value.Type.Is("integer"):
		return nil
	}
	if err := h.Schema.Value.VisitJSON(value); err != nil {
		return fmt.Errorf("the header %s: %w", name, err)
	}
	return nil
}

func contentFits(content openapi3.Content, r reply) error {
	if len(content) == 0 {
		if len(r.body) > 0 {
			return fmt.Errorf("no body is documented")
		}
		return nil
	}
	media, _, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	if err != nil {
		return err
	}
	want := content[media]
	if want == nil {
		return fmt.Errorf("content type %s is not documented", media)
	}
	if media == typeNDJSON {
		for line := range bytes.Lines(r.body) {
			if err := fitsSchema(want.Schema.Value, line); err != nil {
				return fmt.Errorf("line %.200s: %w", line, err)
			}
		}
		return nil
	}
	if strings.HasSuffix(media, "json") {
		return fitsSchema(want.Schema.Value, r.body)
	}
	return nil
}

func fitsSchema(s *openapi3.Schema, body []byte) error {
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(&v); err != nil {
		return err
	}
	return plainly(s.VisitJSON(v, openapi3.MultiErrors()))
}

// plainly is a validation error without the schema and the value that the library prints with it.
func plainly(err error) error {
	var many openapi3.MultiError
	var one *openapi3.SchemaError
	switch {
	case errors.As(err, &many):
		for i := range many {
			many[i] = plainly(many[i])
		}
		return errors.Join(many...)
	case errors.As(err, &one) && one.Origin != nil:
		return fmt.Errorf("/%s: %s: %w", strings.Join(one.JSONPointer(), "/"), one.Reason, plainly(one.Origin))
	case errors.As(err, &one):
		return fmt.Errorf("/%s: %s", strings.Join(one.JSONPointer(), "/"), one.Reason)
	}
	return err
}
