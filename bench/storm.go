package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/parleyhq/parley/bench/load"
)

// Sizes of a hold storm. One principal may have a thousand active holds, so the
// slots that can be won stay below that.
const (
	stormPerSlot  = 64 // attempts
	stormMaxSlots = 900
	stormSlots    = 64 // of a closed loop
	// stormPerReviewer is how many of the slots one reviewer has.
	stormPerReviewer = 6
	// stormSpare makes room for more arrivals than the rate promises.
	stormSpare = 1.2
)

// runStorm lets many cases try to hold the same slot, slot after slot. The target
// must let exactly one of them win.
func runStorm(ctx context.Context, s *session) (err error) {
	s.Warmup = 0 // every attempt counts
	slotsWanted := stormSlots
	if s.Loop == loopOpen {
		if len(s.Rates) != 1 {
			return wrong("hold-storm takes one rate")
		}
		slotsWanted = int(s.Rates[0]*s.Duration.Seconds()*stormSpare)/stormPerSlot + 1
	} else if len(s.Clients) != 1 {
		return wrong("hold-storm takes one number of clients")
	}
	if slotsWanted > stormMaxSlots {
		return wrong("hold-storm makes at most %d attempts; lower the rate or the duration", stormMaxSlots*stormPerSlot)
	}
	// Each attempt has a case of its own, and all attempts at a slot ask for the same
	// reviewer, whom their cases must suit.
	scene := s.scene()
	scene.Reviewers = (slotsWanted + stormPerReviewer - 1) / stormPerReviewer
	scene.Claims = scene.Reviewers * stormPerReviewer * stormPerSlot
	target, world, err := s.target(ctx, scene)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	storm := newStorm(world, slotsWanted)
	if storm.sessions, err = sessions(target, slices.Max(s.Clients)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeAll(storm.sessions)) }()
	s.note(map[string]string{"size": fmt.Sprint(scene.Reviewers), "slots": fmt.Sprint(slotsWanted), "attemptsPerSlot": fmt.Sprint(stormPerSlot), "log": s.logName()})
	job := load.Job{Kinds: []string{"hold"}, Classes: ClassNames, Do: storm.do}
	if err := s.runs(ctx, job, load.Arrivals{Even: s.Even, Seed: s.Seed}, len(storm.claims)*stormPerSlot); err != nil {
		return err
	}
	storm.check(s)
	return nil
}

// storm counts who won what.
type storm struct {
	sessions []Session
	claims   [][]Claim // by slot: the attempts
	wins     []atomic.Int64
	tried    []atomic.Int64
	other    atomic.Int64 // neither won nor lost
	fault    firstFault
}

// newStorm gives each slot the claims of one reviewer, all turned to the slot of the first.
func newStorm(w *World, count int) *storm {
	x := &storm{claims: make([][]Claim, count), wins: make([]atomic.Int64, count), tried: make([]atomic.Int64, count)}
	byReviewer := map[string][]Claim{}
	for _, c := range w.Claims {
		byReviewer[c.ReviewerID] = append(byReviewer[c.ReviewerID], c)
	}
	slot := 0
	for _, r := range w.Reviewers {
		for own := byReviewer[r.ID]; len(own) >= stormPerSlot && slot < count; own = own[stormPerSlot:] {
			group := own[:stormPerSlot]
			for i := range group {
				group[i].Start = group[0].Start
				group[i].write()
			}
			x.claims[slot] = group
			slot++
		}
	}
	x.claims = x.claims[:slot]
	return x
}

func (x *storm) do(client, i int) load.Outcome {
	slot, attempt := i/stormPerSlot, i%stormPerSlot
	if slot >= len(x.claims) {
		return load.Outcome{Class: uint8(Refused)}
	}
	r := x.sessions[client].Hold(&x.claims[slot][attempt])
	x.tried[slot].Add(1)
	switch r.Class {
	case OK:
		x.wins[slot].Add(1)
	case Conflict:
	default:
		x.other.Add(1)
		x.fault.note(kindHold, r)
	}
	return load.Outcome{Class: uint8(r.Class)}
}

// check demands one winner for every slot that was tried.
func (x *storm) check(s *session) {
	tried, none, several, attempts := 0, 0, 0, int64(0)
	for i := range x.claims {
		n := x.tried[i].Load()
		if n == 0 {
			continue
		}
		tried++
		attempts += n
		switch wins := x.wins[i].Load(); {
		case wins == 0:
			none++
		case wins > 1:
			several++
		}
	}
	s.check("exactly one wins each slot", tried > 0 && none == 0 && several == 0,
		"%d slots, %d attempts; %d slots without a winner, %d with several", tried, attempts, none, several)
	s.check("all others are told that the slot is taken", x.other.Load() == 0, "%s", x.fault.count(x.other.Load()))
}

// runBookings books, and nothing else. Every booking has a case and a slot of its
// own, so none may be refused.
func runBookings(ctx context.Context, s *session) (err error) {
	claims := bookingsDefault
	if s.Loop == loopOpen {
		claims = 0
		for _, rate := range s.Rates {
			claims += int(rate*(s.Warmup+s.Duration).Seconds()*1.2) + 1000
		}
	} else if len(s.Counts) > 0 {
		claims = s.Counts[0]
	}
	scene := s.scene()
	scene.Claims = claims
	target, world, err := s.target(ctx, scene)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	all, err := sessions(target, slices.Max(s.Clients))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeAll(all)) }()
	var next, odd atomic.Int64
	var fault firstFault
	job := load.Job{Kinds: []string{"book"}, Classes: ClassNames, Gauge: target.Memory, Do: func(client, _ int) load.Outcome {
		i := int(next.Add(1)) - 1
		if i >= len(world.Claims) {
			return load.Outcome{Class: uint8(Overloaded)} // the generator has no more cases
		}
		r := all[client].Book(&world.Claims[i], "")
		if r.Class != OK && r.Class != Overloaded {
			odd.Add(1)
			fault.note(kindBook, r)
		}
		return load.Outcome{Class: uint8(r.Class)}
	}}
	s.note(map[string]string{"cases": fmt.Sprint(claims), "log": s.logName()})
	limit := 0
	if s.Loop == loopClosed {
		limit = claims / len(s.Clients)
	}
	if err := s.runs(ctx, job, load.Arrivals{Even: s.Even, Seed: s.Seed}, limit); err != nil {
		return err
	}
	s.check("every booking is taken", odd.Load() == 0, "%s", fault.count(odd.Load()))
	for i := range s.result.Runs {
		r := &s.result.Runs[i]
		s.check("cases are left after the warm-up", r.Outcomes["book"][ClassNames[OK]] > 0, "%d taken with %d clients; --count asks for more cases", r.Outcomes["book"][ClassNames[OK]], r.Clients)
	}
	return nil
}

// bookingsDefault is how many bookings a closed loop may make if none are asked for.
const bookingsDefault = 20_000
