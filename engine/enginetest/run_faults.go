package enginetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing/synctest"

	"github.com/parleyhq/parley/engine"
)

// step takes one step and compares.
func (r *run) step(s Step) error {
	r.clock.Set(s.Clock)
	r.trace.add("%v %v %+v", s.Clock, s.Fault, s.Trouble)
	if err := r.under(&s); err != nil {
		return err
	}
	r.trace.add("%d", r.engine.Snapshot().Seq())
	return r.compare()
}

// under submits commands under a fault.
func (r *run) under(s *Step) error {
	f, cmds := s.Fault, s.Commands
	if f != FaultNone {
		r.counts.Add("fault: %v", f)
	}
	switch f {
	case FaultGather:
		return r.gather(cmds)
	case FaultRefuse:
		return r.refuse(cmds)
	case FaultPoisonLost, FaultPoisonKept:
		return r.poison(cmds, f == FaultPoisonKept)
	case FaultCrash:
		if err := r.crash(s.Trouble, simQueueLimit); err != nil {
			return err
		}
	case FaultRestart:
		if err := r.restart(simQueueLimit); err != nil {
			return err
		}
	case FaultReadOnly:
		return r.readOnly(cmds)
	case FaultPower:
		return r.power(s.Trouble, cmds)
	case FaultBroken:
		return r.broken(s.Trouble, cmds)
	case FaultDamage:
		if err := r.damage(s.Trouble); err != nil {
			return err
		}
	case FaultAbandon:
		return r.abandon(cmds)
	case FaultOverload:
		return r.overload(cmds)
	case FaultClosed:
		return r.closeAmid(cmds)
	case FaultCheckpoint:
		if err := r.engine.Checkpoint(); err != nil {
			return err
		}
	}
	_, err := r.settle(r.submit(cmds))
	return err
}

// plug makes a command that is always accepted and always written.
func (r *run) plug() engine.Command {
	r.plugs++
	return engine.Command{
		Actor:   engine.Actor{Tenant: tenants[0], Principal: "plug", Role: "provider", Source: "api"},
		Payload: engine.PutProfile{Profile: engine.Profile{TimeZone: fmt.Sprintf("plug %d", r.plugs)}},
	}
}

// behind blocks the writer in the write of a plug, lets send put commands into
// the queue, and goes on. So all commands are there before the next is taken.
// before runs when the plug's write is under way.
func (r *run) behind(before func(), send func() *sent) (*sent, error) {
	gate := r.log.blockNext()
	defer gate.release()
	plug := r.send([]engine.Command{r.plug()}, r.patient)
	if p := plug.results[0]; p.Err != nil || p.Outcome.Status != engine.StatusOK { // and nothing will enter
		return plug, errors.Join(fmt.Errorf("the plug is refused: %v", p.Outcome.Status), p.Err)
	}
	<-gate.entered
	before()
	s := send()
	synctest.Wait()
	early := r.early(plug, s)
	gate.release()
	plug.wait()
	_, err := r.settle(plug)
	return s, errors.Join(early, err)
}

// together submits commands so that they wait for one write. before as in behind.
func (r *run) together(cmds []engine.Command, before func()) (*sent, error) {
	s, err := r.behind(before, func() *sent { return r.begin(cmds) })
	s.wait()
	return s, err
}

func (r *run) gather(cmds []engine.Command) error {
	for i, c := range cmds {
		same := func(d engine.Command) bool { return d.Key == c.Key && d.Actor == c.Actor }
		if c.Key != "" && slices.ContainsFunc(cmds[:i], same) {
			r.counts.Add("duplicate in flight")
		}
	}
	sent, err := r.together(cmds, func() {})
	if err != nil {
		return err
	}
	_, err = r.settle(sent)
	return err
}

var errPlanted = errors.New("planted")

// refuse lets one write be refused. What was refused has not happened, and can
// be done right after.
func (r *run) refuse(cmds []engine.Command) error {
	sent, err := r.together(cmds, func() { r.log.refuse(errPlanted) })
	if err != nil {
		return err
	}
	r.log.disarm()
	s, err := r.settle(sent, engine.ErrNotWritable)
	if err != nil {
		return err
	}
	if len(s.failed) > 0 {
		r.counts.Add("write refused")
	}
	if len(s.failed) > r.batch { // more than one write takes
		r.counts.Add("judged on a refused write")
	}
	return r.again(s.failed)
}

