package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// settleRows is a plan that takes slots and callbacks, and calls put through.
const settleRows = `
{"id":"both","title":"t","source":"s","verified":true,"enabled":true,"healthPlan":"both","modes":["slot","callback","ad_hoc"],
 "minimumWindows":1,
 "call":{"callMinutes":%d,"gridMinutes":15,"leadMinutes":%d,"horizonHours":1440,"holdMinutes":5},
 "requires":{"credential":{"in":["MD","DO"]}},
 "clauses":[
  {"id":"approved","effect":"refuse","code":"case_approved","message":"m","display":true,"when":{"statuses":["approved"]}},
  {"id":"call","effect":"eligible","code":"call_available","message":"m","display":false,"when":{}}],
 "attestations":[{"code":"oh_member_consent","mandatory":true,"when":{"memberStates":["OH"]}}]}`

// market is an engine in which few reviewers are asked for by many.
type market struct {
	t      *testing.T
	rnd    *rand.Rand
	clock  *enginetest.Clock
	log    *engine.MemLog
	engine *engine.Engine
	rules  [2][]byte
	serial int
	ids    []string // of requests
	seen   map[string]*engine.Appointment
	met    map[string]int
}

const marketReviewers, marketCases = 4, 14

func newMarket(t *testing.T, seed uint64, rules [2][]byte) *market {
	m := &market{
		t: t, rnd: rand.New(rand.NewPCG(seed, 7)), clock: enginetest.NewClock(enginetest.Monday), rules: rules,
		seen: map[string]*engine.Appointment{}, met: map[string]int{},
	}
	m.log = engine.NewMemLog()
	m.engine = openEngine(t, engine.Options{Log: m.log, Clock: m.clock, Rules: m.rules[0], CheckpointEvery: 40})
	for i := range marketReviewers {
		m.submit(engine.PutReviewer{Reviewer: m.reviewer(i, 0)})
	}
	for i := range marketCases {
		m.submit(engine.PutCase{Case: m.medical(i, 0)})
	}
	return m
}

func (m *market) submit(p engine.Payload) {
	o, err := m.engine.Submit(m.t.Context(), engine.Command{Actor: enginetest.Actor("alice"), Payload: p})
	if err != nil {
		m.t.Fatal(err)
	}
	m.met[fmt.Sprintf("%s: %s", p.Kind(), o.Status)]++
	if o.Seq != 0 {
		m.look(p)
	}
}

func (m *market) reviewer(i, variant int) engine.Reviewer {
	r := enginetest.Reviewer(fmt.Sprint("rev-", i))
	r.Specialties = []string{[]string{"207XS0117X", "207X00000X", "207T00000X", "207XS0117X"}[i]}
	if i == 3 {
		r.Licenses[0].State = "OH"
	}
	switch variant {
	case 1:
		r.Hours.Blocks = []slots.Interval{{Start: m.hour(0), End: m.hour(3)}}
	case 2:
		r.MaxPerDay = 1
	case 3:
		r.BufferAfter = 30
	case 4:
		r.Licenses = nil
	}
	return r
}

func (m *market) medical(i, variant int) engine.Case {
	c := enginetest.Case(fmt.Sprint("case-", i))
	c.HealthPlan, c.LineOfBusiness = "both", []string{"commercial", "self_funded"}[i%2]
	switch variant {
	case 1:
		c.Determination.Status = "approved"
	case 2:
		c.MemberState = "OH"
	case 3:
		c.Requesting.Specialty = "207RC0000X"
	}
	return c
}

// hour is the n-th full hour from now, of the market's few hours.
func (m *market) hour(n int) slots.Instant {
	now := m.clock.Now()
	return now - now%slots.Hour + slots.Instant(n)*slots.Hour
}

func (m *market) pick(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return list[m.rnd.IntN(len(list))]
}

func (m *market) id(kind string) string {
	m.serial++
	return fmt.Sprintf("%s-%d", kind, m.serial)
}

func (m *market) caseIDs() []string {
	ids := []string{fmt.Sprint("case-", m.rnd.IntN(marketCases))}
	if other := fmt.Sprint("case-", m.rnd.IntN(marketCases)); m.rnd.IntN(4) == 0 && other != ids[0] {
		ids = append(ids, other)
	}
	return ids
}

