package server

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

type decodeInner struct {
	Name need[string] `json:"name"`
	Note opt[string]  `json:"note"`
}

type decodeForm struct {
	ID    need[string]        `json:"id"`
	Count opt[int]            `json:"count"`
	Small opt[int8]           `json:"small"`
	Flag  opt[bool]           `json:"flag"`
	List  opt[[]string]       `json:"list"`
	Inner opt[decodeInner]    `json:"inner"`
	Items opt[[]decodeInner]  `json:"items"`
	Sub   need[*decodeInner]  `json:"sub"`
	Deep  opt[[][][][]string] `json:"deep"`
}

func TestDecodeTakes(t *testing.T) {
	t.Parallel()
	var d decodeForm
	body := `{"id":"a","count":-3,"flag":false,"list":[],"inner":{"name":"x","note":null},"items":[{"name":"y"}],"sub":{"name":""}}`
	if p := decode([]byte(body), &d); p != nil {
		t.Fatalf("refused: %s", p.document())
	}
	if d.ID.V != "a" || d.Count.V != -3 || !d.Flag.Set || d.Flag.V || !d.List.Set || d.List.V == nil || d.Inner.V.Note.Set ||
		d.Items.V[0].Name.V != "y" || !d.Sub.V.Name.Set || d.Small.Set || d.Deep.Set {
		t.Errorf("decoded %+v", d)
	}
}

