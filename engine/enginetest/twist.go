package enginetest

// Twist is a mistake that an auditor can be made to make. An engine that
// disagrees with the twisted auditor is one that does not make the mistake; so
// each twist shows that the simulation would see it.
type Twist int

// The twists.
const (
	NoTwist              Twist = iota
	TwistTouching              // calls that touch are taken to overlap
	TwistBufferForgotten       // the time after a call is not kept free
	TwistHoldOutlives          // a hold still counts at its deadline
	TwistCancelKeepsSlot       // a cancelled call still takes its time
	TwistKeysUnscoped          // idempotency keys are shared by everybody
	TwistKeysForgotten         // idempotency keys are kept for six days
	TwistCapWithoutHolds       // holds do not count for the cap of a day
	TwistMoveBlocked           // a call stands in its own way when it is moved
	TwistCaseHeldFree          // a case that somebody else holds can be booked
	TwistMissAnywhere          // an attempt outside the call's time is a miss
	TwistEndedStays            // a call stays booked when its case is approved
	TwistEscalatedCounts       // an escalated call counts as held
	TwistTriedOnce             // a request that waits is never tried again
	TwistWindowsWide           // a callback may end after its window
	TwistUnconsented           // a request gets a call that needs a consent it did not give
	TwistUnseated              // a call stays with a reviewer who is away
	TwistOffersTwice           // the same answer is recorded again within 10 minutes
	TwistDutyForgotten         // what becomes of calls is not recorded
	TwistPartAnywhere          // a part may be certified in any call
	TwistNothingOwed           // no call is followed by its result
	TwistOneLine               // no command goes before one that was sent first
	twistEnd
)

// Twists lists all twists.
func Twists() []Twist {
	all := []Twist{}
	for t := NoTwist + 1; t < twistEnd; t++ {
		all = append(all, t)
	}
	return all
}

var twistNames = [twistEnd]string{
	"none", "touching", "buffer forgotten", "hold outlives", "cancel keeps slot", "keys unscoped",
	"keys forgotten", "cap without holds", "move blocked", "held case free",
	"miss anywhere", "ended call stays", "escalated counts",
	"tried once", "windows wide", "unconsented", "unseated", "offers twice", "duty forgotten",
	"part anywhere", "nothing owed", "one line",
}

// String names the mistake.
func (t Twist) String() string { return twistNames[t] }
