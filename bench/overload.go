package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/parleyhq/parley/bench/load"
	"github.com/parleyhq/parley/bench/report"
)

// Names of the figures of an overload, with the load behind: 0.8x, 1x, 2x, 5x.
const (
	FigureCapacity       = "overload_capacity"
	FigureGoodput        = "overload_goodput_"
	FigureAccepted       = "overload_accepted_p99_"
	FigureRefused        = "overload_refused_p99_"
	FigureUnsent         = "overload_unsent_"
	FigureRecovery       = "overload_recovery_"
	FigureOverloadMemory = "overload_memory"
)

// What an overload is held to.
const (
	// leastGoodput is how much of the capacity must be left at twice the load.
	leastGoodput = 0.9
	// mostRecovery is how soon after the load all must be as before, in seconds.
	mostRecovery = 5
	// calmLoad is the load, in parts of the capacity, at which all is as it should be, before an overload and after it.
	calmLoad = 0.5
	// calmRefused is the part that may be turned away at the calm load: on one core the garbage collector takes half of it, for a second
	// or two, every few seconds.
	calmRefused = 0.01
	// calmLatency is how much longer than before an answer may take when all is as before, calmLeast what it may take in any case.
	calmLatency = 3
	calmLeast   = 50 * time.Millisecond
	// leastAfter is how much of the capacity before a load must be there after it.
	leastAfter = 0.7
	// afterTimes is how much longer the capacity is measured after a load than one lasts: the collector and the checkpoints take turns of seconds
	// at a store that has grown, and a short look meets all of them or none.
	afterTimes = 2
	// The server's memory may grow to memoryGrowth times what it was at capacity – every connection has buffers –, memoryRoom bytes, and
	// memoryChange bytes for every change that is done and stays on record, with what the collector leaves lying.
	memoryGrowth = 2
	memoryRoom   = 256 << 20
	memoryChange = 16 << 10
	// calmTimes and calmTime bound how long is watched after each overload: so many times as long as it lasted, and no longer.
	calmTimes = 4
	calmTime  = 8 * time.Second
)

// overloads are the loads, in parts of the capacity.
var overloads = []float64{calmLoad, 0.8, 1, 2, 5}

// Kinds of answers in an overload: what was done, what was turned away, and what should not be.
const (
	answerAccepted uint8 = iota
	answerRefused
	answerOther
)

var answerNames = []string{"accepted", "refused", "other"}

// runOverload measures what the target can do, then asks for more.
func runOverload(ctx context.Context, s *session) (err error) {
	if s.Target == TargetInProcess {
		return wrong("overload needs --target http: it is the server that turns away")
	}
	restore, err := s.pin(0) // the server inherits it
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, restore()) }()
	clients := slices.Max(s.Clients)
	t := traffic{week: 55, earliest: 15, write: 30}.withWrites(s.Writes)
	scene := s.scene()
	scene.Claims = clients * claimsPerClient
	target, world, err := s.target(ctx, scene)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	if _, err := s.pin(1); err != nil {
		return err
	}
	all, err := sessions(target, clients)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeAll(all)) }()
	m := &mix{traffic: t, seed: s.Seed, world: world, sessions: all, cycles: make([]cycle, clients)}
	for c := range m.cycles {
		m.cycles[c].claims = world.Claims[c*claimsPerClient : (c+1)*claimsPerClient]
	}
	s.note(map[string]string{"week": percent(t.week), "first20": percent(t.earliest), "writes": percent(t.write), "log": s.logName(),
		"warmup": s.Warmup.String(), "duration": s.Duration.String(), "cores": s.coreNames()})
	o := &overload{session: s, mix: m, job: load.Job{Kinds: answerNames, Classes: ClassNames, Gauge: target.Memory, Do: m.answered}}
	return o.run(ctx)
}

// answered runs the i-th operation and tells whether it was done.
func (m *mix) answered(client, i int) load.Outcome {
	o := m.do(client, i)
	switch Class(o.Class) {
	case OK:
		o.Kind = answerAccepted
	case Overloaded:
		o.Kind = answerRefused
	default:
		o.Kind = answerOther
	}
	return o
}

