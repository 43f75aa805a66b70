package main

import (
	"context"
	"io"
	"log/slog"
)

// newLogger makes the program's logger; format and level come from flags that
// accept only known names. Up to level INFO lines may be written a little later: flush
// writes what waits, and so does a warning or an error, which never waits. Nobody waits long for who takes
// the lines: see logLines.
func newLogger(w io.Writer, format, level string) (log *slog.Logger, flush func()) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		panic("parley: log level " + level) // the flag's enum admits only slog's names
	}
	options := &slog.HandlerOptions{Level: l}
	lines := &logLines{to: w}
	handler := promptHandler{slog.NewTextHandler(lines, options), lines}
	if format == "json" {
		handler.Handler = slog.NewJSONHandler(lines, options)
	}
	log = slog.New(handler)
	lines.lost = func(n int) { log.Warn("lines of the log were lost: nobody took them", "suppressed", n) }
	return log, lines.flush
}

// promptHandler writes lines into logLines, and those above INFO through. It keeps to the list of
// fields: see logKeys.
type promptHandler struct {
	slog.Handler
	lines *logLines
}

// Handle writes one record, without what is in fields that are not on the list.
func (h promptHandler) Handle(ctx context.Context, r slog.Record) error {
	listed := true
	r.Attrs(func(a slog.Attr) bool {
		listed = mayLog(a)
		return listed
	})
	if !listed {
		r = withheld(r)
	}
	err := h.Handler.Handle(ctx, r)
	if r.Level > slog.LevelInfo {
		h.lines.flush()
	}
	return err
}

// WithAttrs is a handler that adds attributes.
func (h promptHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return promptHandler{h.Handler.WithAttrs(withhold(attrs)), h.lines}
}

// WithGroup is a handler that puts attributes into a group.
func (h promptHandler) WithGroup(name string) slog.Handler {
	return promptHandler{h.Handler.WithGroup(name), h.lines}
}
