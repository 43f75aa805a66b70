package engine

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// RulesImpact is what other rules would change of what is there.
type RulesImpact struct {
	Cases, Calls               int // looked at: all cases, and calls that are booked or in progress
	CasesTouched, CallsTouched int
	// Touched lists the first of them, cases before calls, by tenant and id.
	Touched []Touched
}

// Touched is a case or a call of which other rules say something else. It holds
// ids, codes and instants, no personal data.
type Touched struct {
	Kind       string // case, call
	Tenant, ID string
	Changes    []AspectChange
}

// AspectChange is one thing that the rules say, before and after, "" = nothing.
type AspectChange struct{ Aspect, Before, After string }

// impactEvery is how many cases or calls lie between two looks at the context.
const impactEvery = 256

// CompareOptions bound a comparison.
type CompareOptions struct {
	Tenant string // whose cases and calls to look at, "" = everybody's
	Limit  int    // of Touched
	// Progress is called now and then, and at the end; it may be nil.
	Progress func(done, total uint64)
}

// CompareRules judges cases and active calls at now by two rulesets and tells
// where they differ. It changes nothing. The error is the context's.
func (s *Snapshot) CompareRules(ctx context.Context, before, after *matcher.Ruleset, now slots.Instant, o CompareOptions) (RulesImpact, error) {
	c := comparison{
		CompareOptions: o, ctx: ctx, s: s.state, now: max(now, s.state.now),
		total: uint64(s.state.cases.len() + s.state.appointments.len()),
	}
	s.state.cases.each(func(x *Case) bool {
		if c.leavesOut(x.Tenant) {
			return c.goOn()
		}
		c.out.Cases++
		changes := compareAspects(c.caseAspects(before, x), c.caseAspects(after, x))
		if len(changes) > 0 {
			c.out.CasesTouched++
			c.note(Touched{"case", x.Tenant, x.ID, changes})
		}
		return c.goOn()
	})
	s.state.appointments.each(func(a *Appointment) bool {
		if (a.Status == Booked || a.Status == InProgress) && !c.leavesOut(a.Tenant) {
			c.out.Calls++
			changes := compareAspects(c.callAspects(before, a), c.callAspects(after, a))
			if len(changes) > 0 {
				c.out.CallsTouched++
				c.note(Touched{"call", a.Tenant, a.ID, changes})
			}
		}
		return c.goOn()
	})
	return c.out, c.err
}

// comparison is a comparison of two rulesets under way.
type comparison struct {
	CompareOptions
	ctx         context.Context
	s           *state
	now         slots.Instant
	done, total uint64
	out         RulesImpact
	err         error
}

func (c *comparison) leavesOut(tenant string) bool { return c.Tenant != "" && c.Tenant != tenant }

func (c *comparison) note(t Touched) {
	if len(c.out.Touched) < c.Limit {
		c.out.Touched = append(c.out.Touched, t)
	}
}

// goOn counts one item and looks now and then whether anybody still waits.
func (c *comparison) goOn() bool {
	c.done++
	if c.done%impactEvery != 0 && c.done != c.total {
		return c.err == nil
	}
	if c.Progress != nil {
		c.Progress(c.done, c.total)
	}
	if err := c.ctx.Err(); err != nil {
		c.err = err
	}
	return c.err == nil
}

// aspect is one thing that the rules say.
type aspect struct{ name, value string }

// compareAspects pairs two lists of the same aspects.
func compareAspects(before, after []aspect) (changes []AspectChange) {
	for i := range before {
		if before[i] != after[i] {
			changes = append(changes, AspectChange{before[i].name, before[i].value, after[i].value})
		}
	}
	return changes
}

// caseAspects are what a ruleset says of a case. Rows are left out: a rule that
// got another id says what it said.
func (c *comparison) caseAspects(rs *matcher.Ruleset, x *Case) []aspect {
	e := rs.Eligibility(&x.Case, c.now, 0)
	var reasons, requirements, attestations, options []string
	for _, r := range e.Reasons {
		reasons = append(reasons, r.Code)
	}
	for _, r := range e.Requirements {
		requirements = append(requirements, strings.Join(strings.Fields(r.Code+" "+r.State+" "+r.Relation), " "))
	}
	for _, a := range e.Attestations {
		word := " optional"
		if a.Mandatory {
			word = " mandatory"
		}
		attestations = append(attestations, a.Code+word+" v"+strconv.Itoa(a.Version))
	}
	for _, o := range e.OtherOptions {
		options = append(options, o.Code+until(o.Until))
	}
	status := e.Status.String()
	if len(e.Modes) > 0 {
		status += " by " + strings.Join(e.Modes, ", ")
	}
	return append([]aspect{
		{"eligibility", status},
		{"reasons", asSet(reasons)},
		{"requestUntil", instantOf(e.RequestUntil)},
		{"decisionChangingUntil", instantOf(e.DecisionChangingUntil)},
		{"dueBy", instantOf(e.DueBy)},
		{"requirements", asSet(requirements)},
		{"attestations", asSet(attestations)},
		{"otherOptions", asSet(options)},
		{"advice", asSet(e.Advice)},
		{"noticeUntil", instantOf(e.NoticeUntil)},
	}, procedureAspects(&e)...)
}

