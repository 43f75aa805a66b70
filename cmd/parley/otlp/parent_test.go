package otlp

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

const (
	traceHex   = "4bf92f3577b34da6a3ce929d0e0e4736"
	spanHex    = "00f067aa0ba902b7"
	goodParent = "00-" + traceHex + "-" + spanHex + "-01"
)

func TestParents(t *testing.T) {
	t.Parallel()
	f := func(text string, ok, sampled bool) {
		t.Helper()
		p, got := parseTraceparent([]byte(text))
		if got != ok || p.sampled != sampled || ok && (hex.EncodeToString(p.trace[:]) != traceHex || hex.EncodeToString(p.span[:]) != spanHex) {
			t.Errorf("%q: %+v, %t", text, p, got)
		}
	}
	f(goodParent, true, true)
	f(strings.Replace(goodParent, "-01", "-00", 1), true, false)
	f(strings.Replace(goodParent, "-01", "-03", 1), true, true)
	f("cc"+goodParent[2:], true, true) // of a version that is yet to come
	f("cc"+goodParent[2:]+"-more", true, true)
	f("cc"+goodParent[2:]+"more", false, false)
	f("ff"+goodParent[2:], false, false)
	f(goodParent+"-more", false, false)
	f(goodParent[:54], false, false)
	f(strings.ToUpper(goodParent), false, false)
	f(strings.ReplaceAll(goodParent, "-", "_"), false, false)
	f(strings.Replace(goodParent, traceHex, strings.Repeat("0", 32), 1), false, false)
	f(strings.Replace(goodParent, spanHex, strings.Repeat("0", 16), 1), false, false)
	f(strings.Replace(goodParent, "f", "g", 1), false, false)
	f("", false, false)
}

var traceparentForm = regexp.MustCompile(`^(00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}|([1-9a-f][0-9a-f]|0[1-9a-f])-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-(?s:.*))?)$`)

// FuzzTraceparent: what is read has the form of the standard and the value of its digits; the rest is refused.
func FuzzTraceparent(f *testing.F) {
	f.Add([]byte(goodParent))
	f.Add([]byte("cc" + goodParent[2:] + "-more"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, ok := parseTraceparent(text)
		zero := func(from, digits int) bool { return string(text[from:from+digits]) == strings.Repeat("0", digits) }
		want := traceparentForm.Match(text) && string(text[:2]) != "ff" && !zero(3, 32) && !zero(36, 16)
		if ok != want {
			t.Fatalf("%q: %t", text, ok)
		}
		if ok && string(text[:53]) != fmt.Sprintf("%s-%x-%x-", text[:2], p.trace, p.span) {
			t.Fatalf("%q is read as %+v", text, p)
		}
	})
}
