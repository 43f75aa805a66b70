package engine

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// still is a clock that stands.
type still slots.Instant

func (c still) Now() slots.Instant { return slots.Instant(c) }

// shipped returns the state of a new store: the shipped rules and nothing else.
func shipped(t testing.TB) *state {
	t.Helper()
	e, err := Open(context.Background(), Options{Log: NewMemLog(), Clock: still(1_700_000_000)})
	if err != nil {
		t.Fatal(err)
	}
	s := e.Snapshot().state
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return s
}

// agreeDays hold a change of the clocks, the turn of a year, holidays and weekends.
var agreeDays = []string{
	"2025-12-31", "2026-01-02", "2026-03-07", "2026-03-08", "2026-06-10", "2026-06-18", "2026-10-31", "2026-11-23", "2026-11-25",
}

var agreeZones = []string{"America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Chicago"}

// agreeStates have laws of every kind among the shipped rows, or none.
var agreeStates = []string{
	"TX", "TX", "TX", "AR", "OH", "IN", "MO", "MO", "MS", "IL", "OK", "NJ", "LA", "KY", "VA", "TN", "NE", "FL",
}

// Specialties with all relations among them, and one that no table knows.
var agreeCodes = []string{
	"207XS0117X", "207XS0117X", "207X00000X", "207XS0114X", "207T00000X", "207RC0000X", "207Q00000X", "111N00000X", "183500000X", "1234567890",
}

// agreePlans name programs that the shipped rows of a plan cover, and one that some do not.
var agreePlans = map[string][]string{
	"acme":        {"msk-spine-surgery", "msk-joint-surgery", "cardiac"},
	"hne":         {"msk-spine-surgery", "msk-joint-surgery", "cardiac"},
	"evolent":     {"cardiac", "advanced-imaging", "msk-spine-surgery", "physical-medicine", "medication"},
	"magellan":    {"cardiac", "ipm", "physical-medicine", "msk"},
	"claims-eval": {"msk-spine-surgery", "cardiac", "medication"},
	"asuris":      {"medication", "msk-spine-surgery"},
}

// allConsents are the codes that rows ask to attest.
var allConsents = []string{"tx_ssl_waived", "tx_ssl_specialty_waived", "oh_member_consent", "appeal_level_of_review"}

// agreement is a small world and the cases that want a call in it.
type agreement struct {
	asked     int // how often a plan was made
	t         *rapid.T
	s         *state
	now       slots.Instant
	reviewers []string
	caseIDs   []string
	match     bool // a specialty match is asked for
	serial    int
	ids       []string // of holds and calls
	staged    bool     // a case is at its second stage, without the calls that brought it there
	search    matcher.Searcher
}

const agreeTenant = "acme"

func drawAgreement(t *rapid.T, base *state) *agreement {
	day, err := slots.ParseDate(rapid.SampledFrom(agreeDays).Draw(t, "day"))
	if err != nil {
		t.Fatal(err)
	}
	chicago := mustLoad("America/Chicago")
	w := &agreement{t: t, s: base.clone(), match: w1(t, 4, "match")}
	w.now = chicago.Dates(day, day).Hull().Start + slots.Instant(rapid.IntRange(5*60, 22*60).Draw(t, "minute"))*slots.Minute
	w.now += slots.Instant(rapid.SampledFrom([]int{0, 0, 1, 59}).Draw(t, "second"))
	for i := range rapid.IntRange(2, 4).Draw(t, "reviewers") {
		id := fmt.Sprint("rev-", i)
		w.reviewers = append(w.reviewers, id)
		w.must(PutReviewer{Reviewer: w.reviewer(id, day)})
	}
	plan := rapid.SampledFrom([]string{"acme", "hne", "evolent", "magellan", "claims-eval", "asuris"}).Draw(t, "plan")
	c := w.medical("case-0", plan, day)
	w.put(c)
	if w1(t, 4, "two cases") {
		other := w.medical("case-1", plan, day)
		other.Program, other.Determination = c.Program, c.Determination
		w.put(other)
	}
	w.fillers()
	return w
}

