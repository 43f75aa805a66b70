package engine

// Bugs that a build with the tag plantNN has, with planted = NN; in every other planted is 0 and the compiler
// removes them. Each shows that a test would see it: docs/planted.md.
const (
	plantEarlySnapshot  = 4  // a state is shown before it is durable
	plantConfirm        = 9  // a booking by a hold does not ask again whether the time is free
	plantWallClock      = 10 // holds end by the clock of the machine
	plantKeyApart       = 11 // a key is not remembered in the entry of its command
	plantKeyShort       = 12 // a key is forgotten after a day
	plantKeysOfAll      = 13 // keys are shared by all tenants
	plantMapOrder       = 14 // the order of a map reaches the log
	plantHeldCase       = 16 // a case that is held may have another call
	plantLate           = 23 // a command is applied though nobody waits for it any more
	plantHoldsUnbounded = 24 // holds of a principal are not counted
)
