package enginetest

import (
	"errors"
	"fmt"

	"github.com/parleyhq/parley/engine"
)

// trace sums up what was seen, so that two runs can be compared: FNV-1a.
type trace uint64

const (
	traceStart = 14695981039346656037
	traceStep  = 1099511628211
)

func (t *trace) add(format string, args ...any) {
	if *t == 0 {
		*t = traceStart
	}
	for _, b := range fmt.Appendf(nil, format, args...) {
		*t = (*t ^ trace(b)) * traceStep
	}
}

// errorClass names an error without what is in its text.
func errorClass(err error) string {
	for i, known := range []error{
		engine.ErrOutcomeUnknown, engine.ErrNotWritable, engine.ErrDeadline, engine.ErrOverloaded, engine.ErrClosed,
	} {
		if errors.Is(err, known) {
			return fmt.Sprint(i)
		}
	}
	if err != nil {
		return "other"
	}
	return ""
}
