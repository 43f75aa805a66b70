package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/parleyhq/parley/bench/report"
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// Names of the figures. Documents refer to them; they do not change.
const (
	FigureWeekOverFormat   = "week_over_format"
	FigureWeekOverWriting  = "week_over_writing"
	FigureFirst20OverWeek  = "first20_over_week"
	FigureWeekGrowth       = "week_10x_over_1x"
	FigureWeekAllocs       = "week_allocs"
	FigureFirst20Allocs    = "first20_allocs"
	FigureSearchWhileBooks = "search_while_booking_over_idle"
	FigureBookingsApplied  = "bookings_applied"
	FigureStartOverRead    = "start_over_read"
	FigureIndexBytes       = "index_bytes_per_reviewer"
	FigureStateBytes       = "state_bytes_per_reviewer"
	FigureRulesOverPlain   = "rules_over_plain"
)

// Parameters of the figures.
const (
	growthFactor = 10     // of target 3
	bookingRate  = 20_000 // per second, of target 10
	ruleCases    = 2      // of every search of target 13
	bookingTick  = 10 * time.Millisecond
)

// runFigures measures the targets that need no other system: 1 to 4 and 10 to 13.
func runFigures(ctx context.Context, s *session) error {
	if s.Target != TargetInProcess {
		return wrong("figures measures in this process; leave --target out")
	}
	s.note(map[string]string{"rounds": fmt.Sprint(s.Rounds), "sample": s.Sample.String(), "counts": joinInts(s.Counts), "log": s.logName()})
	for _, part := range []struct {
		name string
		run  func(context.Context, *session) error
	}{{"searches", searchFigures}, {"searches beside bookings", writeFigures}, {"start", startFigures}} {
		s.Say("figures: " + part.name)
		if err := part.run(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

// silent tells nobody of a step.
func (s *session) silent(uint64, uint64) {}

// quotable is the fewest rounds from which a figure is claimed to meet its target.
const quotable = 5

func (s *session) figure(f report.Figure) {
	f.Unclaimed = f.Goal > 0 && s.Rounds < quotable
	s.result.Figures = append(s.result.Figures, f)
}

// searchFigures measures targets 1, 2, 3, 4, 12 and 13.
func searchFigures(ctx context.Context, s *session) (err error) {
	var beds []*bed
	defer func() {
		for _, b := range beds {
			err = errors.Join(err, b.Close())
		}
	}()
	plain, err := PlainRules()
	if err != nil {
		return err
	}
	scene := s.scene()
	scene.Searches, scene.CasesPerSearch = growthSearches, ruleCases
	before := heap()
	for _, v := range []struct {
		factor int
		rules  []byte
	}{{1, nil}, {growthFactor, nil}, {1, plain}} {
		scene.Reviewers = s.size * v.factor
		b, err := s.bed(ctx, scene, v.rules)
		if err != nil {
			return err
		}
		beds = append(beds, b)
		if len(beds) == 1 {
			s.figure(report.NewFigure(FigureStateBytes, "heap of a filled engine, all of it, per reviewer", "bytes", []float64{float64(heap()-before) / float64(s.size)}))
			s.indexFigure(b)
		}
	}
	full, large, bare := beds[0], beds[1], beds[2]
	one := cut(full.world.Searches, 1)
	format, err := formatPass(full, one, s.Wiring.PlainFormatter)
	if err != nil {
		return err
	}
	write, err := formatPass(full, one, s.Wiring.Formatter)
	if err != nil {
		return err
	}
	session := full.session()
	week := &contender{name: "week", pass: searchPass(session.Week, one)}
	first := &contender{name: "first-20", pass: searchPass(session.Earliest, one)}
	formatted, written := &contender{name: "format", pass: format}, &contender{name: "write", pass: write}
	grown := &contender{name: "week at ten times the size", pass: searchPass(large.session().Week, cut(large.world.Searches, 1))}
	ruled := &contender{name: "week with rules", pass: searchPass(session.Week, full.world.Searches)}
	unruled := &contender{name: "week without rules", pass: searchPass(bare.session().Week, bare.world.Searches)}
	all := []*contender{week, formatted, written, first, grown, ruled, unruled}
	if err := interleave(ctx, s.Rounds, s.Sample, all, func(done, total uint64) { s.Step("measure", done, total) }); err != nil {
		return err
	}
	for _, c := range all {
		s.figure(report.NewFigure("ns_"+figureName(c.name), c.name+", one core", "ns", c.samples))
	}
	s.ratio(FigureWeekOverFormat, "week search with its JSON ÷ formatting the same answer", week, formatted, 1, 3)
	s.beside(FigureWeekOverWriting, "week search with its JSON ÷ its own writer with the same answer", week, written, 1)
	s.ratio(FigureFirst20OverWeek, "first-20 ÷ week search, both with their JSON", first, week, 2, 0.4)
	s.ratio(FigureWeekGrowth, fmt.Sprintf("week search at %d ÷ at %d reviewers", s.size*growthFactor, s.size), grown, week, 3, 2)
	s.ratio(FigureRulesOverPlain, fmt.Sprintf("week search of %d cases with all rules ÷ without", ruleCases), ruled, unruled, 13, 1.3)
	s.figure(report.NewFigure(FigureWeekAllocs, "allocations of a week search with its JSON", "allocs", s.allocs(week)).Aim(4, 0))
	s.figure(report.NewFigure(FigureFirst20Allocs, "allocations of a first-20 search with its JSON", "allocs", s.allocs(first)).Aim(4, 0))
	return nil
}

// ratio keeps the ratio of two contenders, round by round, with its target; and,
// where the system tells it, the same of their times on the processor.
func (s *session) ratio(name, what string, a, b *contender, goal int, atMost float64) {
	s.figure(report.NewFigure(name, what, "ratio", ratios(a.samples, b.samples)).Aim(goal, atMost))
	if cpu := ratios(a.cpu, b.cpu); len(cpu) > 0 {
		s.figure(report.NewFigure(name+"_cpu", what+", time on the processor", "ratio", cpu))
	}
}

// beside keeps a ratio that is held to nothing, to be read beside a target.
func (s *session) beside(name, what string, a, b *contender, goal int) {
	f := report.NewFigure(name, what, "ratio", ratios(a.samples, b.samples))
	f.Goal = goal
	s.figure(f)
}

// indexFigure reports the search index's memory, if the program tells it.
func (s *session) indexFigure(b *bed) {
	if s.Wiring.IndexBytes == nil {
		s.result.Notes = append(s.result.Notes, "The memory of a search index is not measured: this program has none, or does not tell its size.")
		return
	}
	bytes := float64(s.Wiring.IndexBytes(b.Engine.Snapshot())) / float64(s.size)
	s.figure(report.NewFigure(FigureIndexBytes, "search index, per reviewer", "bytes", []float64{bytes}).Aim(12, 4096))
}

func figureName(name string) string {
	out := []byte(name)
	for i, c := range out {
		if c == ' ' || c == '-' {
			out[i] = '_'
		}
	}
	return string(out)
}

// heap is what is in use after a collection, in bytes.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// formatPass writes the answers of week searches that were made once.
func formatPass(b *bed, list []Search, formatter func(*engine.Engine) Formatter) (func() (int, error), error) {
	if formatter == nil {
		return nil, wrong("the target's answers cannot be written without a formatter")
	}
	format := formatter(b.Engine)
	type made struct {
		week    matcher.WeekAnswer
		zone    *slots.Zone
		minutes int
	}
	answers := make([]made, len(list))
	snap := b.Engine.Snapshot()
	for i := range list {
		// An answer may live in its session's memory, so each has a session of its own.
		_, plan, refusal := b.session().plan(&list[i], list[i].Query.Range)
		if refusal != nil {
			return nil, fmt.Errorf("search %d: %s", i, refusal.Code)
		}
		week := shape
		week.Monday = list[i].Monday
		answers[i] = made{plan.Week(week), list[i].Query.Zone, plan.CallMinutes}
	}
	var body []byte
	return func() (int, error) {
		for i := range answers {
			a := &answers[i]
			body = format.AppendWeek(body[:0], snap, a.zone, &a.week, a.minutes)
		}
		return len(answers), nil
	}, nil
}

// allocs counts allocations per operation in every round, rounded down: what the
// runtime itself allocates now and then is not the search's.
func (s *session) allocs(c *contender) (samples []float64) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for range s.Rounds {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		n, err := c.pass()
		runtime.ReadMemStats(&after)
		if err != nil || n == 0 {
			continue // the same pass has succeeded before
		}
		samples = append(samples, float64((after.Mallocs-before.Mallocs)/uint64(n)))
	}
	return samples
}
