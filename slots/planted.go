package slots

// Bugs that a build with the tag plantNN has, with planted = NN; in every other planted is 0 and the compiler
// removes them. Each shows that a test would see it: docs/planted.md.
const (
	plantTimeDate = 17 // a local time is resolved as package time does it
)