// w1 is true once in n draws.
func w1(t *rapid.T, n int, label string) bool { return rapid.IntRange(1, n).Draw(t, label) == n }

func mustLoad(name string) *slots.Zone {
	z, err := slots.LoadZone(name)
	if err != nil {
		panic(err)
	}
	return z
}

func (w *agreement) pick(label string, from ...string) string {
	return rapid.SampledFrom(from).Draw(w.t, label)
}

// made keeps the ids of the holds and calls that commands have made.
func (w *agreement) made(o *Outcome) {
	if o.Hold != nil {
		w.ids = append(w.ids, o.Hold.ID)
	}
	if o.Appointment != nil {
		w.ids = append(w.ids, o.Appointment.ID)
	}
}

// step is a real command on a state.
func (w *agreement) step(s *state, p Payload) Outcome {
	w.t.Helper()
	cmd := Command{Actor: Actor{Tenant: agreeTenant, Principal: "alice", Role: "provider", Source: "test"}, Payload: p}
	done, err := s.step(&cmd, w.now, unlimited, new(codec), &w.search)
	if err != nil {
		w.t.Fatal(err)
	}
	return done.outcome
}

// ask is the answer to a command that is not carried out.
func (w *agreement) ask(s *state, p Payload) Outcome { return w.step(s.clone(), p) }

func (w *agreement) must(p Payload) {
	w.t.Helper()
	if o := w.step(w.s, p); o.Status != StatusOK {
		w.t.Fatalf("%T: %s %s", p, o.Status, o.Detail)
	}
}

func (w *agreement) id(kind string) string {
	w.serial++
	return fmt.Sprint(kind, "-", w.serial)
}

func (w *agreement) put(c Case) {
	w.must(PutCase{Case: c})
	w.caseIDs = append(w.caseIDs, c.ID)
	if c.Drug != "" && w1(w.t, 3, "second stage") {
		w.staged = true
		e := &entry{
			seq: w.s.seq + 1, now: w.now, actor: Actor{Tenant: agreeTenant, Principal: "alice"}, kind: KindCompleteCall,
			effects: []effect{&markCase{id: c.ID, stage: 1, callsHeld: 1}},
		}
		if err := w.s.apply(e); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *agreement) reviewer(id string, day slots.Date) Reviewer {
	t := w.t
	some := func(label string, most int, from ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 1, most, rapid.ID).Draw(t, label)
	}
	zone := w.pick("zone", agreeZones...)
	r := Reviewer{ZoneName: zone, Reviewer: matcher.Reviewer{
		ID: id, NPI: "1234567893", Zone: mustLoad(zone), Active: !w1(t, 12, "inactive"),
		Credential:  w.pick("credential", "MD", "MD", "MD", "MD", "DO", "DO", "PharmD", "DC", "PT", "NP"),
		Specialties: some("specialties", 2, agreeCodes[1:]...),
		Programs: append(some("programs", 6, "msk-spine-surgery", "msk-joint-surgery", "cardiac", "advanced-imaging",
			"physical-medicine", "medication", "ipm", "msk"), "sleep"),
		Populations:  some("populations", 3, "adult", "adult", "pediatric", "geriatric"),
		BufferBefore: rapid.SampledFrom([]int{0, 0, 5, 15}).Draw(t, "before"),
		BufferAfter:  rapid.SampledFrom([]int{0, 0, 10, 30}).Draw(t, "after"),
		MaxPerDay:    rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "cap"),
	}}
	if !w1(t, 8, "few programs") {
		r.Programs = []string{"sleep", "msk-spine-surgery", "msk-joint-surgery", "cardiac", "advanced-imaging",
			"physical-medicine", "medication", "ipm", "msk"}
	}
	if w1(t, 6, "some plans") {
		r.HealthPlans = append(some("plans", 3, "hne", "evolent", "magellan", "claims-eval", "asuris"), "acme")
	}
	if w1(t, 5, "some modalities") {
		r.Modalities = some("modalities", 2, "MRI", "CT")
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "licences") {
		r.Licenses = append(r.Licenses, w.license(fmt.Sprint(i), day))
	}
	if w1(t, 3, "certified") {
		r.BoardCertifications = []matcher.Certification{{
			Specialty: w.pick("board", agreeCodes...), From: day.AddDays(rapid.SampledFrom([]int{-900, 1}).Draw(t, "since")),
			To: rapid.SampledFrom([]slots.Date{0, day, day.AddDays(900)}).Draw(t, "until"),
		}}
	}
	if w1(t, 3, "experienced") {
		r.Experience = []matcher.Experience{{
			Specialty: w.pick("practice", agreeCodes...),
			Until:     rapid.SampledFrom([]slots.Date{0, day.AddDays(-900), day.AddDays(-4000)}).Draw(t, "practised"),
		}}
	}
	r.Hours = w.hours(r.Zone)
	return r
}

