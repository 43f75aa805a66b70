// Package enginetest proves engines and logs from outside.
//
// RunLogSuite is the conformance suite of engine.Log. Run is a simulation: a
// seeded workload drives a real engine on a log in memory, with a clock that it
// moves, while an auditor predicts the outcome of every command from a model of
// its own. Between commands the log refuses writes, fails with an unknown
// outcome, crashes and is opened again.
//
// The auditor shares no code with the engine: it is slices and loops, quadratic
// on purpose, written from the contract and not from the engine. It believes
// nothing that the engine says; after every step the engine's snapshot must
// hold exactly what the auditor expects.
//
// A failure names seed and step, and comes with a list of steps from which
// nothing can be left out.
package enginetest
