// Package enginetest proves engines and logs from outside.
//
// RunLogSuite is the conformance suite of engine.Log. Run is a simulation: a
// seeded workload drives a real engine, with a clock that it moves, while an auditor
// predicts the outcome of every command from a model of its own. Its log lies in memory,
// or on a Disk that loses and fails as real ones do: then the power is cut at any
// operation, also in recovery. Between commands the log refuses writes, fails with an
// unknown outcome, crashes and is opened again. docs/testing.md tells more.
//
// Equal configurations give equal runs, down to each operation of the disk: all happens in
// a bubble of testing/synctest, where commands enter one by one and writes take time. Where
// urgent commands go first, the auditor judges in the order of their turns.
//
// The auditor shares no code with the engine: it is slices and loops, quadratic
// on purpose, written from the contract and not from the engine. It believes
// nothing that the engine says; after every step the engine's snapshot must
// hold exactly what the auditor expects.
//
// A failure names seed and step, and comes with a list of steps from which
// nothing can be left out.
package enginetest