// procedureAspects are how a call is held.
func procedureAspects(e *matcher.Eligibility) []aspect {
	minutes := func(n int) string { return strconv.Itoa(n) + " min" }
	speaker, attempts, stage := e.Speaker.Who, "", ""
	if len(e.Speaker.Credentials) > 0 {
		speaker += " " + strings.Join(e.Speaker.Credentials, " ")
	}
	if e.Speaker.Doctorates {
		speaker += " or a doctorate"
	}
	if a := e.Attempts; a != nil {
		attempts = strconv.Itoa(a.Maximum) + " counted in " + a.Counts + ", then " + a.Then
	}
	if e.Stages > 0 {
		stage = e.Stage + " of " + strconv.Itoa(e.Stages)
	}
	var effects, contacts, intake, results []string
	for _, f := range e.Intake {
		intake = append(intake, f.Fact)
	}
	for _, d := range e.Results {
		results = append(results, strconv.Itoa(d.Amount)+" "+d.Unit)
	}
	for _, r := range e.CaseEffects {
		effects = append(effects, r.Code)
	}
	for _, c := range e.Contacts {
		contacts = append(contacts, c.Kind+" "+c.Value)
	}
	return []aspect{
		{"callMinutes", minutes(e.CallMinutes)},
		{"gridMinutes", minutes(e.GridMinutes)},
		{"leadMinutes", minutes(e.LeadMinutes)},
		{"horizonHours", strconv.Itoa(e.HorizonHours) + " h"},
		{"holdMinutes", minutes(e.HoldMinutes)},
		{"speaker", speaker},
		{"proxies", asSet(e.Proxies)},
		{"dials", e.Dials},
		{"minimumWindows", strconv.Itoa(e.MinimumWindows)},
		{"intake", asSet(intake)},
		{"attempts", attempts},
		{"stage", stage},
		{"outcomes", asSet(e.Outcomes)},
		{"partialCertification", strconv.FormatBool(e.PartialCertification)},
		{"results", asSet(results)},
		{"newInformation", e.NewInformation},
		{"caseEffects", asSet(effects)},
		{"contacts", asSet(contacts)},
		{"recordDuty", strconv.FormatBool(e.RecordDuty)},
	}
}

// callAspects are what a ruleset says of a call as it stands: whether it could
// be booked there now, were it not booked, whatever lead time a new call needs
// and whomever a rule prefers for one, and how well it matches.
func (c *comparison) callAspects(rs *matcher.Ruleset, a *Appointment) []aspect {
	view := c.s.view(a.Tenant, c.now, a.ID)
	view.Rules = rs
	q := matcher.Query{
		SpecialtyMatch: a.Notes.SpecialtyMatchRequested, Waivable: matcher.RevealAlways,
		Mode: a.Mode, Windows: a.Windows, NotBefore: a.Span.Start, FirstAsked: a.FirstAskedAt,
		Kept: true,
	}
	for _, id := range a.CaseIDs {
		if x, ok := c.s.cases.get(a.Tenant, id); ok {
			q.Cases = append(q.Cases, &x.Case)
		}
	}
	var verdict, match, attestations string
	plan, no := matcher.NewPlan(view, q)
	reviewer, known := c.s.roster.Get(a.Reviewer)
	switch {
	case no != nil:
		verdict = no.Code
		if len(no.Reasons) > 0 {
			verdict += ": " + no.Reasons[0].Code
		}
	case !known:
		verdict = "reviewer unknown"
	default:
		j := plan.Judge(reviewer, a.Span.Start)
		verdict = faultNames[j.Fault]
		if j.Detail != "" {
			verdict += ": " + j.Detail
		}
		if j.Fault != matcher.FaultNotOffered {
			match = j.Tier.String() + ", " + j.Relation.String()
			if codes := j.Unmet.Codes(); len(codes) > 0 {
				match += ", unmet " + strings.Join(codes, " ")
			}
			if j.Consultative {
				match += ", consultative"
			}
		}
		attestations = asSet(j.Attestations)
	}
	return []aspect{{"verdict", verdict}, {"match", match}, {"attestations", attestations}}
}

var faultNames = [...]string{
	matcher.FaultNone: "bookable", matcher.FaultNotOffered: "not offered",
	matcher.FaultNotQualified: "not qualified", matcher.FaultTaken: "taken",
}

// asSet writes a list as a set: sorted, each once.
func asSet(list []string) string {
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(list))), ", ")
}

func until(t slots.Instant) string {
	if t == 0 {
		return ""
	}
	return " until " + t.String()
}

func instantOf(t slots.Instant) string {
	if t == 0 {
		return ""
	}
	return t.String()
}