func (w *agreement) license(i string, day slots.Date) matcher.License {
	return matcher.License{
		State:  w.pick("licensed in "+i, agreeStates...),
		Type:   w.pick("type "+i, "full", "full", "full", "administrative", "telemedicine", "limited"),
		Status: w.pick("status "+i, "active", "active", "active", "active", "suspended"),
		From:   day.AddDays(rapid.SampledFrom([]int{-500, -500, -500, 1}).Draw(w.t, "from "+i)),
		To:     day.AddDays(rapid.SampledFrom([]int{500, 500, 500, 0, -1}).Draw(w.t, "to "+i)),
	}
}

// hours are every day's, mostly such that now lies in them.
func (w *agreement) hours(zone *slots.Zone) (a slots.Availability) {
	hour := int(w.now-zone.Dates(zone.Date(w.now), zone.Date(w.now)).Hull().Start) / int(slots.Hour)
	start := min(max(0, hour-rapid.IntRange(-2, 6).Draw(w.t, "opens")), 22) * 60
	length := rapid.SampledFrom([]int{10 * 60, 60, 8 * 60, 10*60 + 5}).Draw(w.t, "open for")
	a.Weekly = []slots.WeeklyHours{{
		Days: 1<<7 - 1, Span: slots.ClockSpan{Start: slots.ClockTime(start), End: slots.ClockTime(min(start+length, 24*60))},
	}}
	if w1(w.t, 3, "blocked") {
		from := w.now + slots.Instant(rapid.IntRange(-60, 20*60).Draw(w.t, "block"))*slots.Minute
		a.Blocks = []slots.Interval{{Start: from, End: from + slots.Hour}}
	}
	return a
}

func (w *agreement) provider(role string, credentials ...string) matcher.Provider {
	return matcher.Provider{
		Present: true, NPI: "1234567893", Credential: w.pick(role+" credential", credentials...),
		Specialty: w.pick(role+" specialty", agreeCodes...), TimeZone: "America/Chicago",
	}
}

