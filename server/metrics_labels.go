package server

import "github.com/parleyhq/parley/engine"

// Closed sets of label values, beside the vocabularies of the wire.
var (
	conflictLabels = []string{"slot_taken", "hold_expired", "case_already_scheduled", "rules_changed",
		"not_reschedulable", "not_cancellable", "stale_version", "too_many_holds", "hold_cool_down",
		"attempts_exhausted", "not_in_progress"}

	programLabels = []string{"advanced-imaging", "cardiac", "ipm", "physical-medicine", "msk", "msk-spine-surgery",
		"msk-joint-surgery", "radiation-oncology", "radiology-cardiology", "sleep", "dme", "gastroenterology", "lab",
		"medical-oncology", "specialty-drugs", "medication"}

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
		engine.KindRecordAttempt:      "record_attempt",
		engine.KindStartCall:          "start_call",
		engine.KindCompleteCall:       "complete_call",
		engine.KindNoShow:             "no_show",
		engine.KindReassign:           "reassign",
		engine.KindAddAbsence:         "add_absence",
		engine.KindCreateCallback:     "create_callback",
		engine.KindCancelCallback:     "cancel_callback",
		engine.KindAdHoc:              "ad_hoc",
		engine.KindRecordOffer:        "record_offer",
		engine.KindPutTenant:          "put_tenant",
		engine.KindCreateKey:          "create_key",
		engine.KindRevokeKey:          "revoke_key",
		engine.KindAnchorJournal:      "anchor_journal",
		engine.KindReseal:             "reseal",
	}
)
