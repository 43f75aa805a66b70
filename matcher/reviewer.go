package matcher

import "github.com/parleyhq/parley/slots"

// License is a reviewer's licence in one state. It counts for a slot if it is
// valid at the slot's start, active, and of a type that the rule accepts.
type License struct {
	State  string // two-letter state or territory
	Type   string // full, administrative, training, telemedicine, limited
	Status string // active, restricted, suspended, expired, revoked
	// From and To are local dates in the licensing state's zone, both included.
	From, To slots.Date
}

// Certification is a board certification. It counts on local dates of the row
// that asks for it.
type Certification struct {
	Specialty string     // NUCC code of what the board certified
	From, To  slots.Date // both included; To 0 = open
}

// Experience is practice in a specialty, other than by what the reviewer is now
// listed for.
type Experience struct {
	Specialty string     // NUCC code
	Until     slots.Date // last day of practice, 0 = still practising
}

// Reviewer is what matching may know of a payer's clinician. It carries no
// personal data and is immutable once it is in a Roster.
type Reviewer struct {
	Ref         slots.ReviewerRef // the roster's number, never reused
	Tenant, ID  string
	Credential  string   // MD, DO, PharmD, …
	NPI         string   // ten digits
	Specialties []string // NUCC codes, best first
	Licenses    []License
	// BoardCertifications and Experience are facts that few rules ask for; none is
	// assumed where they are absent.
	BoardCertifications []Certification
	Experience          []Experience

	Programs    []string // case types trained for, compared by equality
	Populations []string // adult, pediatric, geriatric
	HealthPlans []string // empty = all
	Modalities  []string // empty = all
	Zone        *slots.Zone
	Hours       slots.Availability
	// BufferBefore and BufferAfter keep time free around new calls, in minutes.
	BufferBefore, BufferAfter int
	// MaxPerDay caps active calls by the reviewer's local date; 0 = no cap.
	MaxPerDay int
	Active    bool
}
