package main

import (
	"io"
	"log/slog"
)

// newLogger makes the program's logger; format and level come from flags that
// accept only known names.
func newLogger(w io.Writer, format, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		panic("parley: log level " + level) // the flag's enum admits only slog's names
	}
	options := &slog.HandlerOptions{Level: l}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
