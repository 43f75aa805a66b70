package engine

import (
	"slices"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// ask is what hold, book and reschedule have in common: cases that want a slot
// of a reviewer.
type ask struct {
	caseIDs        []string
	reviewerID     string
	start          slots.Instant
	firstAsked     slots.Instant    // 0 = now, or what each case says itself
	mode           string           // "" = slot
	notBefore      slots.Instant    // of matcher.Query
	windows        []slots.Interval // of matcher.Query
	within         slots.Interval   // starts to choose from, empty = all
	specialtyMatch bool
	except         string // id of the call that makes room
	kept           bool   // the call is booked where it is: see matcher.Query

	cases    []*Case
	reviewer *Reviewer
	plan     *matcher.Plan
	judged   matcher.Judgement // some of it in the plan's memory: what outlives the plan is copied

	// Room for what nearly every question needs.
	oneCase [1]*Case
	oneSeen [1]*matcher.Case
}

// find looks the cases and the reviewer up.
func (j *judging) find(a *ask) (refusal decision, refused bool) {
	if d, refused := j.findCases(a); refused {
		return d, true
	}
	var ok bool
	if a.reviewer, ok = j.s.reviewers.get(j.actor.Tenant, a.reviewerID); !ok {
		return refuse(StatusNotFound, "reviewer"), true
	}
	return decision{}, false
}

// findCases looks the cases up.
func (j *judging) findCases(a *ask) (refusal decision, refused bool) {
	a.cases = a.oneCase[:0]
	for _, id := range a.caseIDs {
		c, ok := j.caseAsked(id)
		if !ok {
			return refuse(StatusNotFound, "case", id), true
		}
		a.cases = append(a.cases, c)
	}
	return decision{}, false
}

// makePlan asks the rules whether the cases may have a call at all.
func (j *judging) makePlan(a *ask) (refusal decision, refused bool) {
	if j.s.rules.compiled == nil {
		broken("rules are in force", j.s.rules.version, j.s.seq)
	}
	q := matcher.Query{
		FirstAsked: a.firstAsked, SpecialtyMatch: a.specialtyMatch, Waivable: matcher.RevealAlways,
		Mode: a.mode, NotBefore: a.notBefore, Windows: a.windows, Range: a.within, Kept: a.kept, Work: j.work,
		Cases: a.oneSeen[:0],
	}
	for _, c := range a.cases {
		q.Cases = append(q.Cases, &c.Case)
	}
	memory := j.search
	if memory == nil {
		memory = new(matcher.Searcher)
	}
	view := memory.View()
	*view = j.s.viewed(j.actor.Tenant, j.now)
	j.s.except(view, a.except)
	plan, no := memory.Plan(view, q)
	if no == nil {
		a.plan = plan
		for i, c := range a.cases {
			if j.search != nil { // the command's own plan: the question will come
				j.known = append(j.known, duty{c, j.s.rules.compiled, plan.RecordDuty(i)})
			}
		}
		return decision{}, false
	}
	d := refuse(planStatus(no.Code), "")
	d.outcome.Reasons, d.outcome.Rule = slices.Clone(no.Reasons), no.Rule
	if no.CaseID != "" {
		d.outcome.Codes = []string{no.CaseID}
	}
	return d, true
}

func planStatus(code string) Status {
	switch code {
	case StatusModeNotAvailable.String():
		return StatusModeNotAvailable
	case StatusCasesNotCombinable.String():
		return StatusCasesNotCombinable
	}
	return StatusNotEligible
}

// judgeSlot asks the one predicate.
func (j *judging) judgeSlot(a *ask) (refusal decision, refused bool) {
	reviewer, ok := j.s.roster.Get(a.reviewer.Ref)
	if !ok {
		broken("every reviewer is in the roster", a.reviewer.Ref, j.s.roster.Len())
	}
	a.judged = a.plan.Judge(reviewer, a.start)
	var status Status
	switch a.judged.Fault {
	case matcher.FaultNone:
		return decision{}, false
	case matcher.FaultNotOffered:
		status = StatusSlotNotOffered
	case matcher.FaultNotQualified:
		status = StatusReviewerNotQualified
	case matcher.FaultTaken:
		status = StatusSlotTaken
	}
	d := refuse(status, a.judged.Detail)
	d.outcome.Rule = a.judged.Rule
	return d, true
}

// scheduled refuses cases that have a call already, other than the hold named.
// An own hold for the very same cases makes room and is returned.
func (j *judging) scheduled(caseIDs []string, named string) (own *Hold, refusal decision, refused bool) {
	for _, id := range caseIDs {
		c, ok := j.s.calls.get(j.actor.Tenant, id)
		if !ok {
			continue
		}
		if planted == plantHeldCase && c.held {
			continue
		}
		if !c.held {
			return nil, refuse(StatusCaseAlreadyScheduled, "booked", id), true
		}
		h, _ := j.s.holds.get(j.actor.Tenant, c.id)
		switch {
		case !h.ActiveAt(j.now):
		case h.Principal != j.actor.Principal:
			return nil, refuse(StatusCaseAlreadyScheduled, "held", id), true
		case h.ID == named || sameSet(h.CaseIDs, caseIDs):
			own = h
		default:
			return nil, refuse(StatusCaseAlreadyScheduled, "held_with_other_cases", id), true
		}
	}
	return own, decision{}, false
}

// ownHold returns the id of the hold that will make room, "" if none.
func (j *judging) ownHold(caseIDs []string) string {
	own, _, refused := j.scheduled(caseIDs, "")
	return makingRoom(own, refused)
}

// makingRoom returns the id of the hold that will make room, "" if none: what scheduled has said.
func makingRoom(own *Hold, refused bool) string {
	if own == nil || refused {
		return ""
	}
	return own.ID
}

// asked returns the effects that note the first request for each case.
func (a *ask) asked() (effects []effect) {
	cases := a.cases
	if planted == plantMapOrder {
		mixed := make(map[*Case]bool)
		for _, c := range a.cases {
			mixed[c] = true
		}
		cases = nil
		for c := range mixed { //order: it is the bug that it can be seen
			cases = append(cases, c)
		}
	}
	for _, c := range cases {
		if c.FirstAskedAt == 0 {
			effects = append(effects, &askCase{id: c.ID})
		}
	}
	return effects
}

// sameSet compares two lists without repetitions, in any order.
func sameSet(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for _, x := range a {
		if !slices.Contains(b, x) {
			return false
		}
	}
	return true
}
