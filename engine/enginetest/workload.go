package enginetest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// Workload makes commands in a small world, so that they meet: few reviewers,
// cases, principals and slots. The same seed makes the same commands. Every
// outcome can be told from what went before, see Auditor.
type Workload struct {
	random *Random
	clock  *Clock
	made   int
	holds  []madeHold
	booked []string
	keyed  []engine.Command // a few that may be repeated
}

// madeHold is a hold as it was asked for, and by whom.
type madeHold struct {
	engine.HoldSlot
	principal string
}

const (
	workloadReviewers  = 4
	workloadCases      = 12
	workloadPrincipals = 3
)

// NewWorkload returns a workload over a clock that it moves.
func NewWorkload(seed uint64, clock *Clock) *Workload {
	return &Workload{random: NewRandom(seed), clock: clock}
}

// Next moves the clock, perhaps, and returns a command.
func (w *Workload) Next() engine.Command {
	w.made++
	r := w.random
	switch r.Below(12) {
	case 0:
		w.clock.Advance(slots.Instant(r.Below(200)))
	case 1:
		if r.Chance(8) {
			w.clock.Advance(slots.Instant(r.Below(8 * 3600)))
		}
	}
	if len(w.keyed) > 0 && r.Chance(20) {
		return w.again()
	}
	principal := fmt.Sprintf("office-%d", r.Below(workloadPrincipals))
	payload := w.payload()
	if p, ok := payload.(engine.Book); ok && r.Chance(2) {
		payload, principal = w.confirm(p, principal)
	}
	c := engine.Command{Actor: Actor(principal), RequestID: fmt.Sprintf("r-%d", w.made), Payload: payload}
	if r.Chance(3) {
		c.Key = fmt.Sprintf("key-%d", r.Below(400))
		c.Fingerprint = sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(w.made)))
		w.keyed = append(w.keyed, c)
		w.keyed = w.keyed[max(0, len(w.keyed)-20):]
	}
	return c
}

// Learn tells the workload how a command went, so that it can go on with what is there.
func (w *Workload) Learn(c engine.Command, s engine.Status) {
	if s != engine.StatusOK {
		return
	}
	switch p := c.Payload.(type) {
	case engine.HoldSlot:
		w.holds = append(w.holds, madeHold{p, c.Actor.Principal})
	case engine.Book:
		w.booked = append(w.booked, p.ID)
	}
}

// again repeats a command, under the same key, at times with another body.
func (w *Workload) again() engine.Command {
	c := Pick(w.random, w.keyed...)
	if w.random.Chance(4) {
		c.Fingerprint[0]++
	}
	return c
}

func (w *Workload) payload() engine.Payload {
	switch n := w.random.Below(24); {
	case n < 1 || w.made < 12:
		return engine.PutReviewer{Reviewer: w.reviewer()}
	case n < 3 || w.made < 36:
		return engine.PutCase{Case: w.anyCase()}
	case n == 3 && w.random.Chance(3):
		return engine.DeactivateReviewer{ID: w.reviewerID(), Expect: w.expect()}
	case n < 10:
		return w.hold()
	case n < 12:
		return engine.ReleaseHold{ID: w.holdID()}
	case n < 18:
		return w.book()
	case n < 21:
		return engine.Reschedule{
			ID: w.some(w.booked, "apt-0"), ReviewerID: w.reviewerID(), Start: w.start(),
			Attestations: w.attestations(), Expect: w.expect(),
		}
	}
	return engine.Cancel{ID: w.some(w.booked, "apt-0"), By: "provider", Expect: w.expect()}
}

func (w *Workload) reviewerID() string {
	return fmt.Sprintf("rev-%d", w.random.Below(workloadReviewers))
}

func (w *Workload) caseID() string { return fmt.Sprintf("case-%d", w.random.Below(workloadCases)) }