func (w *agreement) medical(id, plan string, day slots.Date) Case {
	t := w.t
	programs := agreePlans[plan]
	c := matcher.Case{
		ID: id, HealthPlan: plan, Program: w.pick("program", append(programs, programs[0])...),
		LineOfBusiness: w.pick("line", "commercial", "commercial", "commercial", "exchange", "medicaid", "medicare", "medicare_advantage", "self_funded"),
		MemberState:    w.pick("member state", agreeStates...),
		PlanType:       w.pick("plan type", "", "hmo", "ppo", "indemnity"),
		SitusState:     w.pick("situs", append(agreeStates, "", "", "")...),
		Population:     w.pick("population", "adult", "adult", "pediatric"),
		LevelOfReview:  w.pick("level", "initial", "reconsideration", "reconsideration", "appeal"),
		Phase:          w.pick("phase", "pre_service", "pre_service", "concurrent", "post_service"),
		Requesting:     w.provider("requesting", "MD", "MD", "DO", "NP", "DC"),
		ServiceCodes:   []string{"22551"}, ServiceSpecialty: w.pick("service", agreeCodes...),
	}
	if w1(t, 4, "ordering") {
		c.Ordering = w.provider("ordering", "MD", "NP")
	}
	if w1(t, 5, "modality") {
		c.Modality = w.pick("the modality", "MRI", "CT")
	}
	if plan == "asuris" {
		c.Drug = w.pick("drug", "", "provider_administered", "provider_administered", "retail")
		c.Phase = w.pick("phase", "pre_service", "concurrent")
		c.LevelOfReview = w.pick("level", "initial", "reconsideration")
	}
	d := &c.Determination
	d.Status = w.pick("status", "denied", "denied", "denied", "denied", "partially_denied", "pending", "approved")
	d.Reason, d.LetterReceived = w.pick("reason", "medical_necessity", "medical_necessity", "medical_necessity", "benefit"), !w1(t, 10, "no letter")
	d.LetterDate = day.AddDays(rapid.SampledFrom([]int{-3, -3, -3, -15, -16}).Draw(t, "letter"))
	d.ReviewerID = w.pick("decider", "", "rev-0", "rev-1", "rev-1", "outsider")
	d.DecidedAt = w.now - 30*slots.Hour
	d.Final = w1(t, 12, "final")
	if w1(t, 3, "involved") {
		c.InvolvedReviewerIDs = []string{"rev-1"}
	}
	if d.Status == "pending" && w1(t, 2, "due") {
		c.DecisionDue = w.now + slots.Instant(rapid.IntRange(1, 40).Draw(t, "due in"))*slots.Hour
		d.DecidedAt = 0
	} else if d.Status == "pending" {
		c.AuthorizationRequestedAt = w.now - slots.Instant(rapid.IntRange(1, 90).Draw(t, "submitted"))*slots.Hour
		c.InformationCompleteAt, c.Expedited = c.AuthorizationRequestedAt, rapid.Bool().Draw(t, "expedited")
	}
	return Case{Case: c}
}

// fillers books and holds calls of other cases, whatever of them finds its place.
func (w *agreement) fillers() {
	for i := range rapid.SampledFrom([]int{8, 0, 4, 12}).Draw(w.t, "calls") {
		id := fmt.Sprint("filler-", i)
		w.must(PutCase{Case: Case{Case: matcher.Case{
			ID: id, HealthPlan: "acme", LineOfBusiness: "self_funded", MemberState: "FL", Population: "adult", Program: "sleep",
			LevelOfReview: "initial", Phase: "pre_service", Determination: matcher.Determination{Status: "denied"},
		}}})
		start := (w.now/(15*slots.Minute) + slots.Instant(rapid.SampledFrom([]int{0, 1, 1, 2, 3, 4, 6, 8, 13, 30, 60, 90}).Draw(w.t, "call at"))) * 15 * slots.Minute
		reviewer := w.pick("call of", w.reviewers...)
		if w1(w.t, 3, "held") {
			w.step(w.s, HoldSlot{ID: w.id("hold"), CaseIDs: []string{id}, ReviewerID: reviewer, Start: start, TimeZone: "UTC"})
			continue
		}
		w.step(w.s, w.book([]string{id}, reviewer, start, nil))
	}
}

func (w *agreement) book(caseIDs []string, reviewer string, start slots.Instant, codes []string) Book {
	return Book{
		ID: w.id("apt"), CaseIDs: caseIDs, ReviewerID: reviewer, Start: start, TimeZone: "UTC",
		PerformedByRole: "requesting_provider", PerformedByCredential: "MD", Location: "home", Notify: "none",
		Notes: CallNotes{SpecialtyMatchRequested: w.match && slices.Equal(caseIDs, w.caseIDs)}, Attestations: codes,
	}
}
