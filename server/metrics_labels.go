package server

import "github.com/parleyhq/parley/engine"

// Closed sets of label values.
var (
	conflictLabels = []string{"slot_taken", "hold_expired", "case_already_scheduled", "rules_changed",
		"not_reschedulable", "not_cancellable", "stale_version", "too_many_holds"}

	// tierLabels are the tiers that an offer can have, best first.
	tierLabels = []string{"full", "similar", "skilled", "license_waived", "specialty_waived", "both_waived"}

	programLabels = []string{"advanced-imaging", "cardiac", "ipm", "physical-medicine", "msk", "msk-spine-surgery",
		"msk-joint-surgery", "radiation-oncology", "radiology-cardiology", "sleep", "dme", "gastroenterology", "lab",
		"medical-oncology", "specialty-drugs", "medication"}

	stateLabels = []string{"AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA",
		"KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND",
		"OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY",
		"AS", "GU", "MP", "PR", "VI"}

	kindLabels = [...]string{
		engine.KindLoadRules:          "load_rules",
		engine.KindPutReviewer:        "put_reviewer",
		engine.KindDeactivateReviewer: "deactivate_reviewer",
		engine.KindPutCase:            "put_case",
		engine.KindHold:               "hold",
		engine.KindReleaseHold:        "release_hold",
		engine.KindBook:               "book",
		engine.KindReschedule:         "reschedule",
		engine.KindCancel:             "cancel",
		engine.KindPutProfile:         "put_profile",
		engine.KindRecordAnswer:       "record_answer",
	}
)
