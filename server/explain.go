package server

import (
	"net/http"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// explainIn asks why: of cases alone, of a reviewer for them, or of one start of his.
type explainIn struct {
	CaseID                  opt[string]   `json:"caseId"`
	CaseIDs                 opt[[]string] `json:"caseIds"`
	ReviewerID              opt[string]   `json:"reviewerId"`
	Start                   opt[string]   `json:"start"`
	TimeZone                opt[string]   `json:"timeZone"`
	Mode                    opt[string]   `json:"mode"`
	Week                    opt[string]   `json:"week"`
	From                    opt[string]   `json:"from"`
	To                      opt[string]   `json:"to"`
	Days                    opt[[]string] `json:"days"`
	Hours                   opt[[]int]    `json:"hours"`
	Windows                 opt[[]spanIn] `json:"windows"`
	SpecialtyMatchRequested opt[bool]     `json:"specialtyMatchRequested"`
}

// explainAsked is a checked question.
type explainAsked struct {
	inquiry
	reviewerID string
	start      slots.Instant // 0 = no start in particular
	monday     slots.Date    // 0 = no week
}

func (in *explainIn) resolve(k *check, now slots.Instant) explainAsked {
	q := explainAsked{
		reviewerID: optional(in.ReviewerID, "/reviewerId", k.id),
		start:      optional(in.Start, "/start", k.instant),
		monday:     optional(in.Week, "/week", k.modernDate).Monday(),
	}
	ids := in.CaseIDs.V
	if in.CaseID.Set == in.CaseIDs.Set {
		k.wrong("", "must name caseId or caseIds")
	} else if in.CaseID.Set {
		ids = []string{k.id("/caseId", in.CaseID.V)}
	}
	if k.faults() == 0 {
		q.caseIDs = k.caseIDs("/caseIds", ids)
	}
	q.zone = optional(in.TimeZone, "/timeZone", k.zone)
	q.mode = optional(in.Mode, "/mode", func(p, s string) string { return k.word(p, s, modes) })
	q.specialtyMatch = in.SpecialtyMatchRequested.V
	q.ticks = slots.AllTicks
	if in.Days.Set {
		q.ticks.Days = k.weekdays("/days", in.Days.V)
	}
	if in.Hours.Set {
		q.ticks.Hours = k.hours("/hours", in.Hours.V)
	}
	if len(in.Windows.V) > 0 {
		q.windows = k.windows("/windows", in.Windows.V)
	}
	if in.Start.Set && !in.ReviewerID.Set {
		k.wrong("/start", "needs reviewerId")
	}
	span := earliestIn{From: in.From, To: in.To}
	if in.Week.Set && (in.From.Set || in.To.Set) {
		k.wrong("/week", "goes without from and to")
	} else {
		q.span = span.span(k, now)
	}
	if !in.Week.Set {
		q.monday = 0
	}
	return q
}

// explainOut is the answer: the cases by the rules, the reviewer by the facts, and
// what could be had, or what would have to change.
type explainOut struct {
	AsOf        uint64           `json:"asOf"`
	Now         string           `json:"now"`
	Ruleset     string           `json:"ruleset"`
	TimeZone    string           `json:"timeZone"`
	Mode        *string          `json:"mode"`
	Cases       []caseReasonsOut `json:"cases"`
	Refusal     *refusalOut      `json:"refusal"`
	Reviewer    *reviewerWhyOut  `json:"reviewer"`
	Best        jsontext.Value   `json:"best"`
	Explanation jsontext.Value   `json:"explanation"`
}

type caseReasonsOut struct {
	CaseID       string          `json:"caseId"`
	Availability availabilityOut `json:"availability"`
	Rows         []rowOut        `json:"rows"`
	Requirements []askedOut      `json:"requirements"`
}

type rowOut struct {
	ID      string  `json:"id"`
	Title   string  `json:"title"`
	Source  string  `json:"source"`
	Kind    string  `json:"kind"`
	Applies bool    `json:"applies"`
	Why     *string `json:"why"`
}

// askedOut is a requirement with what the case says of it.
type askedOut struct {
	Code   string   `json:"code"`
	Rule   *string  `json:"rule"`
	Source *string  `json:"source"`
	Facts  []string `json:"facts"`
	OneOf  int      `json:"oneOf"`
}

// factOut is a requirement or a gate with the facts and the verdict.
type factOut struct {
	askedOut
	Met    bool    `json:"met"`
	Counts bool    `json:"counts"`
	Waiver *string `json:"waiver"`
}

type refusalOut struct {
	Code    string      `json:"code"`
	CaseID  *string     `json:"caseId"`
	Rule    *string     `json:"rule"` // of a mode that is not open
	Reasons []reasonOut `json:"reasons"`
}

type reviewerWhyOut struct {
	Reviewer         reviewerNameOut `json:"reviewer"`
	Start            *string         `json:"start"`
	JudgedAt         string          `json:"judgedAt"`
	Verdict          string          `json:"verdict"`
	Detail           *string         `json:"detail"`
	Rule             *string         `json:"rule"`
	Tier             *string         `json:"tier"`
	Relation         string          `json:"relation"`
	Unmet            []string        `json:"unmet"`
	ConsultativeOnly bool            `json:"consultativeOnly"`
	Late             bool            `json:"late"`
	Attestations     []string        `json:"attestations"`
	Cases            []caseWhyOut    `json:"cases"`
	Slot             []factOut       `json:"slot"`
}

type caseWhyOut struct {
	CaseID           string    `json:"caseId"`
	Tier             *string   `json:"tier"`
	Relation         string    `json:"relation"`
	Unmet            []string  `json:"unmet"`
	ConsultativeOnly bool      `json:"consultativeOnly"`
	Attestations     []string  `json:"attestations"`
	Anchors          []string  `json:"anchors"`
	Requirements     []factOut `json:"requirements"`
}

// verdicts name the faults of a judgement as a booking would be answered.
var verdicts = map[matcher.Fault]string{
	matcher.FaultNone:         "bookable",
	matcher.FaultNotOffered:   engine.StatusSlotNotOffered.String(),
	matcher.FaultNotQualified: engine.StatusReviewerNotQualified.String(),
	matcher.FaultTaken:        engine.StatusSlotTaken.String(),
}

func explain(c *call) answer {
	var in explainIn
	if p := decode(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	q := in.resolve(&k, c.now)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	out, p := c.explained(&q)
	if p != nil {
		return refuse(p)
	}
	return ok(http.StatusOK, out)
}

func (c *call) explained(q *explainAsked) (*explainOut, *problem) {
	out := &explainOut{
		AsOf: uint64(c.snap.Seq()), Ruleset: c.snap.Rules().Version(),
		Best: jsontext.Value("null"), Explanation: jsontext.Value("null"),
	}
	if q.zone == nil {
		q.zone = c.zoneOfCase(q.caseIDs[0])
	}
	out.TimeZone, out.Now = q.zone.Name(), string(slots.AppendInstant(nil, c.now, q.zone))
	var common []string
	for i, id := range q.caseIDs {
		v, found := c.snap.Case(c.actor.Tenant, id)
		if !found {
			return nil, &problem{code: codeNotFound}
		}
		x := c.snap.Rules().ExplainCase(&v.Case, c.now, c.snap.FirstAsked(v.Tenant, v.ID))
		out.Cases = append(out.Cases, c.caseReasons(v, &x, q.zone))
		if i == 0 {
			common = slices.Clone(x.Eligibility.Modes)
		}
		common = slices.DeleteFunc(common, func(m string) bool { return !slices.Contains(x.Eligibility.Modes, m) })
	}
	if q.mode == "" && len(common) > 0 {
		q.mode = common[0]
	}
	out.Mode = textOrNull(q.mode)
	if q.monday != 0 {
		q.span = matcher.WeekRange(q.zone, q.monday)
	}
	return out, c.explainOffers(q, out)
}

// explainOffers fills in what concerns reviewers: the one asked about, the best
// offer in the range, and what would have to change where there is none.
func (c *call) explainOffers(q *explainAsked, out *explainOut) *problem {
	var reviewer *engine.Reviewer
	if q.reviewerID != "" {
		var found bool
		if reviewer, found = c.snap.Reviewer(c.actor.Tenant, q.reviewerID); !found {
			return &problem{code: codeNotFound}
		}
	}
	return c.bounded(explainLess, func() *problem { return c.explainWithin(q, reviewer, out) })
}

func (c *call) explainWithin(q *explainAsked, reviewer *engine.Reviewer, out *explainOut) *problem {
	query, p := c.asked(c.snap, q.inquiry)
	if p != nil {
		return p
	}
	plan, refusal := c.planOf(new(matcher.Searcher), c.snap, c.now, query)
	if refusal != nil {
		out.Refusal = &refusalOut{
			Code: refusal.Code, CaseID: textOrNull(refusal.CaseID), Rule: textOrNull(refusal.Rule), Reasons: reasonsOut(refusal.Reasons),
		}
		w, found := &offerWriter{call: c, snap: c.snap, zone: q.zone}, c.refusedBecause(query)
		out.Explanation = w.explanation(nil, &found)
		return nil
	}
	if reviewer != nil {
		x := plan.ExplainReviewer(&reviewer.Reviewer, q.start)
		why := c.reviewerWhy(reviewer, &x, q.zone)
		out.Reviewer = &why
	}
	w := &offerWriter{call: c, snap: c.snap, zone: q.zone}
	found := plan.Earliest(1)
	if len(found.Offers) > 0 {
		out.Best = w.offer(nil, &found.Offers[0])
	}
	out.Explanation = w.explanation(nil, &found.Explanation)
	return nil
}

// refusedBecause explains a query that is refused, and what single change would open
// it, in whichever mode that is if the query names none: a case that is not eligible
// has no modes to choose from.
func (c *call) refusedBecause(query matcher.Query) (found matcher.Explanation) {
	tried := []string{query.Mode}
	if query.Mode == "" {
		tried = modes
	}
	view := c.snap.View(c.actor.Tenant, c.now)
	ids := make([]string, len(query.Cases))
	for i, v := range query.Cases {
		ids[i] = v.ID
	}
	own, firstAsked := c.ownCall(c.snap, c.now, ids)
	c.snap.Except(view, own)
	query.FirstAsked = firstAsked
	for _, query.Mode = range tried {
		if found, _ = matcher.ExplainRefused(view, query); len(found.Unlock) > 0 {
			return found
		}
	}
	return found
}

func (c *call) caseReasons(v *engine.Case, x *matcher.CaseExplanation, z *slots.Zone) caseReasonsOut {
	out := caseReasonsOut{
		CaseID: v.ID, Availability: c.availability(v, &x.Eligibility, z),
		Rows: make([]rowOut, len(x.Rows)), Requirements: make([]askedOut, len(x.Requirements)),
	}
	for i, r := range x.Rows {
		out.Rows[i] = rowOut{ID: r.ID, Title: r.Title, Source: r.Source, Kind: r.Kind, Applies: r.Applies, Why: textOrNull(r.Why)}
	}
	for i := range x.Requirements {
		out.Requirements[i] = askedOf(&x.Requirements[i])
	}
	return out
}

func askedOf(f *matcher.RequirementFact) askedOut {
	return askedOut{Code: f.Code, Rule: textOrNull(f.Rule), Source: textOrNull(f.Source), Facts: f.Facts, OneOf: f.OneOf}
}

func factsOut(in []matcher.RequirementFact) []factOut {
	out := make([]factOut, len(in))
	for i := range in {
		f := &in[i]
		out[i] = factOut{askedOut: askedOf(f), Met: f.Met, Counts: f.Counts, Waiver: textOrNull(f.Waiver)}
	}
	return out
}

func (c *call) reviewerWhy(r *engine.Reviewer, x *matcher.ReviewerExplanation, z *slots.Zone) reviewerWhyOut {
	j := &x.Judgement
	out := reviewerWhyOut{
		Reviewer: reviewerNameOut{ID: r.ID, Name: c.reviewerName(r.ID, r.Personal), Credential: r.Credential},
		Start:    instantText(x.Start, z), JudgedAt: string(slots.AppendInstant(nil, x.At, z)),
		Verdict: verdicts[j.Fault], Detail: textOrNull(j.Detail), Rule: textOrNull(j.Rule),
		Tier: tierOrNull(j.Tier), Relation: j.Relation.String(), Unmet: j.Unmet.Codes(),
		ConsultativeOnly: j.Consultative, Late: j.Late, Attestations: j.Attestations,
		Cases: make([]caseWhyOut, len(x.Cases)), Slot: factsOut(x.Slot),
	}
	if j.Fault == matcher.FaultNone && x.Start == 0 {
		out.Verdict = "qualified" // about no start: nothing was asked of the calendar
	}
	for i := range x.Cases {
		v := &x.Cases[i]
		out.Cases[i] = caseWhyOut{
			CaseID: v.CaseID, Tier: tierOrNull(v.Tier), Relation: v.Relation.String(), Unmet: v.Unmet.Codes(),
			ConsultativeOnly: v.Consultative, Attestations: v.Attestations, Anchors: v.Anchors, Requirements: factsOut(v.Requirements),
		}
	}
	return out
}
