package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/parleyhq/parley/bench/report"
	"github.com/parleyhq/parley/engine"
)

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
	booker := &booker{target: b.InProcess, claims: b.world.Claims}
	idle, busy := search, search
	var applied []float64
	for round := range s.Rounds {
		// Every other round begins with the bookings, for the state grows with them.
		for _, booking := range []bool{round%2 == 1, round%2 == 0} {
			if !booking {
				err = interleave(ctx, 1, s.Sample, []*contender{&idle}, s.silent)
			} else {
				stop := booker.start(ctx)
				err = interleave(ctx, 1, s.Sample, []*contender{&busy}, s.silent)
				rate, failed := stop()
				applied, err = append(applied, rate), errors.Join(err, failed)
			}
			if err != nil {
				return err
			}
		}
		s.Step("search beside bookings", uint64(round+1), uint64(s.Rounds))
	}
	s.ratio(FigureSearchWhileBooks, fmt.Sprintf("week search while %d bookings/s are asked for ÷ idle", bookingRate), &busy, &idle, 10, 1.15)
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
const writeSpare = 4

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
	s.figure(report.NewFigure("start_ms", fmt.Sprintf("start from a checkpoint with %d appointments, ms", count), "ms", r.checkpoint))
	s.figure(report.NewFigure("read_ms", fmt.Sprintf("raw read of the store's %d bytes, ms", r.bytes), "ms", r.rawAfter))
	f := report.NewFigure(FigureStartOverRead, fmt.Sprintf("start with %d appointments ÷ raw read of the same bytes", count), "ratio", ratios(r.checkpoint, r.rawAfter))
	s.figure(f.Aim(11, 8))
	return nil
}