// TestDecodeNoObject: what is no object is told to be none, null and what only begins
// like it too.
func TestDecodeNoObject(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{"null": "must be an object", "17": "must be an object", "nope": "Not one valid JSON document in UTF-8, at byte 1."} {
		var d decodeForm
		p := decode([]byte(body), &d)
		if p == nil || p.detail != want && (len(p.errors) == 0 || p.errors[0].Detail != want) {
			t.Errorf("%s: %+v", body, p)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	const sub = `,"sub":{"name":"s"}}`
	f := func(body, code string, pointers ...string) {
		t.Helper()
		var d decodeForm
		p := decode([]byte(body), &d)
		if p == nil {
			t.Errorf("%.60s: taken as %+v", body, d)
			return
		}
		var got []string
		for _, e := range p.errors {
			got = append(got, e.Pointer)
		}
		if p.code != code || !reflect.DeepEqual(got, pointers) {
			t.Errorf("%.60s: %s %q, want %s %q", body, p.code, got, code, pointers)
		}
	}
	// Rows 19 to 26 of the list of nasty inputs.
	f(``, codeMalformedJSON)
	f(`null`, codeInvalidBody, "")
	f(`nope`, codeMalformedJSON)
	f(`{"id":nope}`, codeMalformedJSON, "/id")
	f(`[]`, codeInvalidBody, "")
	f(`"x"`, codeInvalidBody, "")
	f(`1`, codeInvalidBody, "")
	f(`{"id":"a"`, codeMalformedJSON)
	f(`{"id":"a"`+sub+` x`, codeMalformedJSON)
	f(`{"id":"a"`+sub+`{}`, codeMalformedJSON)
	f("\xef\xbb\xbf"+`{"id":"a"`+sub, codeMalformedJSON)
	f(`{"id":"a","id":"a"`+sub, codeMalformedJSON, "/id")
	f(`{"ID":"a"`+sub, codeInvalidBody, "")
	f(`{"id":"a","is_admin":true`+sub, codeInvalidBody, "")
	f(`{"id":"a","JaneDoe19800101":true`+sub, codeInvalidBody, "")
	f(`{"id":"a","inner":{"JaneDoe":1,"name":"x"}`+sub, codeInvalidBody, "/inner")
	f(`{"id":"a","Jane Doe 1980-01-01":true`+sub, codeInvalidBody, "")
	f(`{"id":"a","li\u017ft":[]`+sub, codeInvalidBody, "")
	f("{\"id\":\"a\xff\""+sub, codeMalformedJSON, "/id")
	f(`{"id":"\ud800"`+sub, codeMalformedJSON, "/id")
	f(`{"id":"\u0000"`+sub, codeMalformedJSON)
	for _, number := range []string{`NaN`, `Infinity`, `.5`, `'1'`, `-`} {
		f(`{"id":"a","count":`+number+sub, codeMalformedJSON, "/count")
	}
	for _, number := range []string{`01`, `1_000`, `1/**/`} { // a number, then something else
		f(`{"id":"a","count":`+number+sub, codeMalformedJSON)
	}
	for _, number := range []string{`30.0`, `3e1`, `"30"`, `9223372036854775808`, `18446744073709551616`, `1e400`, `true`, `[]`,
		strings.Repeat("9", 60<<10)} {
		f(`{"id":"a","count":`+number+sub, codeInvalidBody, "/count")
	}
	f(`{"id":"a","count":-0`+sub, codeInvalidBody)
	f(`{"id":"a","small":128`+sub, codeInvalidBody, "/small")
	f(`{"id":1`+sub, codeInvalidBody, "/id")
	f(`{"id":"a","list":[null]`+sub, codeInvalidBody, "/list/0")
	f(`{"id":"a","items":[null]`+sub, codeInvalidBody, "/items/0")
	f(`{"id":null`+sub, codeInvalidBody, "/id")
	f(`{}`, codeInvalidBody, "/id", "/sub")
	f(`{"id":"a","inner":{},"items":[{"name":"x"},{"note":"y"}],"sub":{}}`, codeInvalidBody, "/inner/name", "/items/1/name", "/sub/name")
	f(strings.Repeat("[", 10001), codeMalformedJSON)
	f(`{"id":`+strings.Repeat(`{"a":`, 40)+`1`+strings.Repeat(`}`, 41), codeMalformedJSON)
	var many strings.Builder
	for range 10000 {
		many.WriteString(`"k":1,`)
	}
	f(`{`+many.String()+`"id":"a"`+sub, codeMalformedJSON)
	f(`{"k":{`+strings.TrimSuffix(many.String(), ",")+`},"id":"a"`+sub, codeInvalidBody, "")
}

// A refusal repeats nothing that the client sent as a value.
func TestDecodeEchoesNoValue(t *testing.T) {
	t.Parallel()
	const canary = "Zebra-Canary"
	for _, body := range []string{
		`{"id":["` + canary + `"]}`, `{"count":"` + canary + `"}`, `{"id":"` + canary + `","id":""}`, `{"` + canary + `":1}`,
		`{"id":"` + canary, `{"id":"a","sub":"` + canary + `"}`, `{"list":[{"x":"` + canary + `"}]}`, canary, `{"flag":` + canary + `}`,
	} {
		var d decodeForm
		p := decode([]byte(body), &d)
		if p == nil {
			t.Errorf("%s: taken", body)
		} else if doc := string(p.document()); strings.Contains(doc, canary) {
			t.Errorf("%s: repeated in %s", body, doc)
		}
	}
}

// plainForm is decodeForm for the other library.
type plainForm struct {
	ID    *string        `json:"id"`
	Count *int           `json:"count"`
	Small *int8          `json:"small"`
	Flag  *bool          `json:"flag"`
	List  []string       `json:"list"`
	Inner *plainInner    `json:"inner"`
	Items []plainInner   `json:"items"`
	Sub   *plainInner    `json:"sub"`
	Deep  [][][][]string `json:"deep"`
}

type plainInner struct {
	Name *string `json:"name"`
	Note *string `json:"note"`
}

// What decode takes, encoding/json takes as well and reads the same values from.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"id":"a","count":7,"sub":{"name":"s"},"items":[{"name":"y","note":null}],"deep":[[[["x"]]]]}`))
	f.Add([]byte(`{"id":"\ud83d\ude00","flag":true,"small":-128,"inner":{"name":"ſ"},"sub":{"name":"s"}}`))
	f.Add([]byte(`{"id":"a","id":"b"}`))
	f.Add([]byte(` {"list":[],"id":"","sub":{"name":""}} `))
	f.Fuzz(func(t *testing.T, body []byte) {
		var d decodeForm
		if p := decode(body, &d); p != nil {
			if len(p.document()) > 16<<10 {
				t.Fatalf("a problem of %d bytes", len(p.document()))
			}
			return
		}
		var want plainForm
		if err := json.Unmarshal(body, &want); err != nil {
			t.Fatalf("encoding/json refuses %q: %v", body, err)
		}
		if got := d.plain(); !sameJSON(got, want) {
			t.Fatalf("%q: %+v, encoding/json has %+v", body, got, want)
		}
	})
}

func (d *decodeForm) plain() plainForm {
	p := plainForm{ID: pointer(d.ID.Set, d.ID.V), Count: pointer(d.Count.Set, d.Count.V), Small: pointer(d.Small.Set, d.Small.V),
		Flag: pointer(d.Flag.Set, d.Flag.V), List: d.List.V, Deep: d.Deep.V}
	if d.Inner.Set {
		p.Inner = d.Inner.V.plain()
	}
	if d.Items.Set {
		p.Items = []plainInner{}
	}
	for _, i := range d.Items.V {
		p.Items = append(p.Items, *i.plain())
	}
	if d.Sub.Set {
		p.Sub = d.Sub.V.plain()
	}
	return p
}

func (d *decodeInner) plain() *plainInner {
	return &plainInner{Name: pointer(d.Name.Set, d.Name.V), Note: pointer(d.Note.Set, d.Note.V)}
}

func pointer[T any](set bool, v T) *T {
	if !set {
		return nil
	}
	return &v
}

func sameJSON(a, b any) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && string(x) == string(y)
}

