// Package engine is the deterministic state machine of rosters, cases, holds
// and appointments, and the single writer that drives it.
//
// A Command is judged (a pure function of state, ruleset and stamped time)
// into an Outcome; an accepted command and its outcome form an Entry, which is
// appended to the log with one sync per batch, applied, published as an
// immutable Snapshot, and only then acknowledged. Replay applies entries and
// never judges again. Refused commands leave no trace.
package engine
