package main

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
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

// TestKeysOfAnotherStoreAreNotTaken: the first key of every file has the id 1. A ring in which an id has another secret is not taken in
// while the server runs: what it seals would be lost with the key, and what is sealed would not open.
func TestKeysOfAnotherStoreAreNotTaken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := dataKeyFlags{DataKeys: filepath.Join(dir, "data.keys")}
	ring := func(lines string) *engine.DataKeys {
		t.Helper()
		if err := os.WriteFile(f.DataKeys, []byte(lines), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := f.ring(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	one, other, two := strings.Repeat("01", 32), strings.Repeat("02", 32), strings.Repeat("03", 32)
	keys := ring("1 " + one + " active\n")
	store, err := persist.Create(filepath.Join(dir, "store"), persist.Options{MinFreeBytes: -1, Keys: keys}, persist.NewIdentity(defaultTenant, false, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	vault := engine.NewVaultOf(engine.VaultOptions{DigestKey: store.Identity().DigestKey, Keys: keys, Random: rand.Reader})
	for _, lines := range []string{"1 " + other + " active\n", "1 " + other + " old\n2 " + two + " active\n"} {
		ring(lines)
		if err := f.take(t.Context(), store, vault); err == nil || !strings.Contains(err.Error(), "data key 1 has another secret") || strings.Contains(err.Error(), "0202") {
			t.Errorf("%v", err)
		}
		if vault.Keys() != keys {
			t.Fatal("it is in use")
		}
	}
	ring("1 " + one + " old\n2 " + two + " active\n")
	if err := f.take(t.Context(), store, vault); err != nil || vault.Keys().Active() != 2 {
		t.Errorf("data key %d is active, %v", vault.Keys().Active(), err)
	}
}
