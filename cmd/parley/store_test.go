package main

import (
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMinFree: 0 is no guard, as the help says, and any other number is that many MiB.
func TestMinFree(t *testing.T) {
	t.Parallel()
	for mib, want := range map[int64]int64{0: -1, 1: 1 << 20, 256: 256 << 20} {
		c := &serveCmd{Data: filepath.Join(t.TempDir(), "store"), MinFreeMiB: mib, CacheMiB: 1, StallAfter: time.Second}
		store, err := c.openStore(streams{strings.NewReader(""), io.Discard, io.Discard}, slog.New(slog.DiscardHandler), true, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := store.Metrics().MinFreeBytes; got != want {
			t.Errorf("--min-free-mib=%d: %d bytes, want %d", mib, got, want)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
}
