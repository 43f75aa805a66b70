package persist

import (
	"bytes"
	"testing"
)

// FuzzWrappedIdentity: what is read is written back to the same bytes, and opens with its
// own key or not at all.
func FuzzWrappedIdentity(f *testing.F) {
	f.Add([]byte(goldenWrapped))
	keys := ring(f, 1)
	f.Fuzz(func(t *testing.T, text []byte) {
		w, err := decodeWrapped(text)
		if err != nil {
			return
		}
		if again, err := encodeWrapped(w); err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%q is written back as %q, %v", text, again, err)
		}
		if id, err := w.unwrap(keys); err == nil && id.DigestKey != nil && !bytes.Equal(id.DigestKey, testIdentity().DigestKey) {
			t.Fatalf("opened %q", text)
		}
	})
}
