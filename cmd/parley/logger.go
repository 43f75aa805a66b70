package main

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Lines of the log wait for company, so that not every request costs a call of the system.
const (
	logPatience = 100 * time.Millisecond // how long a line may wait
	logRoom     = 16 << 10               // bytes of lines that may wait
)

// newLogger makes the program's logger; format and level come from flags that
// accept only known names. Up to level INFO lines may be written a little later: flush
// writes what waits, and so does a warning or an error, which never waits.
func newLogger(w io.Writer, format, level string) (log *slog.Logger, flush func()) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		panic("parley: log level " + level) // the flag's enum admits only slog's names
	}
	options := &slog.HandlerOptions{Level: l}
	lines := &logLines{to: w, room: make([]byte, 0, logRoom)}
	if format == "json" {
		return slog.New(promptHandler{slog.NewJSONHandler(lines, options), lines}), lines.flush
	}
	return slog.New(promptHandler{slog.NewTextHandler(lines, options), lines}), lines.flush
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

// logLines gathers whole lines.
type logLines struct {
	mu   sync.Mutex
	to   io.Writer
	room []byte // the lines that wait
}

// Write takes one line. What cannot be written is dropped: there is nowhere to tell.
func (l *logLines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.room)+len(line) > logRoom {
		l.out()
	}
	if len(l.room) == 0 {
		time.AfterFunc(logPatience, l.flush)
	}
	l.room = append(l.room, line...)
	return len(line), nil
}

func (l *logLines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out()
}

// out writes what waits. The caller holds mu.
func (l *logLines) out() {
	if len(l.room) > 0 {
		_, _ = l.to.Write(l.room)
		l.room = l.room[:0]
	}
}
