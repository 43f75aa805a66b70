package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/parleyhq/parley/bench/report"
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// Names of the figures. Documents refer to them; they do not change.
const (
	FigureWeekOverFormat   = "week_over_format"
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

func (s *session) figure(f report.Figure) { s.result.Figures = append(s.result.Figures, f) }

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
	format, err := formatPass(full, one)
	if err != nil {
		return err
	}
	session := full.session()
	week := &contender{name: "week", pass: searchPass(session.Week, one)}
	first := &contender{name: "first-20", pass: searchPass(session.Earliest, one)}
	formatted := &contender{name: "format", pass: format}
	grown := &contender{name: "week at ten times the size", pass: searchPass(large.session().Week, cut(large.world.Searches, 1))}
	ruled := &contender{name: "week with rules", pass: searchPass(session.Week, full.world.Searches)}
	unruled := &contender{name: "week without rules", pass: searchPass(bare.session().Week, bare.world.Searches)}
	all := []*contender{week, formatted, first, grown, ruled, unruled}
	if err := interleave(ctx, s.Rounds, s.Sample, all, func(done, total uint64) { s.Step("measure", done, total) }); err != nil {
		return err
	}
	for _, c := range all {
		s.figure(report.NewFigure("ns_"+figureName(c.name), c.name+", one core", "ns", c.samples))
	}
	s.figure(report.NewFigure(FigureWeekOverFormat, "week search with its JSON ÷ formatting the same answer", "ratio", ratios(week, formatted)).Aim(1, 3))
	s.figure(report.NewFigure(FigureFirst20OverWeek, "first-20 ÷ week search, both with their JSON", "ratio", ratios(first, week)).Aim(2, 0.4))
	s.figure(report.NewFigure(FigureWeekGrowth, fmt.Sprintf("week search at %d ÷ at %d reviewers", s.size*growthFactor, s.size), "ratio", ratios(grown, week)).Aim(3, 2))
	s.figure(report.NewFigure(FigureRulesOverPlain, fmt.Sprintf("week search of %d cases with all rules ÷ without", ruleCases), "ratio", ratios(ruled, unruled)).Aim(13, 1.3))
	s.figure(report.NewFigure(FigureWeekAllocs, "allocations of a week search with its JSON", "allocs", s.allocs(week)).Aim(4, 0))
	s.figure(report.NewFigure(FigureFirst20Allocs, "allocations of a first-20 search with its JSON", "allocs", s.allocs(first)).Aim(4, 0))
	return nil
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

// formatPass formats the answers of week searches that were made once.
func formatPass(b *bed, list []Search) (func() (int, error), error) {
	if b.format == nil {
		return nil, wrong("the target's answers cannot be written without a formatter")
	}
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
			body = b.format.AppendWeek(body[:0], snap, a.zone, &a.week, a.minutes)
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

// writeFigures measures target 10: the same searches idle and while bookings are
// applied, in turns.
func writeFigures(ctx context.Context, s *session) (err error) {
	scene := s.scene()
	scene.Searches = growthSearches
	scene.Claims = int(bookingRate*s.Sample.Seconds()*writeSpare)*s.Rounds + bookingRate/10
	b, err := s.bed(ctx, scene, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	session := b.session()
	search := contender{name: "week", pass: searchPass(session.Week, b.world.Searches)}
	if _, err := search.pass(); err != nil {
		return err
	}
	booker := &booker{target: b.InProcess, claims: b.world.Claims}
	var samples, applied []float64
	for round := range s.Rounds {
		var idle, busy float64
		// Every other round begins with the bookings, for the state grows with them.
		for _, booking := range []bool{round%2 == 1, round%2 == 0} {
			if !booking {
				if idle, err = search.measure(s.Sample); err != nil {
					return err
				}
				continue
			}
			stop := booker.start(ctx)
			if busy, err = search.measure(s.Sample); err != nil {
				_, _ = stop() // the search has failed already
				return err
			}
			rate, err := stop()
			if err != nil {
				return err
			}
			applied = append(applied, rate)
		}
		samples = append(samples, busy/idle)
		s.Step("search beside bookings", uint64(round+1), uint64(s.Rounds))
	}
	s.figure(report.NewFigure(FigureSearchWhileBooks, fmt.Sprintf("week search while %d bookings/s are asked for ÷ idle", bookingRate), "ratio", samples).Aim(10, 1.15))
	rate := report.NewFigure(FigureBookingsApplied, "bookings applied meanwhile", "per_second", applied)
	rate.HigherIsBetter = true
	s.figure(rate)
	if rate.Median < bookingRate*0.95 {
		s.result.Notes = append(s.result.Notes, fmt.Sprintf(
			"Of the %d bookings a second that target 10 asks for, %.0f were applied: the ratio is of that rate.", bookingRate, rate.Median))
	}
	return nil
}

// writeSpare makes room for samples that last longer than asked for.
const writeSpare = 3

// booker books claims at a rate, in the background.
type booker struct {
	target *InProcess
	claims []Claim
	used   atomic.Int64
}

// start books until the returned function is called, which tells the rate.
func (b *booker) start(ctx context.Context) (stop func() (perSecond float64, err error)) {
	ended := make(chan struct{})
	var failed error
	ctx, cancel := context.WithCancel(ctx)
	from, began := b.used.Load(), time.Now()
	go func() {
		defer close(ended)
		tick := time.NewTicker(bookingTick)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-tick.C:
				due := min(from+int64(now.Sub(began).Seconds()*bookingRate), int64(len(b.claims)))
				if failed = b.book(due); failed != nil {
					return
				}
			}
		}
	}()
	return func() (float64, error) {
		took := time.Since(began)
		cancel()
		<-ended
		return float64(b.used.Load()-from) / took.Seconds(), failed
	}
}

// book submits the claims that are due, together.
func (b *booker) book(due int64) error {
	at := b.used.Load()
	if due <= at {
		return nil
	}
	part := b.claims[at:min(due, at+maxBooked)]
	for i, r := range b.target.Engine.SubmitAll(context.Background(), b.target.bookings(part)) {
		if r.Err != nil || r.Outcome.Status != engine.StatusOK {
			return fmt.Errorf("booking of %s: %v %w", part[i].CaseID, r.Outcome.Status, r.Err)
		}
	}
	b.used.Add(int64(len(part)))
	return nil
}

// maxBooked is how many bookings are submitted together at most.
const maxBooked = 2000

// startFigures measures target 11.
func startFigures(ctx context.Context, s *session) error {
	if s.Wiring.CreateStore == nil {
		return wrong("the target's stores cannot be opened")
	}
	count := slices.Max(s.Counts)
	r, err := s.recoverAt(ctx, count, false)
	if err != nil {
		return err
	}
	over := make([]float64, len(r.checkpoint))
	for i := range over {
		over[i] = r.checkpoint[i] / r.rawAfter[i]
	}
	s.figure(report.NewFigure("start_ms", fmt.Sprintf("start from a checkpoint with %d appointments, ms", count), "ms", r.checkpoint))
	s.figure(report.NewFigure("read_ms", fmt.Sprintf("raw read of the store's %d bytes, ms", r.bytes), "ms", r.rawAfter))
	f := report.NewFigure(FigureStartOverRead, fmt.Sprintf("start with %d appointments ÷ raw read of the same bytes", count), "ratio", over)
	s.figure(f.Aim(11, 8))
	return nil
}
