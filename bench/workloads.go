package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parleyhq/parley/bench/load"
)

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
		{"overload", "capacity, then 0.5, 0.8, 1, 2 and 5 times as much is asked: what is done, how soon the rest is turned away, when all is as before",
			with(func(c *Options) { c.Target, c.Writes, c.Clients = TargetHTTP, 50, []int{maxClients} }), runOverload},
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
	c.Target, c.Loop = cmp.Or(c.Target, d.Target, TargetInProcess), cmp.Or(c.Loop, d.Loop, loopOpen)
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
	return errors.Join(c.checkProfile(), positive(c.Sizes, maxSize, "a size"), positive(c.Clients, maxClients, "clients"),
		positive(c.Counts, load.MaxArrivals, "a count"))
}
