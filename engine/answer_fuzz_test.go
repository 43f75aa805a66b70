package engine

import (
	"bytes"
	"testing"
)

// FuzzSealedAnswer: any bytes that are remembered are read, as a document or as a blob, and
// written back as they are.
func FuzzSealedAnswer(f *testing.F) {
	f.Add([]byte(`{"a":1}`))
	f.Add(keyedVault(f, 1).SealAnswer("acme", "alice", "k", []byte(`{"a":1}`)))
	f.Add([]byte{0, 1, 0, 0})
	f.Fuzz(func(t *testing.T, stored []byte) {
		s := readAnswer(stored)
		if again := writeAnswer(s); !bytes.Equal(again, stored) {
			t.Fatalf("%x is written back as %x", stored, again)
		}
		if _, err := NewVault(nil).OpenAnswer("acme", "alice", "k", stored); (err == nil) != (s.KeyID == 0) {
			t.Fatalf("%x: key %d, %v", stored, s.KeyID, err)
		}
	})
}
