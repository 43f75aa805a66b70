package main

import "log/slog"

// logKeys are the fields that a line of the log may have beside time, level and msg. Each holds numbers, names of
// the program's own, or errors that are made without personal data; docs/operations.md says what each tells. The
// house rules compare the list with every call that logs; whatever reaches the logger past it is withheld.
var logKeys = map[string]bool{
	"atHand":     true,
	"cause":      true,
	"dataKey":    true,
	"done":       true,
	"error":      true,
	"file":       true,
	"free":       true,
	"from":       true,
	"inForce":    true,
	"last":       true,
	"message":    true,
	"panic":      true,
	"readBehind": true,
	"reason":     true,
	"records":    true,
	"request":    true,
	"route":      true,
	"seconds":    true,
	"seq":        true,
	"stack":      true,
	"status":     true,
	"store":      true,
	"suppressed": true,
	"total":      true,
	"watermark":  true,
}

// withheldText stands where a field was that is not on the list.
const withheldText = "withheld: the field is not on the list of log fields"

// mayLog reports whether a field is on the list. A group never is: its fields would hide behind its name.
func mayLog(a slog.Attr) bool { return logKeys[a.Key] && a.Value.Kind() != slog.KindGroup }

// withhold returns the fields, without the values of those that are not on the list.
func withhold(attrs []slog.Attr) []slog.Attr {
	out := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		if out[i] = a; !mayLog(a) {
			out[i] = slog.String(a.Key, withheldText)
		}
	}
	return out
}

// withheld returns a record like r, without the values of fields that are not on the list.
func withheld(r slog.Record) slog.Record {
	clean := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	attrs := make([]slog.Attr, 0, r.NumAttrs())
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	clean.AddAttrs(withhold(attrs)...)
	return clean
}