// appointment is the id of a call that somebody has booked or got.
func (m *market) appointment() string {
	var ids []string
	for i := range m.serial + 1 {
		if id := fmt.Sprintf("apt-%d", i); m.seen[id] != nil {
			ids = append(ids, id)
		}
	}
	return m.pick(ids)
}

// step is one thing that happens.
func (m *market) step() {
	reviewer, start := m.rnd.IntN(marketReviewers), m.hour(m.rnd.IntN(3))+slots.Instant(m.rnd.IntN(4))*15*slots.Minute
	switch n := m.rnd.IntN(100); {
	case n < 10:
		m.clock.Advance(slots.Instant(m.rnd.IntN(25)) * slots.Minute)
	case n < 45:
		m.submit(m.request(start))
	case n < 55:
		m.submit(engine.Cancel{ID: m.appointment(), By: "provider"})
	case n < 60:
		m.submit(engine.CancelCallback{ID: m.pick(m.ids)})
	case n < 67:
		m.submit(engine.PutReviewer{Reviewer: m.reviewer(reviewer, m.rnd.IntN(5))})
	case n < 70:
		m.submit(engine.DeactivateReviewer{ID: fmt.Sprint("rev-", reviewer)})
	case n < 73:
		m.submit(engine.AddAbsence{ReviewerID: fmt.Sprint("rev-", reviewer), Span: slots.Interval{Start: start, End: start + slots.Hour}})
	case n < 80:
		m.submit(engine.PutCase{Case: m.medical(m.rnd.IntN(marketCases), m.rnd.IntN(4))})
	case n < 87:
		m.submit(engine.HoldSlot{ID: m.id("hold"), CaseIDs: m.caseIDs(), ReviewerID: fmt.Sprint("rev-", reviewer), Start: start, TimeZone: "UTC"})
	case n < 92:
		m.submit(booking(m.id("apt"), m.caseIDs()[0], fmt.Sprint("rev-", reviewer), 0))
	case n < 95:
		m.submit(engine.AdHoc{ID: m.id("hold"), CaseIDs: m.caseIDs(), TimeZone: "UTC", PerformedByCredential: "MD"})
	case n < 97:
		m.submit(engine.Reassign{ID: m.appointment(), ReviewerID: fmt.Sprint("rev-", reviewer)})
	case n < 98:
		m.submit(engine.CompleteCall{ID: m.appointment(), Outcome: "upheld"})
	case n < 99:
		m.submit(engine.LoadRules{Bundle: m.rules[m.rnd.IntN(2)]})
	default:
		m.submit(engine.Reschedule{ID: m.appointment(), ReviewerID: fmt.Sprint("rev-", reviewer), Start: start})
	}
}

func (m *market) request(start slots.Instant) engine.CreateCallback {
	p := engine.CreateCallback{
		ID: m.id("cb"), AppointmentID: m.id("apt"), CaseIDs: m.caseIDs(), TimeZone: "UTC",
		PerformedByRole: "requesting_provider", PerformedByCredential: "MD", Location: "home", Notify: "none",
	}
	m.ids = append(m.ids, p.ID)
	for range 1 + m.rnd.IntN(3) {
		end := start + slots.Instant(15+m.rnd.IntN(50))*slots.Minute
		p.Windows = append(p.Windows, slots.Interval{Start: start, End: end})
		start = end + slots.Instant(m.rnd.IntN(90))*slots.Minute
	}
	for _, code := range []string{"tx_ssl_waived", "tx_ssl_specialty_waived", "oh_member_consent"} {
		if m.rnd.IntN(2) == 0 {
			p.Consents = append(p.Consents, code)
		}
	}
	p.Notes.SpecialtyMatchRequested = m.rnd.IntN(5) == 0
	return p
}

// look checks, by trying everything, what must hold behind every entry.
func (m *market) look(p engine.Payload) {
	s := m.engine.Snapshot()
	if err := s.Check(); err != nil {
		m.t.Fatal(err)
	}
	for _, id := range m.ids {
		r, ok := s.Callback(enginetest.Tenant, id)
		if !ok {
			continue
		}
		m.met[r.Status.String()]++
		if r.Open() {
			m.waitsForReason(s, r, p)
		}
	}
	for i := range m.serial + 1 {
		id := fmt.Sprintf("apt-%d", i)
		a, ok := s.Appointment(enginetest.Tenant, id)
		if !ok {
			continue
		}
		m.called(s, m.seen[id], a, p)
		m.seen[id] = a
	}
}

