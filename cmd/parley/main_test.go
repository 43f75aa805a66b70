package main

import (
	"io"
	"strings"
	"testing"
)

// faulty is an output that panics.
type faulty struct{}

func (faulty) Write([]byte) (int, error) { panic("a fault of the program") }

// TestPanicIsSeen lets a command panic: that must not end as if all were well.
func TestPanicIsSeen(t *testing.T) {
	t.Parallel()
	defer func() {
		if p := recover(); p != "a fault of the program" {
			t.Errorf("recovered %v", p)
		}
	}()
	code := run(t.Context(), []string{"version"}, streams{strings.NewReader(""), faulty{}, io.Discard})
	t.Errorf("exit code %d", code)
}