func TestFingerprintIgnoresSpelling(t *testing.T) {
	t.Parallel()
	r := &route{name: "createHold"}
	base := fingerprint(r, "x", []byte(`{"a":1,"b":["\u0041"]}`))
	if fingerprint(r, "x", []byte(" { \"b\" : [ \"A\" ] , \"a\" : 1 } ")) != base {
		t.Error("white space, order of members or escapes matter")
	}
	others := map[string]struct {
		r    *route
		id   string
		body string
	}{
		"body":      {r, "x", `{"a":2,"b":["A"]}`},
		"list":      {r, "x", `{"a":1,"b":["A","A"]}`},
		"id":        {r, "y", `{"a":1,"b":["A"]}`},
		"route":     {&route{name: "createHolds"}, "x", `{"a":1,"b":["A"]}`},
		"not JSON":  {r, "x", `{"a":1`},
		"nd":        {&route{name: "createHold", contentType: typeNDJSON}, "x", " { \"b\" : [ \"A\" ] , \"a\" : 1 } "},
		"duplicate": {r, "x", `{"a":1,"a":1,"b":["A"]}`},
	}
	for name, o := range others {
		if fingerprint(o.r, o.id, []byte(o.body)) == base {
			t.Errorf("another %s has the same fingerprint", name)
		}
	}
}

func TestNewID(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		id := newID("apt")
		if len(id) != 4+26 || !isRequestID(id) || strings.ToLower(id) != id || seen[id] {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
}

// Every member of a request is a need or an opt with a name of its own: decode relies on it.
func TestRequestTypes(t *testing.T) {
	t.Parallel()
	seen := 0
	var walk func(path string, v reflect.Type)
	walk = func(path string, v reflect.Type) {
		switch {
		case v == reflect.TypeFor[jsontext.Value]():
		case v.Kind() == reflect.Pointer, v.Kind() == reflect.Slice:
			walk(path, v.Elem())
		case v.Kind() == reflect.Map, v.Kind() == reflect.Interface, v.Kind() == reflect.Float64:
			t.Errorf("%s: %s", path, v)
		case v.Kind() != reflect.Struct:
		case reflect.PointerTo(v).Implements(reflect.TypeFor[presence]()):
			seen++
			walk(path, v.Field(0).Type)
		default:
			for i := range v.NumField() {
				f := v.Field(i)
				name := path + "/" + f.Tag.Get("json")
				wrapped := reflect.PointerTo(f.Type).Implements(reflect.TypeFor[presence]())
				if !f.Anonymous && (!f.IsExported() || f.Tag.Get("json") == "" || !wrapped) {
					t.Errorf("%s %s is neither need nor opt with a name", name, f.Name)
				}
				walk(name, f.Type)
			}
		}
	}
	for _, form := range []any{reviewerIn{}, caseIn{}, lineIn{}, lookupIn{}, profileIn{}, weekIn{}, earliestIn{}, holdIn{}, bookingIn{},
		rescheduleIn{}, cancelIn{}} {
		walk(reflect.TypeOf(form).Name(), reflect.TypeOf(form))
	}
	if seen < 100 {
		t.Errorf("only %d members were looked at", seen)
	}
}
