package server

// Bugs that a build with the tag plantNN has, with planted = NN; in every other planted is 0 and the compiler
// removes them. Each shows that a test would see it: docs/planted.md.
const (
	plantMoveInTwo  = 8  // a call is moved by a cancellation and a booking
	plantOpenRoute  = 19 // one route asks nobody who he is allowed to be
	plantBufferKept = 20 // a call keeps memory that the transport uses again
	plantEcho       = 21 // an error repeats what somebody wrote
	plantUnrecorded = 22 // exports leave no record
)
