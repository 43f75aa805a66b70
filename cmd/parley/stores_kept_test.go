package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/persist"
)

// unzipped opens a file that gzip has made.
func unzipped(t *testing.T, name string) io.Reader {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// unpacked puts a store into a directory of its own.
func unpacked(t *testing.T, build int) string {
	t.Helper()
	z := unzipped(t, storeName(build))
	dir := filepath.Join(t.TempDir(), "store")
	if err := os.MkdirAll(filepath.Join(dir, "pebble"), 0o700); err != nil {
		t.Fatal(err)
	}
	for in := tar.NewReader(z); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil || !filepath.IsLocal(h.Name) {
			t.Fatal(h.Name, err)
		}
		rewrite(t, filepath.Join(dir, h.Name), content)
	}
}

// writeStores makes the store of the newest build anew.
func writeStores(t *testing.T) {
	t.Helper()
	if err := os.MkdirAll(storesDir, 0o755); err != nil {
		t.Fatal(err)
	}
	from := filepath.Join("..", "..", "engine", "testdata", "builds")
	rewrite(t, filepath.Join(storesDir, "states.txt"), []byte(readText(t, filepath.Join(from, "states.txt"))))
	text, err := io.ReadAll(unzipped(t, filepath.Join(from, "log.gz")))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "store")
	writeStore(t, dir, builds, text)
	pack(t, dir, builds)
}

// writeStore makes a store as a build would have written it, from the lines of the log, in the format of stores of its time.
func writeStore(t *testing.T, dir string, build int, log []byte) {
	t.Helper()
	id := engine.Identity{
		StoreID: fmt.Sprintf("%032x", build), Tenant: "north", Format: min(build, persist.FormatVersion), DigestKey: bytes.Repeat([]byte{7}, 32), CreatedAt: 1_795_446_000,
	}
	o := persist.Options{MinFreeBytes: -1}
	store, err := persist.Create(dir, o, id)
	if err != nil {
		t.Fatal(err)
	}
	var records []engine.Record
	for line := range strings.Lines(string(log)) {
		var by int
		var tenant, text string
		_, err := fmt.Sscan(line, &by, &tenant, &text)
		record, err2 := hex.DecodeString(text)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		switch {
		case by > build:
		case tenant == "-":
			derived, err := engine.DerivedOf(id, record)
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, engine.Record{Payload: record, Derived: derived})
		default:
			if _, err := store.AppendJournal(t.Context(), []engine.JournalEntry{{Tenant: tenant, Payload: record}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	add := func(store *persist.Store, records []engine.Record) {
		t.Helper()
		for i := range records {
			last, _ := store.Last()
			if err := store.Append(t.Context(), last, records[i:i+1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	end := len(records) - behindCheckpoint
	add(store, records[:end])
	report, err := engine.Replay(t.Context(), store, id, engine.ReplayOptions{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.Open(t.Context(), engine.Options{Log: store, Identity: id, Clock: enginetest.NewClock(report.Stamped)})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil { // saves a checkpoint
		t.Fatal(err)
	}
	if store, err = persist.Open(dir, o); err != nil {
		t.Fatal(err)
	}
	add(store, records[end:])
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

// pack keeps a store as an archive.
func pack(t *testing.T, dir string, build int) {
	t.Helper()
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "LOCK" || d.Name() == "BALLAST" {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		content := readText(t, path)
		if err := w.WriteHeader(&tar.Header{Name: filepath.ToSlash(name), Mode: 0o600, Size: int64(len(content))}); err != nil {
			return err
		}
		_, err = io.WriteString(w, content)
		return err
	})
	if err := errors.Join(err, w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	rewrite(t, storeName(build), out.Bytes())
}
