package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parleyhq/parley/bench/load"
	"github.com/parleyhq/parley/bench/report"
)

// Options are what a run of the suite is asked to do. Zero values mean the
// workload's defaults.
type Options struct {
	Workload string
	Target   string // TargetInProcess (default), TargetHTTP, or the URL of a server
	AnyHost  bool   // the URL may be of another machine

	Sizes   []int // reviewers; a result for each
	Booked  int   // percent of the next two weeks that is not free; -1 = none
	Seed    uint64
	Memory  bool          // the engine in this process keeps its log in memory
	Writes  int           // percent of the operations of mixed workloads that write; -1 = none
	Counts  []int         // appointments, of replay and recovery figures
	Rounds  int           // of interleaved measurements; default 5
	Sample  time.Duration // length of one measurement of figures and growth; default 200 ms
	Loop    string        // open, closed
	Rates   []float64     // per second, open loop; a run for each
	Even    bool          // arrivals in equal distances, else Poisson
	Clients []int         // closed loop: a run for each; open loop: the greatest bounds what is under way

	Warmup, Duration time.Duration // Warmup -1 = none

	Command  string // that repeats the run, for the result
	Revision string // of the program; "" asks the build
	// Say prints a line of progress, Step how far a long step is. Nil = silence.
	Say  func(line string)
	Step func(what string, done, total uint64)

	Wiring Wiring
}

// Workload is one row of the suite.
type Workload struct {
	Name, About string
	defaults    Options
	run         func(context.Context, *session) error
}

// Workloads are all rows, in the order in which they are listed.
func Workloads() []Workload {
	burst := Options{Sizes: []int{5000}, Rates: []float64{100}, Clients: []int{64}, Warmup: 2 * time.Second, Duration: 10 * time.Second}
	with := func(change func(*Options)) Options {
		c := burst
		change(&c)
		return c
	}
	return []Workload{
		{"national", "week grids, first-20 lists and a few bookings, as a national vendor's day has them", burst,
			traffic{week: 60, earliest: 30, write: 10}.run},
		{"search-heavy", "searches alone: four week grids to one first-20 list", burst, traffic{week: 80, earliest: 20}.run},
		{"mixed", "searches beside hold, book and cancel; --writes sets the share", with(func(c *Options) { c.Writes = 50 }),
			traffic{week: 40, earliest: 10, write: 50}.run},
		{"morning-peak", "a day of four zones in the run's duration: demand peaks at 7–8, 12–13 and after 16 local", with(func(c *Options) { c.Duration = 30 * time.Second }),
			traffic{week: 65, earliest: 25, write: 10, peak: true}.run},
		{"scarce-texas", "Texas cases that 3 to 10 reviewers can take, none of them lawfully before the deadline: every week explains", burst,
			traffic{week: 100, scarce: true}.run},
		{"soak", "mixed for long; watches memory and the drift of latency", with(func(c *Options) { c.Writes, c.Duration = 30, 10*time.Minute }),
			traffic{week: 55, earliest: 15, write: 30, soak: true}.run},
		{"hold-storm", "64 cases for every slot: one wins, each other one is told so", with(func(c *Options) { c.Loop, c.Sizes = loopClosed, []int{500} }), runStorm},
		{"bookings", "durable bookings alone, none of which conflicts", with(func(c *Options) { c.Loop, c.Sizes = loopClosed, []int{500} }), runBookings},
		{"replay", "start from the log alone and from a checkpoint, against raw reading of the same bytes",
			Options{Sizes: []int{1000}, Counts: []int{1000, 10_000}, Rounds: 5}, runReplay},
		{"growth", "the cost model: week and first-20 against reviewers, ticked hours, slots shown, cases and rules",
			Options{Sizes: []int{500, 5000, 50_000}, Rounds: 5, Memory: true}, runGrowth},
		{"figures", "the targets of docs/performance.md that are measured in process",
			Options{Sizes: []int{5000}, Counts: []int{1_000_000}, Rounds: 5, Memory: true}, runFigures},
	}
}

// The loops.
const (
	loopOpen   = "open"
	loopClosed = "closed"
)

// ErrUsage is returned for options that cannot be run as it is.
var ErrUsage = errors.New("bench")

func wrong(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUsage, fmt.Sprintf(format, args...))
}

