package server

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
)

// companionsIn names the cases of a call that is being arranged.
type companionsIn struct {
	CaseIDs need[[]string] `json:"caseIds"`
}

// companionsOut proposes further cases for the call.
type companionsOut struct {
	Companions []companionOut `json:"companions"`
	More       bool           `json:"more"`
}

// companionOut is one further case: why it is proposed, and what the call needs with it.
type companionOut struct {
	CaseID              string           `json:"caseId"`
	AuthorizationNumber *string          `json:"authorizationNumber"`
	Member              memberOut        `json:"member"`
	Program             string           `json:"program"`
	ProgramLabel        string           `json:"programLabel"`
	LevelOfReview       string           `json:"levelOfReview"`
	LevelOfReviewLabel  string           `json:"levelOfReviewLabel"`
	Status              string           `json:"status"`
	Why                 []string         `json:"why"`
	P2P                 string           `json:"p2p"`
	Reasons             []reasonOut      `json:"reasons"`
	BookingModes        []string         `json:"bookingModes"`
	SlotMinutes         int              `json:"slotMinutes"`
	Requirements        []requirementOut `json:"requirements"`
	Attestations        []attestationOut `json:"attestations"`
}

// Why a case is proposed.
const (
	sameMember    = "same_member"
	samePhysician = "same_physician"
)

// sharing is a call under arrangement: its cases and what the rules say of them together.
type sharing struct {
	call    *call
	view    *matcher.View
	cases   []*engine.Case
	terms   []matcher.Eligibility // of each case
	modes   []string              // open to all
	minutes int
}

