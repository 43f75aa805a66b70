package enginetest

import (
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

func (a *Auditor) hold(principal string, p engine.HoldSlot) engine.Status {
	if s := a.mayAsk(p.CaseIDs, p.ReviewerID); s != engine.StatusOK {
		return s
	}
	own, s := a.inTheWay(principal, p.CaseIDs, "")
	if s != engine.StatusOK {
		return s
	}
	if s := a.slot(p.CaseIDs, p.ReviewerID, p.Start, own); s != engine.StatusOK {
		return s
	}
	count := 0
	for i := range a.calls {
		c := &a.calls[i]
		if a.counts(c) && c.until != 0 && c.principal == principal && c != own {
			count++
		}
	}
	if count >= a.HoldLimit {
		return engine.StatusTooManyHolds
	}
	if own != nil {
		own.over = true
	}
	c := a.newCall(p.ID, principal, p.CaseIDs, p.ReviewerID, p.Start)
	c.until = a.now + 5*60
	a.calls = append(a.calls, c)
	return engine.StatusOK
}

func (a *Auditor) release(principal string, p engine.ReleaseHold) engine.Status {
	c := a.call(p.ID)
	switch {
	case c == nil || !a.counts(c):
	case c.principal != principal:
		return engine.StatusNotFound
	default:
		c.over = true
	}
	return engine.StatusOK
}

func (a *Auditor) book(principal string, p engine.Book) engine.Status {
	if s := a.mayAsk(p.CaseIDs, p.ReviewerID); s != engine.StatusOK {
		return s
	}
	own, s := a.inTheWay(principal, p.CaseIDs, p.HoldID)
	if s != engine.StatusOK {
		return s
	}
	if p.HoldID != "" {
		named := a.call(p.HoldID)
		if named == nil || !a.counts(named) || named.principal != principal {
			return engine.StatusHoldExpired
		}
		if named.reviewer != p.ReviewerID || named.start != p.Start || !equalSets(named.cases, p.CaseIDs) {
			return engine.StatusHoldMismatch
		}
		own = named
	}
	if s := a.slot(p.CaseIDs, p.ReviewerID, p.Start, own); s != engine.StatusOK {
		return s
	}
	waiver := a.needsWaiver(p.CaseIDs, p.ReviewerID)
	if p.Expect.Tier != 0 && (p.Expect.Tier == matcher.TierLicenseWaived) != waiver {
		return engine.StatusRulesChanged
	}
	if s := attested(waiver, p.Attestations); s != engine.StatusOK {
		return s
	}
	if own != nil {
		own.over = true
	}
	c := a.newCall(p.ID, principal, p.CaseIDs, p.ReviewerID, p.Start)
	c.version, c.attested = 1, waiver
	a.calls = append(a.calls, c)
	return engine.StatusOK
}

func (a *Auditor) move(p engine.Reschedule) engine.Status {
	c := a.call(p.ID)
	switch {
	case c == nil:
		return engine.StatusNotFound
	case p.Expect != 0 && p.Expect != c.version:
		return engine.StatusStaleVersion
	case c.over:
		return engine.StatusNotReschedulable
	}
	if c.reviewer == p.ReviewerID && c.start == p.Start {
		if c.attested && slices.Equal(p.Attestations, []string{"tx_ssl_waived"}) || !c.attested && p.Attestations == nil {
			return engine.StatusOK
		}
	}
	if s := a.mayAsk(c.cases, p.ReviewerID); s != engine.StatusOK {
		return s
	}
	if s := a.slot(c.cases, p.ReviewerID, p.Start, c); s != engine.StatusOK {
		return s
	}
	waiver := a.needsWaiver(c.cases, p.ReviewerID)
	if s := attested(waiver, p.Attestations); s != engine.StatusOK {
		return s
	}
	moved := a.newCall(c.id, c.principal, c.cases, p.ReviewerID, p.Start)
	moved.version, moved.attested = c.version+1, waiver
	*c = moved
	return engine.StatusOK
}

func (a *Auditor) cancel(p engine.Cancel) engine.Status {
	c := a.call(p.ID)
	switch {
	case c == nil:
		return engine.StatusNotFound
	case p.Expect != 0 && p.Expect != c.version:
		return engine.StatusStaleVersion
	}
	if !c.over {
		c.over = true
		c.version++
	}
	return engine.StatusOK
}

// mayAsk is what is refused before slots matter.
func (a *Auditor) mayAsk(cases []string, reviewer string) engine.Status {
	for _, id := range cases {
		if a.caseOf(id) == nil {
			return engine.StatusNotFound
		}
	}
	if a.reviewer(reviewer) == nil {
		return engine.StatusNotFound
	}
	if len(cases) > 5 {
		return engine.StatusCasesNotCombinable
	}
	for i, id := range cases {
		if slices.Contains(cases[:i], id) {
			return engine.StatusCasesNotCombinable
		}
	}
	for _, id := range cases {
		if a.caseOf(id).closed {
			return engine.StatusNotEligible
		}
	}
	return engine.StatusOK
}

// inTheWay finds the own hold that makes room, or a call that does not.
func (a *Auditor) inTheWay(principal string, cases []string, named string) (own *auditedCall, s engine.Status) {
	for i := range a.calls {
		c := &a.calls[i]
		if !a.counts(c) || !slices.ContainsFunc(cases, func(id string) bool { return slices.Contains(c.cases, id) }) {
			continue
		}
		switch {
		case c.until == 0 || c.principal != principal:
			return nil, engine.StatusCaseAlreadyScheduled
		case c.id != named && !equalSets(c.cases, cases):
			return nil, engine.StatusCaseAlreadyScheduled
		}
		own = c
	}
	return own, engine.StatusOK
}

// slot knows the fixture's hours: weekdays 8:00–17:00 in a Chicago winter, which
// is 14:00–23:00 UTC of the same date.
func (a *Auditor) slot(cases []string, reviewer string, start slots.Instant, except *auditedCall) engine.Status {
	const day = 24 * 3600
	weekday, second := (int64(start)/day+3)%7, int64(start)%day // 1970-01-01 was a Thursday, Monday is 0
	switch {
	case second%900 != 0, start < a.now, start >= a.now+60*day:
		return engine.StatusSlotNotOffered
	case weekday > 4, second < 14*3600, second+900 > 23*3600:
		return engine.StatusSlotNotOffered
	}
	v := a.reviewer(reviewer)
	if !v.active || !v.trained {
		return engine.StatusReviewerNotQualified
	}
	onDay := 0
	for i := range a.calls {
		c := &a.calls[i]
		if c == except || !a.counts(c) || c.reviewer != reviewer {
			continue
		}
		if start-v.before < c.to && c.from < start+900+v.after {
			return engine.StatusSlotTaken
		}
		if (int64(c.start)-6*3600)/day == (int64(start)-6*3600)/day {
			onDay++
		}
	}
	if v.cap > 0 && onDay >= v.cap {
		return engine.StatusSlotTaken
	}
	return engine.StatusOK
}

func (a *Auditor) needsWaiver(cases []string, reviewer string) bool {
	return !a.reviewer(reviewer).texan && slices.ContainsFunc(cases, func(id string) bool { return a.caseOf(id).texan })
}

// attested compares the codes given with the one that may be needed.
func attested(waiver bool, given []string) engine.Status {
	has := slices.Contains(given, "tx_ssl_waived")
	switch {
	case waiver && !has:
		return engine.StatusAttestationRequired
	case !waiver && len(given) > 0, len(given) > 1:
		return engine.StatusAttestationNotApplicable
	}
	return engine.StatusOK
}

func (a *Auditor) newCall(id, principal string, cases []string, reviewer string, start slots.Instant) auditedCall {
	v := a.reviewer(reviewer)
	return auditedCall{
		id: id, principal: principal, reviewer: reviewer, cases: cases, start: start, end: start + 900,
		from: start - v.before, to: start + 900 + v.after,
	}
}

// equalSets compares sorted copies.
func equalSets(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
