//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package persist

import (
	"errors"
	"syscall"
	"testing"
)

// TestHeldDir: a directory is held against everybody, and free at once when it is given back, also if a child that is just being started
// still has the descriptor.
func TestHeldDir(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	held, err := holdDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holdDir(dir); !errors.Is(err, syscall.EAGAIN) {
		t.Errorf("held twice: %v", err)
	}
	child, err := syscall.Dup(int(held.(heldDir).f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if err := held.Close(); err != nil {
		t.Error(err)
	}
	again, err := holdDir(dir)
	if err != nil {
		t.Fatalf("not free: %v", err)
	}
	if err := errors.Join(again.Close(), syscall.Close(child)); err != nil {
		t.Error(err)
	}
}
