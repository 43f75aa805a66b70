package engine

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// fullWriter takes so many bytes.
type fullWriter struct {
	left int
	err  error // nil: it takes fewer than it is given and says nothing
}

func (w *fullWriter) Write(p []byte) (int, error) {
	if len(p) <= w.left {
		w.left -= len(p)
		return len(p), nil
	}
	return w.left, w.err
}

// TestWriteHashed: what the log's writer fails with is returned, at any byte; a state that cannot be
// encoded stops the process whether the writer would have taken it or not.
func TestWriteHashed(t *testing.T) {
	t.Parallel()
	s := sampleState(t)
	length := len(encoded(t, s))
	if sum, err := s.writeHashed(&fullWriter{left: length}); err != nil || sum != (&Snapshot{state: s}).Hash() {
		t.Fatalf("%x, %v", sum, err)
	}
	noSpace := errors.New("no space")
	for _, left := range []int{0, 1, length / 2, length - 1} {
		if _, err := s.writeHashed(&fullWriter{left: left, err: noSpace}); !errors.Is(err, noSpace) {
			t.Errorf("behind %d bytes: %v", left, err)
		}
		if _, err := s.writeHashed(&fullWriter{left: left}); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("behind %d bytes, silently: %v", left, err)
		}
	}
	s.reviewers.put("t", "long", sampleReviewer("t", strings.Repeat("x", 1<<20), 99))
	for _, w := range []io.Writer{io.Discard, &fullWriter{err: noSpace}} {
		func() {
			defer func() {
				if text, ok := recover().(string); !ok || !strings.Contains(text, "a state can be encoded") {
					t.Errorf("a state that cannot be encoded was taken for a failed checkpoint: %q", text)
				}
			}()
			_, err := s.writeHashed(w)
			t.Error(err)
		}()
	}
}
