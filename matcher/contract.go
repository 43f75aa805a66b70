package matcher

import "github.com/parleyhq/parley/slots"

// Contract file: signatures that engine and server build on.

// ---- relation.go, tier.go ----

// Relation says how close a reviewer's specialty is to the anchor's; greater is closer.
type Relation uint8

const (
	RelationNone Relation = iota
	RelationSimilar
	RelationSame
	RelationSameSubspecialty
)

func (r Relation) String() string { panic("contract") } // none, similar, same, same_subspecialty

// Tier says how far a match meets the requirements; smaller is better, 0 is no offer.
// Numbers are part of the log format.
type Tier uint8

const (
	TierNone Tier = iota
	TierFull
	TierSimilar
	TierSkilled
	TierLicenseWaived
	TierSpecialtyWaived
	TierBothWaived
)

func (t Tier) String() string  { panic("contract") } // full, similar, skilled, license_waived, …
func (t Tier) Compliant() bool { panic("contract") } // needs no waiver

// Need is a requirement that a reviewer may leave unmet; Needs is a set of them (bit Need).
type Need uint8

const (
	NeedLicense Need = iota
	NeedSpecialty
	NeedSpecialtyMatch // the caller asked for it
	NeedCredential
	NeedPopulation
	NeedProgram
	NeedHealthPlan
	NeedModality
	NeedIdentity // barred by involvement, or somebody else is required
	NeedBoardCertification
	NeedActive
)

type Needs uint32

func (n Needs) Has(x Need) bool { panic("contract") }
func (n Needs) Codes() []string { panic("contract") } // license, specialty, specialty_match, …, in order

// ---- rule files: ruleset.go, rule.go, payer.go, attestation.go, concept.go ----

// Ruleset is a compiled, immutable version of all rules: jurisdictions, payer
// programs, specialty concepts, similarity, attestations, state zones.
type Ruleset struct{ version string }

// EmbeddedRules returns the shipped rules as one canonical bundle, the form in
// which a command carries them into the log.
func EmbeddedRules() ([]byte, error) { panic("contract") }

// CompileRules checks and compiles a bundle. Pure.
func CompileRules(bundle []byte) (*Ruleset, error) { panic("contract") }

func (r *Ruleset) Version() string { panic("contract") } // "rules-" + 12 hex digits of the bundle's SHA-256

// Labels shown to people.
func (r *Ruleset) ProgramLabel(program string) string                              { panic("contract") } // "MSK Spine Surgery"
func (r *Ruleset) LevelLabel(level string) string                                  { panic("contract") } // "Reconsideration P2P"
func (r *Ruleset) HealthPlanLabel(plan string) string                              { panic("contract") }
func (r *Ruleset) AttestationText(code string) (text string, version int, ok bool) { panic("contract") }

// Reason says why, and by which rule.
type Reason struct {
	Code    string // stable, snake_case
	Message string // for people, free of personal data
	Rule    string // id of the row, e.g. "hne/reconsideration"
	Display bool   // worth showing to the requester
}

// RequirementInfo is a requirement as shown to the requester.
type RequirementInfo struct {
	Code     string // license, specialty, credential, program, population, …
	State    string // for a licence
	Relation string // for a specialty: similar, same, same_subspecialty
	Rule     string
}

// AttestationInfo is an acknowledgement that the caller may or must give.
type AttestationInfo struct {
	Code, Text, Rule string
	Version          int
	Mandatory        bool
}

// Option is another way on.
type Option struct {
	Code  string
	Until slots.Instant // 0 = no known end
	How   string
}

// EligibilityStatus is what the rules say of a case.
type EligibilityStatus uint8

const (
	Eligible EligibilityStatus = iota
	ConsultativeOnly
	NotEligible
)

func (s EligibilityStatus) String() string { panic("contract") } // eligible, consultative_only, not_eligible

// Eligibility is the verdict on a case alone: may a call be asked for, what can it change, how.
type Eligibility struct {
	Status                EligibilityStatus
	Modes                 []string // slot, callback, ad_hoc; sorted as in the payer row
	Reasons               []Reason // never empty; each names its rule
	RequestUntil          slots.Instant
	DecisionChangingUntil slots.Instant
	DueBy                 slots.Instant
	Requirements          []RequirementInfo
	Attestations          []AttestationInfo // mandatory or optional whatever the match; waivers come with an offer
	OtherOptions          []Option
	Advice                []string
	CallMinutes           int
	GridMinutes           int
	LeadMinutes           int
	HorizonHours          int
	HoldMinutes           int
	ClinicianRequired     bool // a licensed clinician must speak
}

// Eligibility judges a case at now; firstAsked is when the call was first asked for, 0 = now.
func (r *Ruleset) Eligibility(c *Case, now, firstAsked slots.Instant) Eligibility { panic("contract") }
