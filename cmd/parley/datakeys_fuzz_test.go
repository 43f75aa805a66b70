package main

import (
	"slices"
	"testing"
)

// FuzzDataKeys: what is read as a file of data keys is written and read again as the same.
func FuzzDataKeys(f *testing.F) {
	f.Add([]byte("# one\n1 " + secretHex + " active\n\n2 " + secretB64 + " next\n"))
	f.Add([]byte("4294967295\t" + secretB64 + "\told\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := parseDataKeys(text)
		if err != nil {
			return
		}
		for i := range keys {
			keys[i].State = "old"
		}
		again, err := parseDataKeys(formatDataKeys(keys))
		if err != nil || !slices.Equal(again, keys) {
			t.Fatalf("%q is read as %d keys, and again as %d: %v", text, len(keys), len(again), err)
		}
	})
}
