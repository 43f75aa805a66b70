package enginetest

import (
	"context"
	"slices"
	"sync"
	"testing/synctest"
	"time"

	"github.com/parleyhq/parley/engine"
)

// urgentRow is how many urgent commands go in a row while another one waits, where they go first.
const urgentRow = 16

// sent are commands on their way, in the order in which they were sent.
type sent struct {
	cmds    []engine.Command
	results []engine.Result
	wait    func() // for all results

	mu     sync.Mutex
	events []event
}

// event is that a command was sent, or that its turn has come.
type event struct {
	i    int // which command
	turn bool
}

// turning is the context of a command. The writer asks for its deadline when the command's turn has come, and
// nobody else does.
type turning struct {
	context.Context
	come func()
}

// Deadline implements context.Context.
func (c turning) Deadline() (time.Time, bool) {
	c.come()
	return c.Context.Deadline()
}

// send submits commands, each from a goroutine of its own, one after the other. Each is taken, or waits, when the
// next one is sent.
func (r *run) send(cmds []engine.Command, ctx func(i int) context.Context) *sent {
	s := &sent{cmds: cmds, results: make([]engine.Result, len(cmds))}
	done := make(chan struct{})
	for i, cmd := range cmds {
		s.note(event{i: i})
		go func() {
			o, err := r.engine.Submit(turning{ctx(i), func() { s.note(event{i, true}) }}, cmd)
			s.results[i] = engine.Result{Outcome: o, Err: err}
			done <- struct{}{}
		}()
		synctest.Wait()
	}
	s.wait = func() {
		for range cmds {
			<-done
		}
		synctest.Wait() // also those whose clients are gone have had their turns
	}
	return s
}

func (s *sent) note(e event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

// turns lists the commands in the order of their turns, and behind them those that had none.
func (s *sent) turns() (order []int, had int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.turn {
			order = append(order, e.i)
		}
	}
	had = len(order)
	for i := range s.cmds {
		if !slices.Contains(order[:had], i) {
			order = append(order, i)
		}
	}
	return order, had
}

// goesFirst tells whether a command goes before others that wait: it gives time back, keeps a promise, or reports
// what has happened.
func (r *run) goesFirst(cmd *engine.Command) bool {
	if !r.urgentFirst || r.config.Twist == TwistOneLine {
		return false
	}
	switch p := cmd.Payload.(type) {
	case engine.ReleaseHold, engine.Cancel, engine.CancelCallback, engine.RevokeKey,
		engine.StartCall, engine.CompleteCall, engine.NoShowCall, engine.RecordAttempt:
		return true
	case engine.Book:
		return p.HoldID != ""
	}
	return false
}

// inTurn checks whose turn it was: of two in one line the one that was sent first, and of both lines the urgent one,
// unless as many of these as may have gone while the other waited.
func (r *run) inTurn(s *sent) error {
	order, had := s.turns()
	s.mu.Lock()
	defer s.mu.Unlock()
	var urgent, others []int // that wait
	row := 0
	for _, e := range s.events {
		line := &others
		if r.goesFirst(&s.cmds[e.i]) {
			line = &urgent
		}
		if !e.turn {
			if slices.Contains(order[:had], e.i) {
				*line = append(*line, e.i)
			}
			continue
		}
		if len(*line) == 0 || (*line)[0] != e.i {
			return violated(CodeOrder, "command %d has its turn while %v wait in its line", e.i, *line)
		}
		*line = (*line)[1:]
		switch {
		case line == &urgent && len(others) > 0:
			if row++; row > urgentRow {
				return violated(CodeOrder, "%d urgent commands in a row, and %v wait", row, others)
			}
			if others[0] < e.i {
				r.counts.Add("urgent command before one that came first")
			}
		case line == &others:
			if len(urgent) > 0 && row < urgentRow {
				return violated(CodeOrder, "command %d has its turn after %d urgent ones, and %v wait", e.i, row, urgent)
			}
			if len(urgent) > 0 {
				r.counts.Add("command between urgent ones")
			}
			row = 0
		}
	}
	return nil
}

// early tells whether something is seen of a write that is held back.
func (r *run) early(held ...*sent) error {
	for _, s := range held {
		for i := range s.results {
			if got := &s.results[i]; got.Err == nil && got.Outcome.Now != 0 {
				return violated(CodeEarlyAck, "command %d, %s, is answered before the write has ended", i, describe(s.cmds[i].Payload))
			}
		}
	}
	if got := r.engine.Snapshot().Seq(); got != r.audit.seq {
		return violated(CodeEarlyPublish, "a snapshot shows seq %d before it is written, expected %d", got, r.audit.seq)
	}
	return nil
}
