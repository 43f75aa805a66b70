package matcher

import (
	"fmt"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// modeRules are the rules of the worlds, a plan that holds calls in every mode, a
// state that prefers the original reviewer and one that requires him.
func modeRules(tb testing.TB) *Ruleset {
	tb.Helper()
	const payer = `{
		"id": "every", "title": "Every mode", "source": "test", "verified": true, "enabled": true, "healthPlan": "every",
		"modes": ["slot", "callback", "ad_hoc"], "requires": {"credential": {"in": ["MD"]}},
		"call": {"callMinutes": 20, "gridMinutes": 10, "leadMinutes": 0, "horizonHours": 100, "holdMinutes": 5},
		"reviewerStages": [
			{"id": "pharmacist", "credentials": ["PharmD"], "when": {"drugs": ["retail"]}},
			{"id": "director", "credentials": ["MD"], "when": {"drugs": ["retail"]}}
		],
		"clauses": [{"id": "call", "effect": "eligible", "code": "call_available", "message": "Ask.", "display": false, "when": {}}],
		"limits": [{"id": "due", "event": "decision_due", "effect": "closes", "code": "due_passed", "message": "Too late.", "display": true, "when": {}}]
	}`
	const law = `{
		"id": %q, "title": "Original reviewer", "source": "test", "verified": true, "enabled": true, "kind": "state", "states": [%q],
		"stateBasis": "situs", "lines": ["commercial"], "levels": ["reconsideration"], "phases": ["pre_service"],
		"statuses": ["denied", "pending"], "requires": %s
	}`
	rows := map[string][]string{
		"payers": {payer},
		"jurisdictions": {
			fmt.Sprintf(law, "prefers", "NV", `{"identity": "original_preferred", "within": {"amount": 20, "unit": "hours"}}`),
			fmt.Sprintf(law, "requires", "ND", `{"identity": "original_required"}`),
		},
	}
	rules, err := CompileRules(editBundle(tb, func(sections map[string]*section) {
		for name, more := range rows {
			for _, row := range more {
				sections[name].Rows = append(sections[name].Rows, jsontext.Value(row))
			}
		}
	}))
	if err != nil {
		tb.Fatal(err)
	}
	return rules
}

// drawModeWorld draws a world whose cases are of the plan with every mode.
func drawModeWorld(t *rapid.T, rules *Ruleset) *world {
	w := drawWorld(t, rules)
	q := &w.query
	q.Mode = rapid.SampledFrom([]string{"slot", "callback", "callback", "ad_hoc"}).Draw(t, "mode")
	ids := []string{"", "gone"}
	for _, r := range w.reviewers {
		ids = append(ids, r.ID, r.ID, r.ID)
	}
	for i, c := range q.Cases {
		if i > 1 {
			q.Cases = q.Cases[:2]
			break
		}
		c.HealthPlan, c.Program, c.LevelOfReview = "every", "msk-spine-surgery", "reconsideration"
		c.SitusState = rapid.SampledFrom([]string{"FL", "FL", "NV", "NV", "NV", "ND", "TX"}).Draw(t, "state of the plan")
		c.Drug = rapid.SampledFrom([]string{"", "", "", "", "", "", "", "retail"}).Draw(t, "drug")
		c.Stage = rapid.IntRange(0, 2).Draw(t, "stage")
		c.Determination.ReviewerID = rapid.SampledFrom(ids).Draw(t, "decider")
		if c.DecisionDue = 0; rapid.Bool().Draw(t, "is due") {
			c.DecisionDue = w.view.Now + slots.Instant(rapid.IntRange(1, 20).Draw(t, "hours to decide"))*slots.Hour
		}
	}
	if rapid.Bool().Draw(t, "few ticks") {
		q.Ticks = slots.Ticks{
			Days:  slots.Weekdays(rapid.IntRange(1, 127).Draw(t, "ticked days")),
			Hours: 7 << rapid.IntRange(0, 21).Draw(t, "ticked hours"),
		}
	}
	q.Range = slots.Interval{}
	switch q.Mode {
	case "ad_hoc":
		q.Range = slots.Interval{Start: w.view.Now, End: w.view.Now + 24*slots.Hour}
	case "callback":
		earliest := -60
		if rapid.IntRange(0, 2).Draw(t, "due before the windows") == 0 { // so that only a later deadline helps
			q.Cases[0].DecisionDue, earliest = w.view.Now+slots.Hour, 60
		}
		for range rapid.IntRange(1, 3).Draw(t, "windows") {
			start := w.view.Now + slots.Instant(rapid.IntRange(earliest, 120*60).Draw(t, "window"))*slots.Minute
			length := slots.Instant(rapid.IntRange(20, 120).Draw(t, "window length")) * slots.Minute
			q.Windows = append(q.Windows, slots.Interval{Start: start, End: start + length})
		}
	}
	return w
}

// fits reports whether a call at start suits the requester, by ticks and windows.
func (w *twin) fits(start int64) bool { return w.suits(start) && w.inWindows(start) }

func (w *twin) inWindows(start int64) bool {
	if w.query.Windows == nil {
		return true
	}
	for unix := start; unix < start+int64(w.minutes)*60; unix++ {
		inside := false
		for _, window := range w.query.Windows {
			inside = inside || int64(window.Start) <= unix && unix < int64(window.End)
		}
		if !inside {
			return false
		}
	}
	return true
}

// again is the twin of a changed question: rules resolved anew, and the original
// reviewers preferred who have a time of their own.
func (w *twin) again(change func(*Query)) *twin {
	t := *w
	t.query.Cases = append([]*Case(nil), w.query.Cases...)
	change(&t.query)
	t.rules = nil
	for _, c := range t.query.Cases {
		cr := w.view.Rules.resolve(c, w.view.Now, 0, t.query.SpecialtyMatch)
		if t.query.Mode == "ad_hoc" {
			cr.openFrom(w.view.Now)
		}
		t.rules = append(t.rules, cr)
	}
	var alone []*activeNode
	for _, cr := range t.rules {
		for i := range cr.rows {
			cr.rows[i].tree.each(func(n *activeNode) {
				if n.Within != nil && len(t.originals(cr.c, n)) > 0 {
					alone = append(alone, n)
				}
			})
		}
	}
	for _, n := range alone {
		n.alone = true
	}
	return &t
}

// originals lists the starts that the decider of a case could be booked for, ticks
// aside, while a rule waits for him.
func (w *twin) originals(c *Case, n *activeNode) (starts []int64) {
	for _, o := range w.bookable(int64(w.view.Now), int64(n.until)+1) {
		if o.reviewer.ID == c.Determination.ReviewerID && o.tier <= TierSkilled && o.unmet == 0 && w.inWindows(o.start) {
			starts = append(starts, o.start)
		}
	}
	return starts
}

// searched are the starts of the query's range, or of the limits.
func (w *twin) searched() (from, to int64) {
	if r := w.query.Range; !r.Empty() {
		return int64(r.Start), int64(r.End)
	}
	return int64(w.view.Now), int64(w.view.Now + 100*slots.Hour)
}

func (w *twin) found() []twinOffer { return w.bookable(w.searched()) }

// modeUnlocks lists every single change that would help, in whatever mode.
func (w *twin) modeUnlocks() []string {
	offers := w.found()
	lines := w.attestations(offers)
	for box := range 7 + 24 {
		changed, u := *w, Unlock{Kind: "hour", Value: fmt.Sprint(box - 7)}
		if box < 7 {
			changed.query.Ticks.Days |= 1 << box
			u = Unlock{Kind: "day", Value: slots.Weekday(box).String()}
		} else {
			changed.query.Ticks.Hours |= 1 << (box - 7)
		}
		if changed.query.Ticks != w.query.Ticks {
			lines = append(lines, changed.tried(u, offers))
		}
	}
	if w.query.Windows != nil {
		free := w.again(func(q *Query) { q.Windows = nil })
		line := free.tried(Unlock{Kind: "windows", Value: "?"}, free.found())
		lines = append(lines, line)
	}
	match := !w.query.SpecialtyMatch
	turned := w.again(func(q *Query) { q.SpecialtyMatch = match })
	lines = append(lines, turned.tried(Unlock{Kind: "specialty_match_requested", Value: fmt.Sprint(match)}, turned.found()))
	for _, cr := range w.rules {
		for i := range cr.rows {
			cr.rows[i].tree.each(func(n *activeNode) {
				if n.Within == nil || !n.alone {
					return
				}
				u := Unlock{Kind: "original_reviewer", Value: cr.c.Determination.ReviewerID}
				for _, start := range w.originals(cr.c, n) {
					u.add(slots.Instant(start))
				}
				lines = append(lines, unlockLine(u))
			})
		}
	}
	due := false
	later := w.again(func(q *Query) {
		for i, c := range q.Cases {
			moved := *c
			due = due || c.DecisionDue != 0
			moved.DecisionDue = 0
			q.Cases[i] = &moved
		}
	})
	if due {
		lines = append(lines, later.tried(Unlock{Kind: "deadline", Value: "every/due"}, later.found()))
	}
	return lines
}

// In every mode, with windows, ticks and original reviewers, an explanation is
// given exactly when nothing can be had as asked, and names every single change
// that would help, with the right numbers.
func TestExplanationInEveryModeAgainstTwin(t *testing.T) {
	t.Parallel()
	rules, clocks := modeRules(t), newClocks()
	kinds := coverage{}
	wanted := []string{"windows", "deadline", "no_identity", detailOutsideWindow}
	checkAll(t, kinds, wanted, func(t *rapid.T) {
		w := drawModeWorld(t, rules)
		p, refusal := NewPlan(w.view, w.query)
		if refusal != nil {
			t.Fatalf("refused: %s", refusal.Code)
		}
		base := w.twin(p, clocks)
		if w.query.Mode == "ad_hoc" {
			base.step = 1
		}
		twin := base.again(func(*Query) {})
		x := p.ExplainNothing()
		if nothing := twin.tried(Unlock{}, twin.found()) == ""; nothing != (len(x.NothingBecause) > 0) {
			t.Fatalf("nothing in range: %t, reasons %v", nothing, x.NothingBecause)
		} else if !nothing {
			return
		}
		for _, b := range x.NothingBecause {
			checkNamed(t, rules, b.Code, b.Rule, b.Detail.String())
			kinds[b.Code]++
		}
		var got, want []string
		for _, u := range x.Unlock {
			if kinds[u.Kind]++; u.Kind == "week" {
				continue
			}
			if u.Kind == "windows" {
				checkNearest(t, twin, u.Value)
				u.Value = "?"
			}
			got = append(got, unlockLine(u))
		}
		for _, line := range twin.modeUnlocks() {
			if line != "" {
				want = append(want, line)
			}
		}
		sameLines(t, "unlock", got, want)
	})
}

// checkNearest holds the start that a windows unlock names to be one that could be had
// without windows and that misses them by the least.
func checkNearest(t *rapid.T, w *twin, value string) {
	free := w.again(func(q *Query) { q.Windows = nil })
	least, named := int64(1)<<40, int64(-1)
	for _, o := range free.found() {
		if o.tier > TierSkilled || o.unmet != 0 || !free.suits(o.start) {
			continue
		}
		misses := w.misses(o.start)
		if least = min(least, misses); slots.Instant(o.start).String() == value {
			named = misses
		}
	}
	if named != least {
		t.Fatalf("nearest start %s misses the windows by %d s, another by %d s", value, named, least)
	}
}

// misses returns by how many seconds a call misses the nearest window; windows that
// overlap or touch are one.
func (w *twin) misses(start int64) int64 {
	least := int64(1) << 40
	for _, window := range w.query.Windows {
		for range w.query.Windows { // grow it as far as the others carry it
			for _, other := range w.query.Windows {
				if other.Start <= window.End && window.Start <= other.End {
					window.Start, window.End = min(window.Start, other.Start), max(window.End, other.End)
				}
			}
		}
		by := max(int64(window.Start)-start, start+int64(w.minutes)*60-int64(window.End))
		least = min(least, max(by, 0))
	}
	return least
}