// overload is one in the making.
type overload struct {
	*session
	mix      *mix
	job      load.Job
	capacity float64 // at present, per second: it falls as the store grows
	clients  int     // that get the most
	memory   int64   // at capacity
	most     int64   // memory at any load
	calm     int64   // p99 of what was done at the calm load, ns
}

func (o *overload) run(ctx context.Context) error {
	if err := o.measureCapacity(ctx); err != nil {
		return err
	}
	for _, times := range overloads {
		if err := o.load(ctx, times, fmt.Sprintf("%gx", times)); err != nil {
			return err
		}
	}
	o.figure(report.NewFigure(FigureOverloadMemory, "most memory of the server ÷ at capacity", "ratio", []float64{float64(o.most) / float64(max(1, o.memory))}))
	odd, done := int64(0), int64(0)
	for i := range o.result.Runs {
		r := &o.result.Runs[i]
		for _, n := range r.Outcomes["other"] {
			odd += n
		}
		if !strings.HasPrefix(r.Label, firstRuns) { // the memory at capacity has their changes in it
			done += r.Outcomes["accepted"][ClassNames[OK]]
		}
	}
	changes := done * int64(o.mix.traffic.write) / 100
	o.check("memory is bounded", o.memory == 0 || o.most <= memoryGrowth*o.memory+memoryRoom+memoryChange*changes,
		"%d MiB after some %d changes, %d at capacity", o.most>>20, changes, o.memory>>20)
	o.check("what is not done is turned away in order", odd == 0, "%s", o.mix.fault.count(odd))
	return nil
}

// load asks for so many times the capacity, looks when all is as before, and what the capacity is then: what was done is held to the mean
// of what could be done before and after, by the same store.
func (o *overload) load(ctx context.Context, times float64, name string) error {
	before := o.capacity
	stats, err := o.open(ctx, "load="+name, times*before, o.Duration)
	if err != nil {
		return err
	}
	accepted, refused := stats.Kinds["accepted"], stats.Kinds["refused"]
	if times == calmLoad {
		o.calm = accepted.P99
		o.check("hardly anybody is turned away at half of the capacity", float64(refused.Count) <= calmRefused*float64(stats.Due), "%d of %d", refused.Count, stats.Due)
	}
	for _, v := range stats.Series {
		o.most = max(o.most, v.Gauge)
	}
	if times > 1 {
		if err := o.recover(ctx, name); err != nil {
			return err
		}
	}
	if err := o.measure(ctx, "capacity after "+name, o.clients, afterTimes*o.Duration); err != nil {
		return err
	}
	done := float64(stats.Outcomes["accepted"][ClassNames[OK]]) / max(o.Duration.Seconds(), stats.Seconds) / ((before + o.capacity) / 2)
	goodput := report.NewFigure(FigureGoodput+name, "what is done at "+name+" the capacity ÷ the mean of the capacity before and after", "ratio", []float64{done})
	goodput.HigherIsBetter = true
	o.figure(goodput)
	o.figure(report.NewFigure(FigureAccepted+name, "99 of 100 answers to what is done at "+name+", since it was due", "ns", []float64{float64(accepted.P99)}))
	if refused.P99 > 0 {
		o.figure(report.NewFigure(FigureRefused+name, "99 of 100 refusals at "+name+", since it was due", "ns", []float64{float64(refused.P99)}))
	}
	// What finds all clients busy waits for one of them, and the server does not see it.
	o.figure(report.NewFigure(FigureUnsent+name, "of what was due at "+name+", what found no client free until the end", "ratio",
		[]float64{float64(stats.Unsent) / float64(max(1, stats.Due))}))
	if times == 2 {
		o.check("at twice the load nine tenths of the capacity are left", done >= leastGoodput, "%.3f", done)
	}
	if times > 1 {
		o.check("the capacity after "+name+" is about that before", o.capacity >= leastAfter*before, "%.0f, %.0f before", o.capacity, before)
	}
	return nil
}

