package matcher

import "github.com/parleyhq/parley/slots"

// Provider is what matching may know of a person on the provider's side.
type Provider struct {
	Present    bool // false: the case names nobody in this role
	NPI        string
	Credential string
	Specialty  string // NUCC code
	TimeZone   string // IANA name, "" if unknown
}

// Determination is the payer's decision as it stands.
type Determination struct {
	Status         string     // pending, denied, partially_denied, approved, withdrawn, expired
	Reason         string     // medical_necessity, investigational, administrative, benefit, missing_information; "" if none
	LetterDate     slots.Date // 0 = unknown
	LetterReceived bool
	Final          bool          // the decision stands: no re-review or reconsideration is open
	ReviewerID     string        // who decided, may be outside the roster; "" = unknown
	DecidedAt      slots.Instant // 0 = unknown
}

// PostDecision tells what is still open after the decision.
type PostDecision struct {
	Present         bool
	Delegated       bool
	Reconsideration string        // open, closed, unknown
	Until           slots.Instant // 0 = unknown
}

// Case is what matching may know of an authorization under discussion. It
// carries no personal data and is immutable once stored. Optional instants and
// dates are 0 when absent.
type Case struct {
	Tenant, ID     string
	HealthPlan     string
	LineOfBusiness string // commercial, self_funded, exchange, medicaid, medicare_advantage, medicare, workers_comp
	PlanType       string // hmo, ppo, epo, pos, indemnity, "" if unknown
	SitusState     string // where the policy was issued, "" if unknown
	MemberState    string
	Population     string // adult, pediatric, geriatric
	Program        string // case type, compared by equality
	LevelOfReview  string // initial, reconsideration, appeal
	Phase          string // pre_service, concurrent, post_service
	Expedited      bool

	Determination Determination
	PostDecision  PostDecision

	DecisionDue              slots.Instant // as the payer knows it; 0 = by the clocks of the law
	AppealFiledAt            slots.Instant
	ServicePerformedOn       slots.Date
	DischargedAt             slots.Instant
	AuthorizationRequestedAt slots.Instant
	InformationCompleteAt    slots.Instant
	P2PRequestedAt           slots.Instant // 0 = the first hold, booking or callback request
	InvolvedReviewerIDs      []string

	Requesting, Ordering, Rendering Provider

	// Stage is which of its reviewer stages the case is at, 0 first; CallsHeld how
	// many calls about it were completed. Both come from the calls, not from the payer.
	Stage     int
	CallsHeld int

	ServiceCodes     []string
	ServiceSpecialty string // NUCC code
	Drug             string // provider_administered, retail, ""
	Modality         string
}
