package engine

import "strings"

// admit checks what no judgement may rely on a caller for: that ids are ids,
// keys can be told apart, and a payload is there. It returns what is wrong.
func (c *Command) admit() (detail string, ok bool) {
	a := &c.Actor
	switch {
	case !validName(a.Tenant, MaxIDBytes):
		return "tenant", false
	case !validName(a.Principal, MaxKeyBytes):
		return "principal", false
	case c.Key != "" && !validName(c.Key, MaxKeyBytes):
		return "idempotency_key", false
	case len(c.Client) > MaxClientBytes:
		return "client", false
	}
	switch p := c.Payload.(type) {
	case nil:
		return "payload", false
	case LoadRules:
		return "rules", len(p.Bundle) <= MaxRulesBytes
	case PutReviewer:
		return p.Reviewer.admit()
	case DeactivateReviewer:
		return "id", validID(p.ID)
	case PutCase:
		return "id", validID(p.Case.ID)
	case HoldSlot:
		return "id", validID(p.ID) && validIDs(p.CaseIDs) && validID(p.ReviewerID)
	case ReleaseHold:
		return "id", validID(p.ID)
	case Book:
		return "id", validID(p.ID) && validIDs(p.CaseIDs) && validID(p.ReviewerID) && (p.HoldID == "" || validID(p.HoldID))
	case Reschedule:
		return "id", validID(p.ID) && validID(p.ReviewerID)
	case Cancel:
		return "id", validID(p.ID)
	case PutProfile:
		return "npis", len(p.Profile.NPIs) <= MaxProfileNPIs
	case RecordAnswer:
		return "answer", c.Key != "" && len(p.Body) <= MaxAnswerBytes
	case RecordAttempt:
		return p.admit()
	case StartCall:
		return "id", validID(p.ID)
	case CompleteCall:
		return p.admit()
	case NoShowCall:
		return p.admit()
	case Reassign:
		return "id", validID(p.ID) && validID(p.ReviewerID)
	case AddAbsence:
		return p.admit()
	case CreateCallback:
		return p.admit()
	case CancelCallback:
		return "id", validID(p.ID)
	case AdHoc:
		return "id", validID(p.ID) && validIDs(p.CaseIDs)
	case RecordOffer:
		return p.admit()
	case PutTenant:
		return p.admit()
	case CreateKey:
		return p.admit()
	case RevokeKey:
		return p.admit()
	case AnchorJournal:
		return p.admit()
	case Reseal:
		return p.admit()
	}
	return "", true
}

// maxBufferMinutes bounds a buffer: a day.
const maxBufferMinutes = 24 * 60

func (r *Reviewer) admit() (detail string, ok bool) {
	switch {
	case !validID(r.ID):
		return "id", false
	case r.Zone == nil:
		return "time_zone", false
	case r.BufferBefore < 0 || r.BufferBefore > maxBufferMinutes, r.BufferAfter < 0 || r.BufferAfter > maxBufferMinutes:
		return "buffer", false
	case r.MaxPerDay < 0:
		return "max_per_day", false
	}
	return "", true
}

// validName takes any text of 1 to limit bytes without NUL, which separates
// the parts of keys.
func validName(s string, limit int) bool {
	return s != "" && len(s) <= limit && strings.IndexByte(s, 0) < 0
}

// validID takes [A-Za-z0-9._-]{1,64}.
func validID(s string) bool {
	if s == "" || len(s) > MaxIDBytes {
		return false
	}
	for i := range len(s) {
		switch b := s[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '.', b == '_', b == '-':
		default:
			return false
		}
	}
	return true
}

func validIDs(ids []string) bool {
	for _, id := range ids {
		if !validID(id) {
			return false
		}
	}
	return true
}
