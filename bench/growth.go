package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/parleyhq/parley/bench/report"
	"github.com/parleyhq/parley/matcher"
)

// growthUnit is what the curves show: what a search takes of a processor, which
// neighbours cannot lengthen.
const growthUnit = "ns on the processor per search"

// growthSearches is how many searches one pass runs.
const growthSearches = 48

// What the cost model varies, one at a time.
var (
	growthHours = []int{1, 2, 4, 8, 12, 24}
	growthSlots = []int{1, 2, 4, 8, 16, 32}
	growthCases = []int{1, 2, 3, 4, 5}
)

// bed is an engine in memory with a world.
type bed struct {
	*InProcess
	world *World
}

// bed makes one. rules is the bundle, nil = the shipped one.
func (s *session) bed(ctx context.Context, scene Scene, rules []byte) (*bed, error) {
	t, err := NewInProcess(ctx, s.Wiring, !s.Memory, rules, DefaultNow)
	if err != nil {
		return nil, err
	}
	w, err := NewWorld(scene)
	if err == nil {
		err = t.Load(ctx, w, func(done, total uint64) { s.Step(fmt.Sprintf("fill %d", scene.Reviewers), done, total) })
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return &bed{t, w}, nil
}

// growth collects contenders and where in which curve they belong.
type growth struct {
	all    []*contender
	places []place
	curves []report.Curve
}

type place struct {
	curve int
	line  string
	x     float64
}

// curve begins a curve; what is added next belongs to it.
func (g *growth) curve(name, title, x string, log bool) {
	g.curves = append(g.curves, report.Curve{Name: name, Title: title, X: x, Y: growthUnit, LogX: log, LogY: true})
}

func (g *growth) add(line string, x float64, one func(*Search) Reply, list []Search) {
	g.places = append(g.places, place{len(g.curves) - 1, line, x})
	g.all = append(g.all, &contender{name: fmt.Sprintf("%s at %g", line, x), pass: searchPass(one, list)})
}

// both adds the week and the first-20 query.
func (g *growth) both(suffix string, x float64, b *bed, list []Search) {
	session := b.session()
	g.add("week"+suffix, x, session.Week, list)
	g.add("first-20"+suffix, x, session.Earliest, list)
}

// runGrowth measures what a search costs as one thing grows and all else stays.
// All contenders are measured in turns.
func runGrowth(ctx context.Context, s *session) (err error) {
	if s.Target != TargetInProcess {
		return wrong("growth measures in this process; leave --target out")
	}
	plain, err := PlainRules()
	if err != nil {
		return err
	}
	g := &growth{}
	var beds []*bed
	defer func() {
		for _, b := range beds {
			err = errors.Join(err, b.Close())
		}
	}()
	makeBed := func(size int, rules []byte) (*bed, error) {
		scene := s.scene()
		scene.Reviewers, scene.Searches, scene.CasesPerSearch = size, growthSearches, matcher.MaxCases
		b, err := s.bed(ctx, scene, rules)
		if err == nil {
			beds = append(beds, b)
		}
		return b, err
	}
	base := s.Sizes[len(s.Sizes)/2]
	var middle *bed
	g.curve("reviewers", "Growth with the roster", "reviewers", true)
	for _, size := range s.Sizes {
		full, err := makeBed(size, nil)
		if err != nil {
			return err
		}
		bare, err := makeBed(size, plain)
		if err != nil {
			return err
		}
		g.both("", float64(size), full, cut(full.world.Searches, 1))
		g.both(", without rules", float64(size), bare, cut(bare.world.Searches, 1))
		if size == base {
			middle = full
		}
	}
	g.vary(middle)
	if err := interleave(ctx, s.Rounds, s.Sample, g.all, func(done, total uint64) { s.Step("measure", done, total) }); err != nil {
		return err
	}
	s.note(map[string]string{"base": fmt.Sprint(base), "rounds": fmt.Sprint(s.Rounds), "sample": s.Sample.String(), "log": s.logName()})
	s.result.Curves = append(s.result.Curves, g.finish()...)
	return nil
}

// vary adds the curves at one size.
func (g *growth) vary(b *bed) {
	one := cut(b.world.Searches, 1)
	g.curve("hours", "Growth with the hours ticked", "hours ticked on each day", false)
	for _, hours := range growthHours {
		list := slices.Clone(one)
		for i := range list {
			list[i].Query.Ticks.Hours = tickedFrom7(hours)
		}
		g.both("", float64(hours), b, list)
	}
	g.curve("slots", "Growth with the slots shown", "slots shown of a day", true)
	for _, n := range growthSlots {
		session := b.session()
		session.shape.SlotsPerDay = n
		g.add("week", float64(n), session.Week, one)
	}
	g.curve("page", "Growth with the reviewers shown", "reviewers shown of a tier", true)
	for _, n := range growthSlots {
		session := b.session()
		session.shape.ReviewersPerPriority = n
		g.add("week", float64(n), session.Week, one)
	}
	g.curve("cases", "Growth with the cases of a call", "cases", false)
	for _, n := range growthCases {
		g.both("", float64(n), b, cut(b.world.Searches, n))
	}
	g.tiers(b, one)
}

// tiers adds the curve against the tiers that an answer holds on average: those
// that need a waiver never, only if need be, always.
func (g *growth) tiers(b *bed, one []Search) {
	g.curve("tiers", "Growth with the tiers shown, Texas cases", "tiers in an answer, on average", false)
	texas := slices.DeleteFunc(slices.Clone(one), func(q Search) bool { return q.Query.Cases[0].SitusState != "TX" })
	if len(texas) == 0 {
		return
	}
	for _, reveal := range []matcher.Reveal{matcher.RevealNever, matcher.RevealAuto, matcher.RevealAlways} {
		list := slices.Clone(texas)
		shown := 0
		for i := range list {
			list[i].Query.Waivable = reveal
			session := b.session()
			if _, plan, refusal := session.plan(&list[i], list[i].Query.Range); refusal == nil {
				week := shape
				week.Monday = list[i].Monday
				shown += len(plan.Week(week).Priorities)
			}
		}
		g.both("", float64(shown)/float64(len(list)), b, list)
	}
}

// cut returns searches that ask for the first count of their cases.
func cut(list []Search, count int) []Search {
	out := slices.Clone(list)
	for i := range out {
		out[i].CaseIDs = out[i].CaseIDs[:count]
	}
	return out
}

// finish puts the samples into the curves.
func (g *growth) finish() []report.Curve {
	for i, p := range g.places {
		c := &g.curves[p.curve]
		at := slices.IndexFunc(c.Lines, func(l report.Lines) bool { return l.Name == p.line })
		if at < 0 {
			at = len(c.Lines)
			c.Lines = append(c.Lines, report.Lines{Name: p.line})
		}
		c.Lines[at].Points = append(c.Lines[at].Points, report.NewPoint(p.x, g.all[i].cost()))
	}
	return slices.DeleteFunc(g.curves, func(c report.Curve) bool { return len(c.Lines) == 0 })
}
