package server

import (
	"context"
	"testing"
	"time"
)

// TestWaits: a context is shared for a step, is never shorter than promised, and ends with its parent.
func TestWaits(t *testing.T) {
	t.Parallel()
	parent, cancel := context.WithCancel(t.Context())
	defer cancel()
	var w waits
	begin := time.Now()
	first := w.from(parent, begin)
	for at := time.Duration(0); at < 4*waitStep; at += waitStep / 5 {
		now := begin.Add(at)
		ctx := w.from(parent, now)
		if same := ctx == first; same != (at < waitStep) {
			t.Errorf("after %v: shared with the first: %t", at, same)
		}
		until, ok := ctx.Deadline()
		if left := until.Sub(now); !ok || left < callTimeout || left > callTimeout+waitStep {
			t.Errorf("after %v: %v are left", at, left)
		}
	}
	cancel()
	if first.Err() == nil || w.from(parent, begin.Add(time.Hour)).Err() == nil {
		t.Error("a context outlives its parent")
	}
}
