package server

import (
	"bytes"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// plainBodies are documents that canonical takes, and some that it must leave to the library.
var plainBodies = []struct {
	text  string
	plain bool
}{
	{`{"b":1,"a":{"d":[1,2,{"y":true,"x":null}],"c":"text"},"B":false}`, true},
	{` { "b" : "x" , "a" : [ ] , "aa" : { } , "" : 0 } `, true},
	{`[]`, true},
	{`"text"`, true},
	{`123456789012345`, true},
	{`{"caseIds":["case-1"],"slot":{"start":"2026-11-26T20:00:00Z","reviewerId":"rev-1"},"timeZone":"America/Chicago"}`, true},
	{`1234567890123456`, false},
	{`01`, false},
	{`1.5`, false},
	{`1e3`, false},
	{`-1`, false},
	{`{"a":1,"a":2}`, false},
	{`{"b":1,"a":1,"b":2}`, false},
	{`{"a":"\u0041"}`, false},
	{`{"é":1}`, false},
	{"{\"a\":\"\x7f\"}", false},
	{"{\"a\":\"\t\"}", false},
	{`{"a":1,}`, false},
	{`{"a" 1}`, false},
	{`{"a":1} x`, false},
	{`[1 2]`, false},
	{`[[[[[1]]]]]`, false},
	{`tru`, false},
	{`{`, false},
	{`"`, false},
	{``, false},
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, b := range plainBodies {
		if _, plain := checkCanonical(t, []byte(b.text)); plain != b.plain {
			t.Errorf("%q: plain is %t", b.text, plain)
		}
	}
}

// checkCanonical holds canonical to the library, which must take what it takes.
func checkCanonical(t *testing.T, text []byte) (out []byte, plain bool) {
	t.Helper()
	const head = "head"
	kept := bytes.Clone(text)
	out, plain = canonical([]byte(head), text)
	if !bytes.Equal(kept, text) {
		t.Fatalf("%q was changed", kept)
	}
	if !plain {
		return nil, false
	}
	want := jsontext.Value(bytes.Clone(text))
	if err := want.Canonicalize(); err != nil {
		t.Fatalf("%q: taken, but the library says %v", text, err)
	}
	if string(out) != head+string(want) {
		t.Fatalf("%q: %q, want %q", text, out[len(head):], want)
	}
	return out[len(head):], true
}

func FuzzCanonical(f *testing.F) {
	for _, b := range plainBodies {
		f.Add([]byte(b.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if out, plain := checkCanonical(t, text); plain {
			if again, still := checkCanonical(t, out); !still || !bytes.Equal(again, out) {
				t.Fatalf("%q is not what it becomes again: %q", out, again)
			}
		}
	})
}

func BenchmarkFingerprint(b *testing.B) {
	r := &route{name: "createAppointment"}
	body := []byte(`{"caseIds":["claim-1"],"slot":{"reviewerId":"rev-1","start":"2026-11-26T20:00:00Z"},"timeZone":"America/Chicago","performedBy":{"role":"treating_physician","firstName":"Ana","lastName":"Li","credential":"MD"},"contact":{"firstName":"Ana","lastName":"Li","location":"Austin","phone":"+15125550100"}}`)
	b.ReportAllocs()
	for b.Loop() {
		fingerprint(r, "", body)
	}
}
