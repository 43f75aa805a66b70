package matcher

import (
	"github.com/tidwall/btree"

	"github.com/parleyhq/parley/slots"
)

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

// ---- roster.go ----

// Roster is the candidate index: reviewers by number, by id and by attribute.
// Clone is O(1), copy on write; one writer.
type Roster struct {
	byRef *btree.Map[slots.ReviewerRef, *Reviewer]
}

func NewRoster() *Roster                                                   { panic("contract") }
func (r *Roster) Put(v *Reviewer)                                          { panic("contract") } // insert or replace by Ref
func (r *Roster) Get(ref slots.ReviewerRef) (*Reviewer, bool)              { panic("contract") }
func (r *Roster) Find(tenant, id string) (*Reviewer, bool)                 { panic("contract") }
func (r *Roster) Len() int                                                 { panic("contract") }
func (r *Roster) Ascend(tenant, fromID string, yield func(*Reviewer) bool) { panic("contract") } // by id, from ≥ fromID
func (r *Roster) Clone() *Roster                                           { panic("contract") }

// ---- view.go, query.go, plan.go ----

// View is the immutable state that a search or a judgement reads.
type View struct {
	Tenant   string
	Rules    *Ruleset
	Roster   *Roster
	Calendar *slots.Calendar
	Now      slots.Instant
	Except   string // id of a call to ignore: the caller's own hold, or the appointment being moved
}

// Reveal says when tiers that need a waiver are shown.
type Reveal uint8

const (
	RevealAuto Reveal = iota
	RevealAlways
	RevealNever
)

// Query is what a requester asks.
type Query struct {
	Cases          []*Case // 1–MaxCases, distinct
	FirstAsked     slots.Instant
	Zone           *slots.Zone    // of the ticks, the days and the labels
	Range          slots.Interval // starts to consider; zero = now to horizon
	Ticks          slots.Ticks    // zero = all
	SpecialtyMatch bool
	Waivable       Reveal
}

// MaxCases is how many cases one call may discuss.
const MaxCases = 5

// Refusal says why a query cannot have a plan at all.
type Refusal struct {
	Code    string // not_eligible, mode_not_available, cases_not_combinable
	CaseID  string // the case at fault, if one
	Reasons []Reason
}

// Plan is a query made ready: rules resolved, limits intersected, rank order
// fixed. It is the seam between rules and search: every search implementation
// turns the same Plan into the same Answer.
type Plan struct {
	CallMinutes int
	Grid        slots.Grid
	HoldMinutes int
	Modes       []string
	view        *View
}

// NewPlan resolves rules and limits once per request. Mode "slot" must be open to all cases.
func NewPlan(v *View, q Query) (*Plan, *Refusal) { panic("contract") }

// Fault says which gate a slot fails, in the order in which a booking is refused.
type Fault uint8

const (
	FaultNone         Fault = iota
	FaultNotOffered         // off the grid, outside the hours, past, beyond a limit
	FaultNotQualified       // the reviewer may not take the case
	FaultTaken              // a call, its buffers or a cap is in the way
)

// CaseJudgement is the part of one case in a judgement.
type CaseJudgement struct {
	CaseID       string
	Tier         Tier
	Relation     Relation
	Unmet        Needs
	Consultative bool
	Attestations []string // codes that booking this case on this slot needs, waivers and mandatory ones
	Optional     []string // codes that are stored if sent
}

// Judgement is what the one predicate says of a reviewer and a start.
type Judgement struct {
	Fault    Fault
	Detail   string         // machine-readable: off_grid, outside_hours, past, lead_time, beyond_horizon, beyond_limit, call, cap, or a need's code
	Rule     string         // the rule or limit that decided, for a refusal
	Span     slots.Interval // the call
	Busy     slots.Interval // with the reviewer's present buffers
	Tier     Tier
	Relation Relation
	Unmet    Needs
	// Consultative: the decision of every case can no longer change.
	Consultative bool
	Attestations []string // union over the cases, sorted
	Optional     []string
	Met          []string // requirement codes that are met, sorted
	Rules        []string // ids of the rows that judged, sorted
	Cases        []CaseJudgement
}

// Judge is the one predicate behind search, hold, book, reschedule and explain. It ignores
// ticks and the query's range, and honours lead time, horizon and the cases' limits.
func (p *Plan) Judge(r *Reviewer, start slots.Instant) Judgement { panic("contract") }

// ---- answer.go ----

// SlotOffer is one start of one reviewer.
type SlotOffer struct {
	Start, End   slots.Instant
	Consultative bool
	Cases        []CaseJudgement // only where they differ among the cases, else nil
}

// DayOffers are the offers of one local date; More counts what the cut left out.
type DayOffers struct {
	Date  slots.Date
	Slots []SlotOffer
	More  int
}

// ReviewerOffers are a reviewer's seven days, Monday first.
type ReviewerOffers struct {
	Reviewer *Reviewer
	Relation Relation
	Days     [7]DayOffers
}

// Priority is one tier that exists in the answer.
type Priority struct {
	Number        int // from 1, without gaps
	Tier          Tier
	Unmet         Needs
	Attestations  []string
	MoreReviewers bool
	Reviewers     []ReviewerOffers
}

// Because says why nothing compliant is in range.
type Because struct{ Code, Rule, Detail string }

// Unlock is one single change that would yield slots.
type Unlock struct {
	Kind     string // attestation, day, hour, week, specialty_match_requested
	Value    string // the code, weekday, hour, Monday's date, or true/false
	Slots    int    // distinct reviewer × start
	Earliest slots.Instant
}

// Explanation accounts for an answer.
type Explanation struct {
	Offered        int
	NothingBecause []Because
	Unlock         []Unlock
}

// WeekShape cuts a week answer.
type WeekShape struct {
	Monday               slots.Date
	ReviewersPerPriority int // 1–200
	SlotsPerDay          int // 1–200
}

// WeekAnswer is the week grid.
type WeekAnswer struct {
	Monday      slots.Date
	Priorities  []Priority
	Explanation Explanation
}

// Offer is a slot, a reviewer and a tier for one request.
type Offer struct {
	SlotOffer
	Reviewer     *Reviewer
	Relation     Relation
	Priority     int // number of its tier among those present
	Tier         Tier
	Unmet        Needs
	Attestations []string
}

// OffersAnswer is a flat, ranked list.
type OffersAnswer struct {
	Offers      []Offer
	Explanation Explanation
}

// Week answers the week grid; the plan's range must be that week.
func (p *Plan) Week(shape WeekShape) WeekAnswer { panic("contract") }

// Earliest answers by tier, start, relation, fewest calls that local day, id.
func (p *Plan) Earliest(limit int) OffersAnswer { panic("contract") }

// Nearest answers the offers closest in time to around, compliant tiers before waivable ones.
func (p *Plan) Nearest(around slots.Instant, limit int) []Offer { panic("contract") }

// WeekRange returns the span from Monday's first instant to the next Monday's, in a zone.
func WeekRange(z *slots.Zone, monday slots.Date) slots.Interval { panic("contract") }