// firstRuns is how the labels of the runs begin that find the capacity.
const firstRuns = "capacity, "

// measureCapacity asks as fast as some clients get answers, and finds how many of them get the most.
func (o *overload) measureCapacity(ctx context.Context) error {
	best, clients := 0.0, 0
	for _, n := range capacityClients {
		n = min(n, slices.Max(o.Clients))
		label := fmt.Sprintf("%sclients=%d", firstRuns, n)
		if slices.ContainsFunc(o.result.Runs, func(r report.Run) bool { return r.Label == label }) {
			continue
		}
		if err := o.measure(ctx, label, n, o.Duration); err != nil {
			return err
		}
		if o.capacity > best {
			best, clients = o.capacity, n
		}
	}
	if best <= 0 {
		return errors.New("bench: nothing was done: no capacity to measure by")
	}
	o.capacity, o.clients = best, clients
	most := report.NewFigure(FigureCapacity, "what is done for clients that wait for their answers, per second", "per_second", []float64{best})
	most.HigherIsBetter = true
	o.figure(most)
	return nil
}

// measure puts what is done for some clients into capacity.
func (o *overload) measure(ctx context.Context, label string, clients int, d time.Duration) error {
	job := o.job
	job.Progress = o.progress(label)
	stats, err := load.Closed{Job: job, Clients: clients, Warmup: o.Warmup, Duration: d}.Run(ctx)
	if err != nil {
		return err
	}
	o.result.Runs = append(o.result.Runs, report.Run{Label: label, Loop: loopClosed, Clients: clients, Stats: *stats})
	o.capacity = float64(stats.Outcomes["accepted"][ClassNames[OK]]) / stats.Seconds
	if o.clients == 0 { // later the store has grown
		for _, v := range stats.Series {
			o.memory = max(o.memory, v.Gauge)
		}
	}
	return nil
}

// capacityClients are as many as keep the server busy, the more of them the more commands share a write; the most that any number gets
// is the capacity.
var capacityClients = []int{64, 256, 1024}

// open asks at a rate.
func (o *overload) open(ctx context.Context, label string, rate float64, d time.Duration) (*load.Stats, error) {
	job := o.job
	job.Progress = o.progress(label)
	clients := slices.Max(o.Clients)
	stats, err := load.Open{
		Job: job, Arrivals: load.Arrivals{Even: o.Even, Seed: o.Seed, Rate: rate}, Clients: clients, Duration: d, Drain: time.Second,
	}.Run(ctx)
	if err != nil {
		return nil, err
	}
	o.result.Runs = append(o.result.Runs, report.Run{Label: label, Loop: loopOpen, Rate: rate, Clients: clients, Stats: *stats})
	return stats, nil
}

// recover asks for little after an overload, and looks when all is as before: nothing turned away, and answers about as quick as at the
// calm load.
func (o *overload) recover(ctx context.Context, name string) error {
	stats, err := o.open(ctx, "after="+name, calmLoad*o.capacity, min(calmTime, calmTimes*o.Duration))
	if err != nil {
		return err
	}
	took := 0.0
	for _, v := range stats.Series {
		if v.Failed > 0 || v.P99 > max(calmLatency*o.calm, int64(calmLeast)) {
			took = v.At
		}
	}
	o.figure(report.NewFigure(FigureRecovery+name, "until all was as before after "+name+", in whole seconds", "seconds", []float64{took}))
	o.check("all is as before soon after "+name, took <= mostRecovery, "%.1f s", took)
	return nil
}

// pin keeps this process, and what it starts, on one core, if there are two and the wiring can.
func (s *session) pin(core int) (restore func() error, err error) {
	if s.Wiring.Pin == nil || runtime.NumCPU() < 2 || s.Target != TargetHTTP {
		return func() error { return nil }, nil
	}
	return s.Wiring.Pin(core)
}

// coreNames says who runs where.
func (s *session) coreNames() string {
	if s.Wiring.Pin == nil || runtime.NumCPU() < 2 || s.Target != TargetHTTP {
		return "shared"
	}
	return "server 0, generator 1"
}
