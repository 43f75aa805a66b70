package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

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

	// Profile is a file for a profile of the target's processor while load runs; "" = none.
	Profile string

	Command  string // that repeats the run, for the result
	Revision string // of the program; "" asks the build
	// Say prints a line of progress, Step how far a long step is. Nil = silence.
	Say  func(line string)
	Step func(what string, done, total uint64)

	Wiring Wiring
}

// session is one result in the making.
type session struct {
	Options
	size   int
	served *Served // that the run has started; nil = none
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
		var started *HTTP
		if started, err = StartHTTP(ctx, s.Wiring, DefaultNow, s.Profile); err == nil {
			t, s.served = started, started.served
		}
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