// again does what has failed, after a look at what is there.
func (r *run) again(cmds []engine.Command) error {
	if err := r.compare(); err != nil {
		return fmt.Errorf("before the second try: %w", err)
	}
	if len(cmds) == 0 {
		return nil
	}
	_, err := r.settle(r.submit(cmds))
	if err != nil {
		return fmt.Errorf("second try: %w", err)
	}
	return nil
}

func (r *run) readOnly(cmds []engine.Command) error {
	r.setReadOnly(true)
	if h := r.engine.Health(); h.Ready || !errors.Is(h.Writable, engine.ErrReadOnly) {
		return fmt.Errorf("health of a read-only store: %+v", h)
	}
	s, err := r.settle(r.submit(cmds), engine.ErrNotWritable)
	if err != nil {
		return err
	}
	if s.acked > 0 {
		return fmt.Errorf("%d commands acknowledged by a read-only store", s.acked)
	}
	if err := r.compare(); err != nil {
		return err
	}
	r.setReadOnly(false)
	return r.again(s.failed)
}

// abandon gives up every second command while it waits. Those whose turn had not
// come must never be done.
func (r *run) abandon(cmds []engine.Command) error {
	if err := r.restartWith(simQueueLimit, 2); err != nil {
		return err
	}
	sent, err := r.behind(func() {}, func() *sent {
		ctx, cancel := context.WithCancel(r.ctx)
		defer cancel()
		return r.send(cmds, func(i int) context.Context {
			if i%2 == 1 {
				return ctx
			}
			return r.ctx
		})
	})
	sent.wait()
	if err != nil {
		return err
	}
	for i := range sent.results {
		gone := errors.Is(sent.results[i].Err, engine.ErrDeadline)
		if gone && i%2 == 0 {
			return fmt.Errorf("command %d was not given up and ends with %w", i, sent.results[i].Err)
		}
		if gone {
			r.counts.Add("given up while waiting")
		} else if i%2 == 1 {
			r.counts.Add("given up when judged")
		}
	}
	s, err := r.settle(sent, engine.ErrDeadline)
	if err == nil {
		err = within(CodeLateApply, r.compare())
	}
	if err != nil {
		return err
	}
	if err := r.restart(simQueueLimit); err != nil {
		return err
	}
	return r.again(s.failed)
}

// overload fills a short queue. What found no room has not happened.
func (r *run) overload(cmds []engine.Command) error {
	if err := r.restart(tightQueue); err != nil {
		return err
	}
	room := 0
	sent, err := r.behind(func() {}, func() *sent {
		sent := r.send(cmds, r.patient)
		room = r.engine.Health().Queue
		return sent
	})
	sent.wait()
	if err != nil {
		return err
	}
	urgent := 0
	for i := range cmds {
		if r.goesFirst(&cmds[i]) {
			urgent++
		}
	}
	if room < min(len(cmds)-urgent, tightQueue)+min(urgent, tightUrgent) || room > 3*tightQueue+1 {
		return fmt.Errorf("%d of %d commands wait where the queue and either batch hold %d", room, len(cmds), tightQueue)
	}
	var full [2]bool // the line of the others, that of the urgent ones
	for i := range sent.results {
		line := &full[0]
		if r.goesFirst(&cmds[i]) {
			line = &full[1]
		}
		over := errors.Is(sent.results[i].Err, engine.ErrOverloaded)
		if !over {
			room--
		}
		if *line && !over {
			return fmt.Errorf("command %d has found room in a full queue for %d", i, tightQueue)
		}
		*line = over
	}
	if room != 0 {
		return fmt.Errorf("%d more commands were said to wait in a queue for %d than have found room", room, tightQueue)
	}
	s, err := r.settle(sent, engine.ErrOverloaded)
	if err != nil {
		return err
	}
	if len(s.failed) > 0 {
		r.counts.Add("queue full")
	}
	if err := r.restart(simQueueLimit); err != nil {
		return err
	}
	return r.again(s.failed)
}

// closeAmid closes the engine while commands wait: they are finished first.
func (r *run) closeAmid(cmds []engine.Command) error {
	closed := make(chan error)
	sent, err := r.behind(func() {}, func() *sent {
		sent := r.send(cmds, r.patient)
		go func() { closed <- r.engine.Close() }()
		return sent
	})
	sent.wait()
	if err := errors.Join(err, <-closed); err != nil {
		return err
	}
	if _, err := r.settle(sent); err != nil {
		return err
	}
	if _, err := r.engine.Submit(r.ctx, r.plug()); !errors.Is(err, engine.ErrClosed) {
		return fmt.Errorf("a closed engine answers %w", err)
	}
	return r.reopen(simQueueLimit, r.batch)
}
