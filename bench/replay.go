package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/parleyhq/parley/bench/report"
	"github.com/parleyhq/parley/engine"
)

// stored is a store that was filled and closed.
type stored struct {
	wiring Wiring
	dir    string
	clock  engine.Clock
	count  int // appointments
}

// fillStore makes a store with count appointments, and with as many open cases, in
// dir. It has no checkpoint: a start reads its whole log.
func fillStore(ctx context.Context, w Wiring, dir string, reviewers, count int, seed uint64, step func(done, total uint64)) (*stored, error) {
	b, err := NewBookings(reviewers, seed, DefaultNow)
	if err != nil {
		return nil, err
	}
	log, identity, err := w.CreateStore(dir)
	if err != nil {
		return nil, err
	}
	eng, err := engine.Open(ctx, engine.Options{Log: log, Identity: identity, Clock: b.Clock(), CheckpointEvery: neverCheckpoint})
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	err = b.Fill(ctx, eng, count, step)
	return &stored{w, dir, b.Clock(), count}, errors.Join(err, closeWithoutCheckpoint(log, eng))
}

// neverCheckpoint is more entries than any run makes.
const neverCheckpoint = 1 << 40

// closeWithoutCheckpoint closes the log first, so that the engine has none to write
// its checkpoint to.
func closeWithoutCheckpoint(log engine.Log, eng *engine.Engine) error {
	return errors.Join(log.Close(), eng.Close())
}

// start opens the store until it takes commands, and closes it again: with a
// checkpoint of what was read if keep is true.
func (d *stored) start(ctx context.Context, keep bool) (took time.Duration, err error) {
	began := time.Now()
	log, identity, err := d.wiring.OpenStore(d.dir)
	if err != nil {
		return 0, err
	}
	eng, err := engine.Open(ctx, engine.Options{Log: log, Identity: identity, Clock: d.clock, CheckpointEvery: neverCheckpoint})
	if err != nil {
		return 0, errors.Join(err, log.Close())
	}
	took = time.Since(began)
	if n := eng.Snapshot().Counts().Appointments; n != d.count {
		err = fmt.Errorf("%d appointments after the start, want %d", n, d.count)
	}
	if keep {
		return took, errors.Join(err, eng.Close())
	}
	return took, errors.Join(err, closeWithoutCheckpoint(log, eng))
}

// readRaw reads every file of the store from beginning to end.
func (d *stored) readRaw() (took time.Duration, bytes int64, err error) {
	buffer := make([]byte, 1<<20)
	began := time.Now()
	err = filepath.WalkDir(d.dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{f}, buffer)
		bytes += n
		return errors.Join(err, f.Close())
	})
	return time.Since(began), bytes, err
}

// recovery are the measurements of one store, in ms, round by round.
type recovery struct {
	log, checkpoint, raw, rawAfter []float64
	bytes                          int64 // of the store with its checkpoint
}

// recover measures starts from the log alone, then from the checkpoint that the
// last of them leaves behind, each beside a raw read of the same bytes.
func (d *stored) recover(ctx context.Context, rounds int, logToo bool, step func(done, total uint64)) (r recovery, err error) {
	ms := func(t time.Duration) float64 { return float64(t) / 1e6 }
	round := func(keep bool, start, raw *[]float64) error {
		read, bytes, err := d.readRaw()
		if err != nil {
			return err
		}
		r.bytes = bytes
		took, err := d.start(ctx, keep)
		*start, *raw = append(*start, ms(took)), append(*raw, ms(read))
		return err
	}
	total := uint64(rounds + 1)
	if logToo {
		total = uint64(2 * rounds)
	}
	done := uint64(0)
	logRounds := 1
	if logToo {
		logRounds = rounds
	}
	for i := range logRounds {
		if err := round(i == logRounds-1, &r.log, &r.raw); err != nil {
			return r, err
		}
		done++
		step(done, total)
	}
	for range rounds {
		if err := round(false, &r.checkpoint, &r.rawAfter); err != nil {
			return r, err
		}
		done++
		step(done, total)
	}
	return r, nil
}

// runReplay measures starts against the number of appointments.
func runReplay(ctx context.Context, s *session) error {
	if s.Target != TargetInProcess {
		return wrong("replay opens stores in this process; leave --target out")
	}
	log, checkpoint, raw := report.Lines{Name: "from the log"}, report.Lines{Name: "from a checkpoint"}, report.Lines{Name: "raw read, with checkpoint"}
	for _, count := range s.Counts {
		r, err := s.recoverAt(ctx, count, true)
		if err != nil {
			return err
		}
		x := float64(count)
		log.Points = append(log.Points, report.NewPoint(x, r.log))
		checkpoint.Points = append(checkpoint.Points, report.NewPoint(x, r.checkpoint))
		raw.Points = append(raw.Points, report.NewPoint(x, r.rawAfter))
		s.check(fmt.Sprintf("all %d appointments are there after each start", count), true, "%d bytes", r.bytes)
	}
	s.note(map[string]string{"counts": joinInts(s.Counts), "rounds": fmt.Sprint(s.Rounds)})
	s.result.Curves = append(s.result.Curves, report.Curve{
		Name: "recovery", Title: "Start against appointments", X: "appointments", Y: "ms", LogX: true, LogY: true,
		Lines: []report.Lines{log, checkpoint, raw},
	})
	return nil
}

// recoverAt fills a temporary store and measures its starts.
func (s *session) recoverAt(ctx context.Context, count int, logToo bool) (r recovery, err error) {
	dir, err := os.MkdirTemp("", "parley-bench-")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	reviewers := max(s.size, count/bookingsPerReviewer+1)
	d, err := fillStore(ctx, s.Wiring, dir+"/store", reviewers, count, s.Seed, func(done, total uint64) { s.Step("fill the store", done, total) })
	if err != nil {
		return r, err
	}
	return d.recover(ctx, s.Rounds, logToo, func(done, total uint64) { s.Step("start", done, total) })
}

// bookingsPerReviewer is fewer than every reviewer has slots for.
const bookingsPerReviewer = 1000