func (w *Workload) some(ids []string, otherwise string) string {
	if len(ids) == 0 || w.random.Chance(30) {
		return otherwise
	}
	// Recent ones are more likely to be open still.
	return Pick(w.random, ids[max(0, len(ids)-6):]...)
}

func (w *Workload) expect() uint64 {
	if w.random.Chance(6) {
		return uint64(1 + w.random.Below(4))
	}
	return 0
}

// reviewer differs from the fixture in what Auditor knows: licence, programs,
// buffers, cap.
func (w *Workload) reviewer() engine.Reviewer {
	v := Reviewer(w.reviewerID())
	v.Licenses[0].State = Pick(w.random, "TX", "TX", "CA")
	v.BufferBefore = Pick(w.random, 0, 0, 15)
	v.BufferAfter = Pick(w.random, 0, 0, 5, 30)
	v.MaxPerDay = Pick(w.random, 0, 0, 2, 3)
	if w.random.Chance(8) {
		v.Programs = []string{"sleep"}
	}
	return v
}

// anyCase is commercial, so Texas applies, or not, and sometimes over.
func (w *Workload) anyCase() engine.Case {
	c := Case(w.caseID())
	c.LineOfBusiness = Pick(w.random, "commercial", "medicaid")
	if w.random.Chance(12) {
		c.Determination.Status = Pick(w.random, "approved", "withdrawn")
	}
	return c
}

// start is near now on the grid, at times off it, outside the hours or past.
func (w *Workload) start() slots.Instant {
	now := w.clock.Now()
	day := slots.Instant(24 * 3600)
	start := now - now%day + slots.Instant(w.random.Below(2))*day + 15*slots.Hour +
		slots.Instant(w.random.Below(16))*15*slots.Minute
	switch w.random.Below(25) {
	case 0:
		start += slots.Minute
	case 1:
		start += 8 * slots.Hour
	}
	return start
}

func (w *Workload) caseIDs() []string {
	ids := []string{w.caseID()}
	for w.random.Chance(5) && len(ids) < 6 {
		ids = append(ids, w.caseID())
	}
	return ids
}

func (w *Workload) attestations() []string {
	switch w.random.Below(8) {
	case 0:
		return []string{"tx_ssl_waived"}
	case 1:
		return []string{"tx_ssl_waived", "nonsense"}
	}
	return nil
}

func (w *Workload) holdID() string {
	if len(w.holds) == 0 || w.random.Chance(30) {
		return "hold-0"
	}
	return Pick(w.random, w.holds[max(0, len(w.holds)-4):]...).ID
}

// confirm turns a booking into one of a recent hold, mostly by who has it.
func (w *Workload) confirm(p engine.Book, principal string) (engine.Book, string) {
	if len(w.holds) == 0 {
		return p, principal
	}
	h := Pick(w.random, w.holds[max(0, len(w.holds)-3):]...)
	p.CaseIDs, p.ReviewerID, p.Start, p.HoldID = h.CaseIDs, h.ReviewerID, h.Start, Pick(w.random, "", h.ID)
	if w.random.Chance(8) {
		return p, principal
	}
	return p, h.principal
}

func (w *Workload) hold() engine.HoldSlot {
	return engine.HoldSlot{
		ID: fmt.Sprintf("hold-%d", w.made), CaseIDs: w.caseIDs(), ReviewerID: w.reviewerID(), Start: w.start(), TimeZone: "UTC",
	}
}

func (w *Workload) book() engine.Book {
	p := engine.Book{
		ID: fmt.Sprintf("apt-%d", w.made), CaseIDs: w.caseIDs(), ReviewerID: w.reviewerID(), Start: w.start(),
		TimeZone: "UTC", PerformedByRole: "requesting_provider", Location: "provider_office", Notify: "none",
		Attestations: w.attestations(),
	}
	if w.random.Chance(3) {
		p.HoldID = w.holdID()
	}
	if w.random.Chance(8) {
		p.Expect.Tier = Pick(w.random, matcher.TierFull, matcher.TierLicenseWaived)
	}
	return p
}