// plan asks for a callback call of cases, with one call out of the way.
func (m *market) plan(s *engine.Snapshot, r *engine.CallbackRequest, except string) *matcher.Plan {
	q := matcher.Query{Mode: "callback", FirstAsked: r.FirstAskedAt, SpecialtyMatch: r.Notes.SpecialtyMatchRequested}
	for _, id := range r.CaseIDs {
		c, _ := s.Case(enginetest.Tenant, id)
		q.Cases = append(q.Cases, &c.Case)
	}
	view := s.View(enginetest.Tenant, s.Stamped())
	view.Except = except
	plan, refusal := matcher.NewPlan(view, q)
	if refusal != nil {
		return nil
	}
	return plan
}

// agreed reports whether a call can be had with the consents that were given.
func agreed(j *matcher.Judgement, r *engine.CallbackRequest, faults ...matcher.Fault) bool {
	for _, code := range j.Attestations {
		if !slices.Contains(r.Consents, code) {
			return false
		}
	}
	return slices.Contains(append(faults, matcher.FaultNone), j.Fault) && !j.Unmet.Has(matcher.NeedSpecialtyMatch)
}

// waitsForReason tries every reviewer at every minute of the windows.
func (m *market) waitsForReason(s *engine.Snapshot, r *engine.CallbackRequest, p engine.Payload) {
	plan := m.plan(s, r, "")
	if plan == nil || r.Reason == engine.ReasonCaseScheduled {
		for _, id := range r.CaseIDs {
			if a, h := s.ActiveCall(enginetest.Tenant, id, s.Stamped()); a != nil || h != nil {
				return
			}
		}
		if plan != nil {
			m.t.Fatalf("behind %s: %s waits for a call that is not there", p.Kind(), r.ID)
		}
		return
	}
	lawful := false
	union := slots.NewSet(r.Windows...)
	for window := range union.All() {
		for start := window.Start; start < window.End; start += slots.Minute {
			if !union.Covers(slots.Interval{Start: start, End: start + slots.Instant(plan.CallMinutes)*slots.Minute}) {
				continue
			}
			for i := range marketReviewers {
				reviewer, _ := s.Reviewer(enginetest.Tenant, fmt.Sprint("rev-", i))
				j := plan.Judge(&reviewer.Reviewer, start)
				if agreed(&j, r) {
					m.t.Fatalf("behind %s: %s waits, %s, and %s is free at %v", p.Kind(), r.ID, r.Reason, reviewer.ID, start)
				}
				lawful = lawful || agreed(&j, r, matcher.FaultTaken)
			}
		}
	}
	if !lawful && r.Status == engine.CallbackQueued && (p.Kind() == engine.KindHold || p.Kind() == engine.KindAdHoc) {
		return // a hold frees nothing, so it settles nothing: time has passed since somebody worked
	}
	if lawful != (r.Status == engine.CallbackQueued) || r.Reason == "" {
		m.t.Fatalf("behind %s: %s is %s, %s, and somebody lawful works: %v", p.Kind(), r.ID, r.Status, r.Reason, lawful)
	}
}

// called checks a call of a request: at first against the windows and the
// consents, later that it kept its time, and its reviewer if he could take it.
func (m *market) called(s *engine.Snapshot, old, a *engine.Appointment, p engine.Payload) {
	r, ok := s.Callback(enginetest.Tenant, a.CallbackID)
	if !ok || a.Status != engine.Booked {
		return
	}
	plan := m.plan(s, r, a.ID)
	if old == nil {
		reviewer, _ := s.Reviewer(enginetest.Tenant, a.ReviewerID)
		j := plan.Judge(&reviewer.Reviewer, a.Span.Start)
		if !agreed(&j, r) || !slots.NewSet(r.Windows...).Covers(a.Span) || a.Span != j.Span {
			m.t.Fatalf("behind %s: %s got %s at %v: %+v", p.Kind(), r.ID, a.ReviewerID, a.Span, j)
		}
		return
	}
	switch p.Kind() {
	case engine.KindReschedule, engine.KindReassign:
		return // by people
	}
	if a.Span.Start != old.Span.Start {
		m.t.Fatalf("behind %s: %s was moved", p.Kind(), a.ID)
	}
	if a.ReviewerID == old.ReviewerID || plan == nil {
		m.stays(s, plan, r, a, p)
		return
	}
	m.met["another reviewer"]++
	reviewer, _ := s.Reviewer(enginetest.Tenant, old.ReviewerID)
	if j := plan.Judge(&reviewer.Reviewer, a.Span.Start); agreed(&j, r) {
		m.t.Fatalf("behind %s: %s lost %s, who can take it", p.Kind(), a.ID, old.ReviewerID)
	}
	next, _ := s.Reviewer(enginetest.Tenant, a.ReviewerID)
	if j := plan.Judge(&next.Reviewer, a.Span.Start); !agreed(&j, r) && j.Detail != "lead_time" {
		m.t.Fatalf("behind %s: %s got %s, who cannot take it: %+v", p.Kind(), a.ID, a.ReviewerID, j)
	}
}