// complete fills in the workload's defaults.
func (c Options) complete() (Options, Workload, error) {
	all := Workloads()
	i := slices.IndexFunc(all, func(w Workload) bool { return w.Name == c.Workload })
	if i < 0 {
		names := make([]string, len(all))
		for i := range all {
			names[i] = all[i].Name
		}
		return c, Workload{}, wrong("no workload %q; there are %s", c.Workload, strings.Join(names, ", "))
	}
	d := all[i].defaults
	c.Target, c.Loop = cmp.Or(c.Target, TargetInProcess), cmp.Or(c.Loop, d.Loop, loopOpen)
	c.Seed, c.Rounds, c.Writes = cmp.Or(c.Seed, DefaultSeed), cmp.Or(c.Rounds, d.Rounds, 5), cmp.Or(c.Writes, d.Writes)
	c.Booked, c.Sample = cmp.Or(c.Booked, DefaultBookedPercent), cmp.Or(c.Sample, 200*time.Millisecond)
	c.Warmup, c.Duration = cmp.Or(c.Warmup, d.Warmup), cmp.Or(c.Duration, d.Duration)
	c.Memory = c.Memory || d.Memory
	c.Sizes, c.Counts = orDefault(c.Sizes, d.Sizes), orDefault(c.Counts, d.Counts)
	c.Clients, c.Rates = orDefault(c.Clients, d.Clients), orDefault(c.Rates, d.Rates)
	c.Booked, c.Warmup = max(c.Booked, 0), max(c.Warmup, 0)
	if c.Say == nil {
		c.Say = func(string) {}
	}
	if c.Step == nil {
		c.Step = func(string, uint64, uint64) {}
	}
	return c, all[i], c.check()
}

func orDefault[T any](list, otherwise []T) []T {
	if len(list) > 0 {
		return list
	}
	return otherwise
}

// Bounds of options.
const (
	maxSize     = 200_000
	maxClients  = 2000 // the server's bound on connections of one peer
	maxDuration = 7 * 24 * time.Hour
	maxRounds   = 1000
)

func (c *Options) check() error {
	positive := func(list []int, most int, what string) error {
		for _, n := range list {
			if n < 1 || n > most {
				return wrong("%s must lie between 1 and %d, not %d", what, most, n)
			}
		}
		return nil
	}
	for _, r := range c.Rates {
		if !(r > 0) {
			return wrong("a rate must be positive, not %g", r)
		}
	}
	switch {
	case c.Loop != loopOpen && c.Loop != loopClosed:
		return wrong("loop must be open or closed, not %q", c.Loop)
	case c.Booked > 100 || c.Writes > 100:
		return wrong("a share must lie between 0 and 100 percent")
	case c.Duration < 0 || c.Duration > maxDuration || c.Warmup > maxDuration:
		return wrong("a duration must lie between 0 and %v", maxDuration)
	case c.Rounds < 1 || c.Rounds > maxRounds:
		return wrong("rounds must lie between 1 and %d", maxRounds)
	}
	return errors.Join(positive(c.Sizes, maxSize, "a size"), positive(c.Clients, maxClients, "clients"),
		positive(c.Counts, load.MaxArrivals, "a count"))
}

// session is one result in the making.
type session struct {
	Options
	size   int
	result *report.Result
}

// Run runs a workload and returns its results, one for each size; growth and
// figures have one for all. A result whose checks fail is a result: see Failed.
func Run(ctx context.Context, c Options) ([]*report.Result, error) {
	c, w, err := c.complete()
	if err != nil {
		return nil, err
	}
	sizes := c.Sizes
	if w.Name == "growth" || w.Name == "figures" {
		sizes = sizes[:1]
	}
	var results []*report.Result
	for _, size := range sizes {
		s := &session{Options: c, size: size, result: &report.Result{
			Schema: report.Schema, Workload: w.Name, Target: c.Target, Command: c.Command,
			Started: time.Now().UTC().Format(time.RFC3339), Machine: report.ThisMachine(c.Revision),
			Config: map[string]string{
				"size": strconv.Itoa(size), "seed": strconv.FormatUint(c.Seed, 10), "booked": strconv.Itoa(c.Booked),
			},
		}}
		if len(sizes) < len(c.Sizes) {
			s.result.Config["size"] = joinInts(c.Sizes)
		}
		if err := w.run(ctx, s); err != nil {
			return results, fmt.Errorf("%s at %d reviewers: %w", w.Name, size, err)
		}
		s.result.Machine.After()
		results = append(results, s.result)
	}
	return results, nil
}

