package matcher

// The words that cases and rules share on the wire.
var (
	lines         = []string{"commercial", "self_funded", "exchange", "medicaid", "medicare_advantage", "medicare", "workers_comp"}
	planTypes     = []string{"hmo", "ppo", "epo", "pos", "indemnity"}
	levels        = []string{"initial", "reconsideration", "appeal"}
	phases        = []string{"pre_service", "concurrent", "post_service"}
	statuses      = []string{"pending", "denied", "partially_denied", "approved", "withdrawn", "expired"}
	denialReasons = []string{"medical_necessity", "investigational", "administrative", "benefit", "missing_information"}
	populations   = []string{"adult", "pediatric", "geriatric"}
	drugs         = []string{"provider_administered", "retail"}
	openings      = []string{"open", "closed", "unknown"}
	licenseTypes  = []string{"full", "administrative", "training", "telemedicine", "limited"}
	modes         = []string{"slot", "callback", "ad_hoc"}
	optionCodes   = []string{
		"reconsideration", "appeal", "cms_reopening", "resubmission",
		"submit_documentation", "alternative_recommendation", "call_payer",
	}
	outcomes = []string{
		"upheld", "overturned", "modified", "information_requested", "withdrawn",
		"decision_pending", "consultation_only", "alternative_accepted", "escalated",
	}
	adviceCodes = []string{"send_documentation_first", "concurrent_ask_within_72h", "confirm_with_health_plan"}
)

// Words that only rules use.
var (
	rowKinds       = []string{"state", "federal", "accreditation"}
	stateBases     = []string{"situs_else_member", "situs", "member"}
	roles          = []string{"requesting", "ordering", "rendering"}
	professions    = []string{"any", "physician", "non_physician"}
	anchorKinds    = []string{"requester", "service", "either", "agent"}
	identities     = []string{"original_preferred", "original_required", "original_barred", "involved_barred"}
	certifications = []string{"certified", "certified_or_experience"}
	units          = []string{"hours", "calendar_days", "business_days"}
	holidayKinds   = []string{"none", "federal", "state", "federal_and_state", "payer"}
	startEvents    = []string{"request", "request_and_information", "denial", "letter_date"}
	decisionEvents = []string{"authorization", "authorization_and_information"}
	endEvents      = []string{"determination", "appeal_filed", "discharge", "service_performed"}
	caseEffects    = []string{"none", "converts_to_appeal", "needs_member_consent"}
	proxyKinds     = []string{"designee", "licensed_staff", "clinician", "any_staff"}
	recordParts    = []string{"offered_at", "held_at", "outcome", "attempts"}
	clauseEffects  = []string{"refuse", "consultative", "eligible"}
	limitEvents    = append([]string{"decision_due", "reconsideration_until"}, endEvents...)
	limitEffects   = []string{"consultative", "closes"}
	optionEnds     = []string{"reconsideration_until", "decision_due"}
	labelKinds     = []string{"level", "health-plan"}

	speakerKinds    = []string{"anyone", "clinician", "credentials"}
	dialers         = []string{"reviewer", "requester"}
	informationWays = []string{"in_writing", "documented", "none", "any"}
	contactKinds    = []string{"phone", "fax", "web", "form", "email"}
	missEnds        = []string{"deemed_completed", "no_show", "none"}
	missCounts      = []string{"windows", "any"}
	observances     = []string{"none", "nearest_weekday", "monday"}
)
