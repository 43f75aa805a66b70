package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/persist"
)

// Stores as build N would have written them: testdata/stores/build-N.tar.gz is a directory with the log up to the last entry of build N, and a
// checkpoint in the version of that build two entries before; states.txt notes for each the build, the last position and the hash of
// the state. `go test ./cmd/parley -run TestStoresOfAllBuilds -rewrite` makes that of the newest build,
// with today's code, from the log in engine/testdata/builds; the older ones stay as they are.
const builds = 6

// lastState is the newest version of a state. Build 6 writes it as build 5 did.
const lastState = 5

var storesDir = filepath.Join("testdata", "stores")

// behindCheckpoint is how many entries follow the checkpoint.
const behindCheckpoint = 2

func storeName(build int) string {
	return filepath.Join(storesDir, fmt.Sprintf("build-%d.tar.gz", build))
}

// TestStoresOfAllBuilds opens what each build would have written: it is whole, the state is the one that is noted, and the store goes on.
func TestStoresOfAllBuilds(t *testing.T) {
	t.Parallel()
	if f := flag.Lookup("rewrite"); f != nil && f.Value.String() == "true" {
		writeStores(t)
	}
	noted := strings.Split(strings.TrimSpace(readText(t, filepath.Join(storesDir, "states.txt"))), "\n")
	if len(noted) != builds {
		t.Fatalf("%d states are noted", len(noted))
	}
	for i, line := range noted {
		t.Run(fmt.Sprint("build ", i+1), func(t *testing.T) {
			t.Parallel()
			var build, last int
			var state string
			if _, err := fmt.Sscan(line, &build, &last, &state); err != nil || build != i+1 {
				t.Fatal(line, err)
			}
			dir := unpacked(t, build)
			out, errs, code := parley(t, "", "verify", "--data", dir)
			if code != 0 || !strings.Contains(out, "is whole") || !strings.Contains(out, "state       "+state[:16]) || !strings.Contains(out, fmt.Sprintf("log         1 to %d,", last)) {
				t.Fatalf("verify: %d, %s%s", code, out, errs)
			}
			goesOn(t, dir, build, engine.Seq(last), state)
			if out, errs, code = parley(t, "", "verify", "--data", dir, "--quiet"); code != 0 {
				t.Fatalf("verify afterwards: %d, %s%s", code, out, errs)
			}
		})
	}
}

// goesOn opens a store as a server does, which reads its checkpoint, and gives it one more command.
func goesOn(t *testing.T, dir string, build int, last engine.Seq, state string) {
	t.Helper()
	store, err := persist.Open(dir, persist.Options{MinFreeBytes: -1})
	if err != nil {
		t.Fatal(err)
	}
	if info, text := checkpointOf(t, store); info.Seq != last-behindCheckpoint || int(text[headOf(text)]) != min(build, lastState) {
		t.Errorf("checkpoint at %d in version %d, want %d in %d", info.Seq, text[headOf(text)], last-behindCheckpoint, min(build, lastState))
	}
	report, err := engine.Replay(t.Context(), store, store.Identity(), engine.ReplayOptions{})
	if err != nil || hex.EncodeToString(report.State[:]) != state || report.Checkpoint != last-behindCheckpoint {
		t.Fatalf("state %x, checkpoint %d: %v", report.State, report.Checkpoint, err)
	}
	e, err := engine.Open(t.Context(), engine.Options{Log: store, Identity: store.Identity(), Clock: enginetest.NewClock(report.Stamped)})
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Snapshot().Hash(); hex.EncodeToString(got[:]) != state {
		t.Errorf("by the checkpoint the state is %x", got)
	}
	o, err := e.Submit(t.Context(), engine.Command{
		Actor: engine.Actor{Tenant: "north", Principal: "desk", Role: engine.RoleAll}, Key: "after-all", Payload: engine.RecordAnswer{Body: []byte(`{}`)},
	})
	if err != nil || o.Status != engine.StatusOK || o.Seq != last+1 {
		t.Errorf("%+v, %v", o, err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

// checkpointOf returns the checkpoint of a store and its bytes.
func checkpointOf(t *testing.T, store *persist.Store) (engine.CheckpointInfo, []byte) {
	t.Helper()
	info, r, err := store.LoadCheckpoint()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return info, text
}

// headOf is where the head of an encoded state begins, with its version: behind its length.
func headOf(state []byte) int {
	_, n := binary.Uvarint(state)
	return n
}

// TestNewerStores: what a later version has written is refused, and the refusal names what is newer, its version, and the one that is known.
func TestNewerStores(t *testing.T) {
	t.Parallel()
	f := func(name, want string, change func(t *testing.T, dir string)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := unpacked(t, builds)
			change(t, dir)
			out, errs, code := parley(t, "", "verify", "--data", dir)
			if code == 0 || !strings.Contains(out+errs, want) {
				t.Errorf("verify: %d, %s%s, want %q", code, out, errs, want)
			}
			out, errs, code = parley(t, "", "serve", "--listen=127.0.0.1:0", "--min-free-mib=1", "--data="+dir)
			if code == 0 || !strings.Contains(out+errs, want) {
				t.Errorf("serve: %d, %s%s, want %q", code, out, errs, want)
			}
		})
	}
	f("format", "newer version: IDENTITY says format 9, this program reads up to", func(t *testing.T, dir string) {
		t.Helper()
		path := filepath.Join(dir, "IDENTITY")
		_, rest, _ := strings.Cut(readText(t, path), "\n")
		rewrite(t, path, []byte("parley store, format 9\n"+rest))
	})
	f("watermark", "WATERMARK: has version 2, want 1", func(t *testing.T, dir string) {
		t.Helper()
		path := filepath.Join(dir, "WATERMARK")
		b := []byte(readText(t, path))
		b[8] = 2
		end := len(b) - 4
		binary.BigEndian.PutUint32(b[end:], crc32.Checksum(b[:end], crc32.MakeTable(crc32.Castagnoli)))
		rewrite(t, path, b)
	})
	f("entry", "written by a newer version of the program: version 4, known are 1 to 3", func(t *testing.T, dir string) {
		t.Helper()
		inStore(t, dir, func(store *persist.Store) error {
			last, _ := store.Last()
			var payload []byte
			err := store.Read(last, func(_ engine.Seq, p []byte) error {
				payload = bytes.Clone(p)
				return nil
			})
			payload[0] = 4
			return errors.Join(err, store.Append(t.Context(), last, []engine.Record{{Payload: payload}}))
		})
	})
	f("state", "written by a newer version of the program: version 6, known are 1 to 5", func(t *testing.T, dir string) {
		t.Helper()
		inStore(t, dir, func(store *persist.Store) error {
			_, text := checkpointOf(t, store)
			text[headOf(text)] = 6
			last, chain := store.Last()
			return store.SaveCheckpoint(engine.CheckpointInfo{Seq: last, Chain: chain}, func(w io.Writer) (engine.Hash, error) {
				_, err := w.Write(text)
				return sha256.Sum256(text), err
			})
		})
	})
}

func inStore(t *testing.T, dir string, change func(*persist.Store) error) {
	t.Helper()
	store, err := persist.Open(dir, persist.Options{MinFreeBytes: -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(change(store), store.Close()); err != nil {
		t.Fatal(err)
	}
}

func rewrite(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
