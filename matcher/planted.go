package matcher

// Bugs that a build with the tag plantNN has, with planted = NN; in every other planted is 0 and the compiler
// removes them. Each shows that a test would see it: docs/planted.md.
const (
	plantTouching    = 6  // calls that touch are taken to overlap
	plantBuffer      = 7  // the time after a call is not kept free
	plantHoldsUnseen = 15 // a search does not see holds
	plantOverflow    = 18 // the end of a call is counted in 32 bits
)
