package server

// vocabulary is a closed list of words that a field may hold.
type vocabulary []string

// The ways to arrange a call.
const (
	modeSlot     = "slot"
	modeCallback = "callback"
	modeAdHoc    = "ad_hoc"
)

// The words of the wire, in the order in which they are documented.
var (
	linesOfBusiness = vocabulary{"commercial", "self_funded", "exchange", "medicaid", "medicare_advantage", "medicare", "workers_comp"}
	planTypes       = vocabulary{"hmo", "ppo", "epo", "pos", "indemnity"}
	levelsOfReview  = vocabulary{"initial", "reconsideration", "appeal"}
	phases          = vocabulary{"pre_service", "concurrent", "post_service"}
	caseStatuses    = vocabulary{"pending", "denied", "partially_denied", "approved", "withdrawn", "expired"}
	denialReasons   = vocabulary{"medical_necessity", "investigational", "administrative", "benefit", "missing_information"}
	populations     = vocabulary{"adult", "pediatric", "geriatric"}
	drugs           = vocabulary{"provider_administered", "retail"}
	reopenings      = vocabulary{"open", "closed", "unknown"}
	origins         = vocabulary{"payer_required", "provider_requested"}
	licenseTypes    = vocabulary{"full", "administrative", "training", "telemedicine", "limited"}
	licenseStatuses = vocabulary{"active", "restricted", "suspended", "expired", "revoked"}
	performerRoles  = vocabulary{"requesting_provider", "contact_person", "someone_else"}
	locations       = vocabulary{"provider_office", "facility", "home", "other"}
	notifyWays      = vocabulary{"email", "fax", "none"}
	parties         = vocabulary{"provider", "payer"}
	reveals         = vocabulary{"auto", "always", "never"} // in matcher.Reveal's order
	modes           = vocabulary{modeSlot, modeCallback, modeAdHoc}
	callbackStates  = vocabulary{"queued", "assigned", "unassignable", "cancelled"}
	importKinds     = vocabulary{"reviewer", "case"}
	views           = vocabulary{"mine", "reviewer", "case"}
	directions      = vocabulary{outbound, inbound}
	attemptResults  = vocabulary{resultReached, resultMessage, resultVoicemail, resultNoAnswer}
	spokeRoles      = vocabulary{"provider", "associate_physician", "nurse_practitioner", "nurse", "medical_assistant", "other"}
	callOutcomes    = vocabulary{"upheld", "overturned", outcomeModified, "information_requested", "withdrawn", "decision_pending", "consultation_only", "alternative_accepted", outcomeEscalated}
	missedBy        = vocabulary{"provider", "reviewer"}
	tiers           = vocabulary{"full", "similar", "skilled", "license_waived", "specialty_waived", "both_waived"} // Tier 1, 2, …

	// states are the postal codes of the states, the district and the territories.
	states = vocabulary{
		"AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY",
		"LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH",
		"OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY",
		"AS", "GU", "MP", "PR", "VI",
	}
)

// Words that decide which other words go with them.
const (
	outbound         = "outbound"
	inbound          = "inbound"
	resultReached    = "reached"
	resultMessage    = "message_with_person"
	resultVoicemail  = "voicemail"
	resultNoAnswer   = "no_answer"
	outcomeModified  = "modified"
	outcomeEscalated = "escalated"
)
