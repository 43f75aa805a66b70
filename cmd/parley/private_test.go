package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestPrivateFile: a file that could not be filled is not there, and what is there is never replaced.
func TestPrivateFile(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "trail")
	failed := errors.New("cut short")
	err := newPrivateFile(name, func(w io.Writer) error {
		_, err := io.WriteString(w, "half")
		return errors.Join(err, failed)
	})
	if _, statErr := os.Stat(name); !errors.Is(err, failed) || !errors.Is(statErr, fs.ErrNotExist) {
		t.Fatalf("%v; the file: %v", err, statErr)
	}
	whole := func(w io.Writer) error { _, err := io.WriteString(w, "whole"); return err }
	if err := newPrivateFile(name, whole); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	asked := false
	if err := newPrivateFile(name, func(io.Writer) error { asked = true; return nil }); !errors.Is(err, fs.ErrExist) || asked {
		t.Fatalf("again: %v, filled: %t", err, asked)
	}
}