func joinInts(list []int) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ",")
}

// note keeps settings in the result.
func (s *session) note(settings map[string]string) { maps.Copy(s.result.Config, settings) }

// check keeps the outcome of a check.
func (s *session) check(name string, ok bool, format string, args ...any) {
	s.result.Checks = append(s.result.Checks, report.Check{Name: name, OK: ok, Detail: fmt.Sprintf(format, args...)})
}

// target starts or finds the target and fills it with a world.
func (s *session) target(ctx context.Context, scene Scene) (Target, *World, error) {
	var t Target
	var err error
	switch s.Target {
	case TargetInProcess:
		t, err = NewInProcess(ctx, s.Wiring, !s.Memory, nil, DefaultNow)
	case TargetHTTP:
		t, err = StartHTTP(ctx, s.Wiring, DefaultNow)
	default:
		t, err = NewHTTP(s.Target, s.AnyHost)
	}
	if err != nil {
		return nil, nil, err
	}
	scene.Now = t.Now()
	w, err := NewWorld(scene)
	if err == nil {
		err = t.Load(ctx, w, func(done, total uint64) { s.Step("fill", done, total) })
	}
	if err != nil {
		return nil, nil, errors.Join(err, t.Close())
	}
	return t, w, nil
}

// scene is the world that the options ask for.
func (s *session) scene() Scene {
	return Scene{Reviewers: s.size, BookedPercent: s.Booked, Seed: s.Seed, Now: DefaultNow, TexasPercent: DefaultTexasPercent}
}

// sessions opens one session for each client.
func sessions(t Target, clients int) ([]Session, error) {
	all := make([]Session, 0, clients)
	for range clients {
		one, err := t.Session()
		if err != nil {
			return nil, errors.Join(err, closeAll(all))
		}
		all = append(all, one)
	}
	return all, nil
}

func closeAll(all []Session) (err error) {
	for _, one := range all {
		err = errors.Join(err, one.Close())
	}
	return err
}

// runs runs a job open at every rate, or closed with every number of clients.
// limit ends closed runs early, 0 = none.
func (s *session) runs(ctx context.Context, job load.Job, arrivals load.Arrivals, limit int) error {
	if s.Loop == loopClosed {
		for _, clients := range s.Clients {
			label := fmt.Sprintf("clients=%d", clients)
			job.Progress = s.progress(label)
			stats, err := load.Closed{Job: job, Clients: clients, Warmup: s.Warmup, Duration: s.Duration, Limit: limit}.Run(ctx)
			if err != nil {
				return err
			}
			s.result.Runs = append(s.result.Runs, report.Run{Label: label, Loop: loopClosed, Clients: clients, Stats: *stats})
		}
		return nil
	}
	for _, rate := range s.Rates {
		label := fmt.Sprintf("rate=%g", rate)
		job.Progress = s.progress(label)
		arrivals.Rate = rate
		stats, err := load.Open{
			Job: job, Arrivals: arrivals, Clients: slices.Max(s.Clients), Warmup: s.Warmup, Duration: s.Duration, Drain: drain,
		}.Run(ctx)
		if err != nil {
			return err
		}
		s.result.Runs = append(s.result.Runs, report.Run{Label: label, Loop: loopOpen, Rate: rate, Clients: slices.Max(s.Clients), Stats: *stats})
	}
	return nil
}

// drain is how long a target that fell behind may catch up.
const drain = 10 * time.Second

// progress prints a line a second.
func (s *session) progress(label string) func(load.Second) {
	return func(v load.Second) {
		phase := ""
		if v.Warmup {
			phase = ", warming up"
		}
		s.Say(fmt.Sprintf("%s %d %s: %3.0f s, %d done, %d not ok, p50 %v, p99 %v%s", s.result.Workload, s.size, label, v.At, v.Done, v.Failed,
			time.Duration(v.P50).Round(time.Microsecond), time.Duration(v.P99).Round(time.Microsecond), phase))
	}
}
