package server

import (
	"cmp"
	"crypto/subtle"
	"net/http"
	"slices"

	"github.com/parleyhq/parley/engine"
)

// lookupIn names a case the way an office knows it, in one of three forms: a
// case or authorization number with the member's birth date, the same with the
// ordering provider's number, or the member's number, birth date and last name.
type lookupIn struct {
	CaseID              opt[string] `json:"caseId"`
	AuthorizationNumber opt[string] `json:"authorizationNumber"`
	MemberID            opt[string] `json:"memberId"`
	MemberDateOfBirth   opt[string] `json:"memberDateOfBirth"`
	MemberLastName      opt[string] `json:"memberLastName"`
	OrderingNPI         opt[string] `json:"orderingNpi"`
}

// lookup is a checked look-up: which cases to compare, and with what.
type lookup struct {
	caseID, authorizationNumber, orderingNPI string
	memberID, birthDate, lastName            engine.Digest
}

func (in *lookupIn) resolve(k *check, vault *engine.Vault) (l lookup) {
	byNumber := in.CaseID.Set != in.AuthorizationNumber.Set && !in.MemberID.Set && !in.MemberLastName.Set &&
		in.MemberDateOfBirth.Set != in.OrderingNPI.Set
	byMember := in.MemberID.Set && in.MemberDateOfBirth.Set && in.MemberLastName.Set &&
		!in.CaseID.Set && !in.AuthorizationNumber.Set && !in.OrderingNPI.Set
	if !byNumber && !byMember {
		k.wrong("", "must name caseId or authorizationNumber, with memberDateOfBirth or orderingNpi; or memberId, memberDateOfBirth and memberLastName")
		return l
	}
	l.caseID = optional(in.CaseID, "/caseId", k.id)
	l.authorizationNumber = optional(in.AuthorizationNumber, "/authorizationNumber", k.visible)
	l.orderingNPI = optional(in.OrderingNPI, "/orderingNpi", k.npi)
	if in.MemberDateOfBirth.Set {
		l.birthDate = vault.DigestBirthDate(k.date("/memberDateOfBirth", in.MemberDateOfBirth.V).String())
	}
	if byMember {
		l.memberID = vault.DigestMemberID(k.visible("/memberId", in.MemberID.V))
		l.lastName = vault.DigestLastName(lastWord(k.text("/memberLastName", in.MemberLastName.V, maxName)))
	}
	return l
}

// candidates are the cases under the number that the look-up names.
func (l *lookup) candidates(c *call) []*engine.Case {
	switch {
	case l.caseID != "":
		if v, found := c.snap.Case(c.actor.Tenant, l.caseID); found {
			return []*engine.Case{v}
		}
		return nil
	case l.authorizationNumber != "":
		return c.snap.CasesByAuthorization(c.actor.Tenant, l.authorizationNumber)
	}
	return c.snap.CasesByMember(c.actor.Tenant, l.memberID)
}

// matches compares everything that the look-up gives, always all of it, in a
// time that does not tell what differs.
func (l *lookup) matches(v *engine.Case) bool {
	same := 1
	digest := func(asked, have *engine.Digest) {
		if *asked != (engine.Digest{}) {
			same &= subtle.ConstantTimeCompare(asked[:], have[:])
		}
	}
	digest(&l.memberID, &v.MemberID)
	digest(&l.birthDate, &v.BirthDate)
	digest(&l.lastName, &v.LastName)
	if l.orderingNPI != "" {
		ordering := v.Ordering.NPI
		if !v.Ordering.Present { // who requests has ordered, unless somebody else is named
			ordering = v.Requesting.NPI
		}
		same &= subtle.ConstantTimeCompare([]byte(l.orderingNPI), []byte(ordering))
	}
	return same == 1
}

// lookedUpOut is what the caller confirms.
type lookedUpOut struct {
	CaseID              string    `json:"caseId"`
	AuthorizationNumber *string   `json:"authorizationNumber"`
	EpisodeID           *string   `json:"episodeId"`
	Member              memberOut `json:"member"`
	HealthPlan          string    `json:"healthPlan"`
	HealthPlanLabel     string    `json:"healthPlanLabel"`
	Program             string    `json:"program"`
	ProgramLabel        string    `json:"programLabel"`
	LevelOfReview       string    `json:"levelOfReview"`
	LevelOfReviewLabel  string    `json:"levelOfReviewLabel"`
	Status              string    `json:"status"`
	P2PStatus           string    `json:"p2pStatus"`
	AppointmentID       *string   `json:"appointmentId"`
	CallbackRequestID   *string   `json:"callbackRequestId"`
}

type lookupOut struct {
	Cases []lookedUpOut `json:"cases"`
}

func lookupCases(c *call) answer {
	var in lookupIn
	if p := decode(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	l := in.resolve(&k, c.server.engine.Vault())
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	candidates := l.candidates(c)
	if len(candidates) == 0 {
		l.matches(&engine.Case{}) // an absent case takes the time of a present one
	}
	var found []*engine.Case
	for _, v := range candidates {
		if l.matches(v) && len(found) < maxLookupCases && (in.MemberLastName.V == "" || isLastNameOf(in.MemberLastName.V, c.caseUntold(v).MemberName)) {
			found = append(found, v)
		}
	}
	if len(found) == 0 {
		return notFound()
	}
	slices.SortFunc(found, func(a, b *engine.Case) int { return cmp.Compare(a.ID, b.ID) })
	out := lookupOut{Cases: make([]lookedUpOut, len(found))}
	for i, v := range found {
		out.Cases[i] = c.lookedUp(v)
	}
	return ok(http.StatusOK, out)
}

func (c *call) lookedUp(v *engine.Case) lookedUpOut {
	rules := c.snap.Rules()
	done := c.progress(v)
	return lookedUpOut{
		CaseID:              v.ID,
		AuthorizationNumber: textOrNull(v.AuthorizationNumber),
		EpisodeID:           textOrNull(v.EpisodeID),
		Member:              memberOf(v, c.casePersonal(v)),
		HealthPlan:          v.HealthPlan,
		HealthPlanLabel:     rules.HealthPlanLabel(v.HealthPlan),
		Program:             v.Program,
		ProgramLabel:        rules.ProgramLabel(v.Program),
		LevelOfReview:       v.LevelOfReview,
		LevelOfReviewLabel:  rules.LevelLabel(v.LevelOfReview),
		Status:              v.Determination.Status,
		P2PStatus:           done.status,
		AppointmentID:       textOrNull(done.appointmentID),
		CallbackRequestID:   textOrNull(done.callbackID),
	}
}