func proposeCompanions(c *call) answer {
	var in companionsIn
	if p := decode(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	ids := k.caseIDs("/caseIds", in.CaseIDs.V)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	s, p := c.sharing(ids)
	if p != nil {
		return refuse(p)
	}
	out := companionsOut{Companions: []companionOut{}}
	if len(ids) == matcher.MaxCases {
		return ok(http.StatusOK, out)
	}
	for i, v := range s.candidates() {
		if i == maxCompanionScan || len(out.Companions) == maxCompanions {
			out.More = true
			break
		}
		if s.joins(v) {
			out.Companions = append(out.Companions, s.companion(v))
		}
	}
	return ok(http.StatusOK, out)
}

// sharing looks the cases up and asks whether they can share a call at all.
func (c *call) sharing(ids []string) (*sharing, *problem) {
	s := &sharing{call: c, view: c.snap.View(c.actor.Tenant, c.now)}
	for _, id := range ids {
		v, found := c.snap.Case(c.actor.Tenant, id)
		if !found {
			return nil, &problem{code: codeNotFound}
		}
		s.add(v)
	}
	if refusal := s.refusal(); refusal != nil {
		return nil, planRefused(refusal)
	}
	return s, nil
}

// add takes a case into the call.
func (s *sharing) add(v *engine.Case) {
	e := s.call.snap.Rules().Eligibility(&v.Case, s.call.now, s.call.snap.FirstAsked(v.Tenant, v.ID))
	if len(s.cases) == 0 {
		s.modes = slices.Clone(e.Modes)
	}
	s.modes = slices.DeleteFunc(s.modes, func(mode string) bool { return !slices.Contains(e.Modes, mode) })
	s.minutes = max(s.minutes, e.CallMinutes)
	s.cases, s.terms = append(s.cases, v), append(s.terms, e)
}

// refusal says why the cases cannot share a call, nil if they can.
func (s *sharing) refusal() *matcher.Refusal {
	cases := make([]*matcher.Case, len(s.cases))
	for i, v := range s.cases {
		cases[i] = &v.Case
	}
	return matcher.Combinable(s.view, cases)
}

// with is the call with one more case.
func (s *sharing) with(v *engine.Case) *sharing {
	more := *s
	more.cases, more.terms, more.modes = slices.Clone(s.cases), slices.Clone(s.terms), slices.Clone(s.modes)
	more.add(v)
	return &more
}

// candidates are the other cases of the same members, then those of the same
// physicians; each by id.
func (s *sharing) candidates() []*engine.Case {
	var list []*engine.Case
	seen := make(map[string]bool)
	for _, v := range s.cases {
		seen[v.ID] = true
	}
	take := func(found []*engine.Case, fits func(*engine.Case) bool) {
		from := len(list)
		for _, v := range found {
			if !seen[v.ID] && fits(v) {
				seen[v.ID] = true
				list = append(list, v)
			}
		}
		slices.SortFunc(list[from:], func(a, b *engine.Case) int { return cmp.Compare(a.ID, b.ID) })
	}
	var members, physicians []*engine.Case
	for _, v := range s.cases {
		members = append(members, s.call.snap.CasesByMember(v.Tenant, v.MemberID)...)
		for _, npi := range physiciansOf(v) {
			physicians = append(physicians, s.call.snap.CasesByProvider(v.Tenant, npi)...)
		}
	}
	take(members, s.isMembers)
	take(physicians, func(*engine.Case) bool { return true })
	return list
}

// isMembers reports a case of a member whose case is in the call: the same
// number and the same birth date, since a family may share a number.
func (s *sharing) isMembers(v *engine.Case) bool {
	return slices.ContainsFunc(s.cases, func(have *engine.Case) bool {
		return have.MemberID == v.MemberID && have.BirthDate == v.BirthDate
	})
}

// isPhysicians reports a case in which a physician of the call's cases acts.
func (s *sharing) isPhysicians(v *engine.Case) bool {
	return slices.ContainsFunc(s.cases, func(have *engine.Case) bool {
		for _, npi := range physiciansOf(have) {
			if slices.Contains(physiciansOf(v), npi) {
				return true
			}
		}
		return false
	})
}

// physiciansOf lists the numbers of who asks for, orders and renders the service.
func physiciansOf(v *engine.Case) (npis []string) {
	for _, p := range []matcher.Provider{v.Requesting, v.Ordering, v.Rendering} {
		if p.Present && p.NPI != "" && !slices.Contains(npis, p.NPI) {
			npis = append(npis, p.NPI)
		}
	}
	return npis
}

// joins reports whether a case may be discussed in the call: no call of its own
// is arranged or being arranged, and the rules let them share one.
func (s *sharing) joins(v *engine.Case) bool {
	a, hold := s.call.snap.ActiveCall(v.Tenant, v.ID, s.call.now)
	_, waits := s.call.snap.OpenCallback(v.Tenant, v.ID)
	return a == nil && hold == nil && !waits && s.with(v).refusal() == nil
}

func (s *sharing) companion(v *engine.Case) companionOut {
	rules := s.call.snap.Rules()
	joined := s.with(v)
	e := &joined.terms[len(joined.terms)-1]
	out := companionOut{
		CaseID:              v.ID,
		AuthorizationNumber: textOrNull(v.AuthorizationNumber),
		Member:              memberOf(v, s.call.casePersonal(v)),
		Program:             v.Program,
		ProgramLabel:        rules.ProgramLabel(v.Program),
		LevelOfReview:       v.LevelOfReview,
		LevelOfReviewLabel:  rules.LevelLabel(v.LevelOfReview),
		Status:              v.Determination.Status,
		P2P:                 e.Status.String(),
		Reasons:             reasonsOut(e.Reasons),
		BookingModes:        joined.modes,
		SlotMinutes:         joined.minutes,
		Requirements:        []requirementOut{},
		Attestations:        attestationsOut(e.Attestations),
	}
	if s.isMembers(v) {
		out.Why = append(out.Why, sameMember)
	}
	if s.isPhysicians(v) {
		out.Why = append(out.Why, samePhysician)
	}
	have := make(map[requirementOut]bool)
	for i := range s.terms {
		for _, r := range requirementsOut(s.terms[i].Requirements) {
			have[r] = true
		}
	}
	for _, r := range requirementsOut(e.Requirements) {
		if !have[r] {
			out.Requirements = append(out.Requirements, r)
		}
	}
	return out
}