// stays checks that a reviewer who can no longer take a call keeps it only while
// nobody else can, and that its request says so.
func (m *market) stays(s *engine.Snapshot, plan *matcher.Plan, r *engine.CallbackRequest, a *engine.Appointment, p engine.Payload) {
	if plan == nil || a.Span.Start <= s.Stamped() {
		return
	}
	own, _ := s.Reviewer(enginetest.Tenant, a.ReviewerID)
	j := plan.Judge(&own.Reviewer, a.Span.Start)
	if j.Fault != matcher.FaultNotQualified && j.Detail != "outside_hours" {
		return
	}
	m.met["nobody else"]++
	if !r.Stranded() {
		m.t.Fatalf("behind %s: %s has lost %s, and its request does not say so", p.Kind(), a.ID, a.ReviewerID)
	}
	for i := range marketReviewers {
		other, _ := s.Reviewer(enginetest.Tenant, fmt.Sprint("rev-", i))
		if j := plan.Judge(&other.Reviewer, a.Span.Start); agreed(&j, r) {
			m.t.Fatalf("behind %s: %s stays with %s, who cannot take it, and %s can", p.Kind(), a.ID, a.ReviewerID, other.ID)
		}
	}
}

// replay rebuilds the state from the log, and judges and settles every entry again.
func (m *market) replay() {
	live := m.engine.Snapshot()
	if err := m.engine.Close(); err != nil {
		m.t.Fatal(err)
	}
	report, err := engine.Replay(m.t.Context(), m.log.Reopen(), engine.Identity{}, engine.ReplayOptions{Rejudge: true})
	switch {
	case err != nil:
		m.t.Fatal(err)
	case report.State != live.Hash() || report.Checkpoint == 0:
		m.t.Fatalf("replayed up to %d, checkpoint at %d: another state", report.Last, report.Checkpoint)
	case report.Different != 0:
		m.t.Fatalf("settled otherwise: %+v", report.Differences)
	}
	next := openEngine(m.t, engine.Options{Log: m.log.Reopen(), Clock: m.clock})
	if next.Snapshot().Hash() != live.Hash() {
		m.t.Fatal("another state after a restart")
	}
}

// TestSettled plays random sequences and tries everything behind every entry: no
// open request could have been assigned, what was assigned is lawful and lies in
// the windows, and nobody is replaced without need.
func TestSettled(t *testing.T) {
	t.Parallel()
	rules := [2][]byte{
		enginetest.EditedRules(t, fmt.Sprintf(settleRows, 15, 0)), enginetest.EditedRules(t, fmt.Sprintf(settleRows, 20, 30)),
	}
	met := map[string]int{}
	for seed := range uint64(12) {
		m := newMarket(t, seed, rules)
		for range 150 {
			m.step()
		}
		m.replay()
		for what, n := range m.met {
			met[what] += n
		}
	}
	for _, rare := range []string{
		"another reviewer", "nobody else", "queued", "unassignable", "assigned", "cancelled", "ad_hoc: ok", "ad_hoc: reviewer_not_free",
		"create_callback: ok", "create_callback: attestation_required", "create_callback: case_already_scheduled", "load_rules: ok",
		"cancel_callback: ok", "reassign: ok", "put_case: ok", "add_absence: ok", "cancel: ok",
	} {
		if met[rare] == 0 {
			t.Errorf("never met: %s", rare)
		}
	}
	t.Log(met)
}
