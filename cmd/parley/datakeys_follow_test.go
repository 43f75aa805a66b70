package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestKeyFileIsTriedAgain: a change that could not be taken in is due until it is, also if the file's time stays.
func TestKeyFileIsTriedAgain(t *testing.T) {
	t.Parallel()
	f := dataKeyFlags{DataKeys: filepath.Join(t.TempDir(), "data.keys")}
	if err := os.WriteFile(f.DataKeys, []byte("1"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := f.watch()
	want := func(due bool, what string) {
		t.Helper()
		if got := w.due(); got != due {
			t.Errorf("%s: due %t", what, got)
		}
	}
	want(false, "as it was")
	if err := os.Chtimes(f.DataKeys, time.Time{}, time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	want(true, "changed")
	w.missed = true
	want(true, "not taken in")
	w.missed = false
	want(false, "taken in")
	if (&dataKeyFlags{DataKeysCommand: "/bin/true"}).watch().due() {
		t.Error("a command is due")
	}
}
