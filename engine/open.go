package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/parleyhq/parley/matcher"
)

// Open loads the newest checkpoint, replays the log behind it, loads the first
// rules if there are none, and starts the writer. It refuses to open a log that
// contradicts itself and says where. On an error the log stays open.
func Open(ctx context.Context, o Options) (*Engine, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s, checkpoint, chain, err := restore(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := s.compile(); err != nil {
		return nil, fmt.Errorf("engine: the rules in force, %s, do not compile: %w", s.rules.version, err)
	}
	if err := o.checkAdvance(s.now); err != nil {
		return nil, err
	}
	vault := NewVaultOf(VaultOptions{
		DigestKey: o.Identity.DigestKey, WrappedBy: o.Identity.WrappedBy, Keys: o.Keys, Random: o.Random,
	})
	if o.Identity.WrappedBy != 0 && vault.markKey == nil {
		return nil, errNoMarkKey
	}
	if c, ok := o.Clock.(follower); ok {
		c.notBefore(s.now)
	}
	e := &Engine{
		options:     o,
		vault:       vault,
		queue:       make(chan *request, o.QueueLimit),
		urgent:      make(chan *request, urgentRoom(o.QueueLimit)),
		closing:     make(chan struct{}),
		stopped:     make(chan struct{}),
		checkpoints: checkpointer{busy: make(chan struct{}, 1)},
	}
	e.checkpoints.saved(checkpoint)
	w := newWriter(e, s)
	e.published.Store(&Snapshot{state: s, chain: chain})
	if s.rules.version == "" {
		if err := w.firstRules(ctx); err != nil {
			return nil, err
		}
	}
	w.start()
	return e, nil
}

// restore rebuilds the state from checkpoint and log, and checks that both
// belong together.
func restore(ctx context.Context, o Options) (s *state, checkpoint Seq, chain Hash, err error) {
	log := o.Log
	s, info, err := loadCheckpoint(ctx, log, o.Loading)
	if err != nil {
		return nil, 0, Hash{}, err
	}
	last, end := log.Last()
	if last < info.Seq {
		return nil, 0, Hash{}, fmt.Errorf("%w: the log ends at %d, before its checkpoint at %d", ErrCorrupt, last, info.Seq)
	}
	r := replayer{state: s, chain: info.Chain, total: uint64(last - info.Seq), progress: o.Progress}
	if err := r.run(ctx, log, last, nil); err != nil {
		return nil, 0, Hash{}, err
	}
	if r.chain != end {
		return nil, 0, Hash{}, fmt.Errorf("%w: the chain up to seq %d differs from the log's: the checkpoint at %d belongs to another log",
			ErrCorrupt, last, info.Seq)
	}
	return s, info.Seq, end, nil
}

// replayer applies the entries of a log to a state.
type replayer struct {
	state    *state
	chain    Hash // at state.seq
	total    uint64
	progress func(done, total uint64)
}

// progressEvery is how many entries lie between two reports of progress.
const progressEvery = 10_000

// run applies the entries up to last. each, if not nil, is called with every
// entry before it is applied.
func (r *replayer) run(ctx context.Context, log Log, last Seq, each func(e *entry, payload []byte) error) error {
	from := r.state.seq
	err := log.Read(from+1, func(seq Seq, payload []byte) error {
		if seq > last {
			return errReplayed
		}
		e, err := decodeEntry(payload)
		if err == nil && each != nil {
			err = each(e, payload)
		}
		if err == nil {
			err = r.state.apply(e)
		}
		if err != nil {
			return fmt.Errorf("engine: entry %d: %w", seq, err)
		}
		r.chain = ChainNext(r.chain, seq, payload)
		if done := uint64(seq - from); done%progressEvery == 0 || seq == last {
			if r.progress != nil {
				r.progress(done, r.total)
			}
			return ctx.Err()
		}
		return nil
	})
	if err != nil && !errors.Is(err, errReplayed) {
		return err
	}
	if r.state.seq != last {
		return fmt.Errorf("%w: the log ends at %d and gives entries up to %d", ErrCorrupt, last, r.state.seq)
	}
	return nil
}

var errReplayed = errors.New("engine: replayed")

// firstRules commits the rules that a new store starts with.
func (w *writer) firstRules(ctx context.Context) error {
	bundle := w.options.Rules
	if bundle == nil {
		var err error
		if bundle, err = matcher.EmbeddedRules(); err != nil {
			return fmt.Errorf("engine: embedded rules: %w", err)
		}
	}
	r := &request{ctx: ctx, done: make(chan struct{}), cmd: &Command{
		Actor:   Actor{Tenant: w.firstTenant(), Principal: "system", Role: "system", Source: "system"},
		Payload: LoadRules{Bundle: bundle},
	}}
	w.judge(r)
	if len(w.forming.records) > 0 {
		w.takeOff()
		w.flying.write(&w.options)
		w.land()
	}
	switch o, err := r.result.Outcome, r.result.Err; {
	case err != nil:
		return fmt.Errorf("engine: load the first rules: %w", err)
	case o.Status != StatusOK:
		return fmt.Errorf("engine: load the first rules: %s: %s", o.Status, o.Detail)
	}
	return nil
}

// firstTenant is whose audit record the first rules are.
func (w *writer) firstTenant() string {
	if t := w.options.Identity.Tenant; t != "" {
		return t
	}
	return "default"
}
