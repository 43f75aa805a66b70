package persist

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

// Store is an engine.Log in a directory. See the package comment for what it
// guarantees.
//
//	watermark on disk ≤ view.last ≤ what Pebble shows
//
// Pebble shows a batch before it has synced it, so nothing is ever read from
// Pebble directly: readers get a view, which is made after a commit has
// returned and holds what was durable then.
type Store struct {
	dir            string
	fs             vfs.FS // for the store's own files
	opts           Options
	lock           io.Closer
	identity       engine.Identity
	wrappedBy      atomic.Uint32 // the key that has wrapped the digest key since, 0 = as in identity
	identityDigest engine.Hash
	db             *pebble.DB
	dbCloser       io.Closer // the disk health checks, if any

	marking       sync.Mutex // one watermark at a time
	appending     sync.Mutex // one append at a time
	checkpointing sync.Mutex // one checkpoint at a time
	generation    uint64     // of the newest checkpoint tried; guarded by checkpointing

	journal journal

	commits chan commit // unbuffered: what the commit loop has taken has begun
	current atomic.Pointer[view]
	viewMu  sync.Mutex // guards the reference counts of views
	walks   sync.WaitGroup

	behind  behind       // the old part of the log
	loading atomic.Int32 // checkpoints being loaded

	running    atomic.Bool // Open or Create has come to its end
	health     health
	poisonOnce sync.Once
	poisoned   chan struct{}
	reason     atomic.Pointer[string] // set before poisoned is closed

	closeOnce  sync.Once
	closing    chan struct{} // closed with viewMu held
	committed  chan struct{} // closed when the commit loop has ended
	kept       chan struct{} // closed when the keeper has ended
	lastCommit atomic.Int64  // nanoseconds
	born       time.Time     // when this value was made
	marked     atomic.Int64  // nanoseconds after born: when the watermark last stood at the end of the log
	metrics    atomic.Pointer[Metrics]
}

var _ engine.Log = (*Store)(nil)

func newStore(dir string, o Options) (*Store, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Store{
		dir: dir, fs: o.FS, opts: o, born: time.Now(),
		commits: make(chan commit), poisoned: make(chan struct{}), closing: make(chan struct{}),
		committed: make(chan struct{}), kept: make(chan struct{}),
		behind:  behind{ended: make(chan struct{})},
		journal: journal{commits: make(chan commit), ended: make(chan struct{})},
	}
	if o.FS == nil {
		if s.dir, err = filepath.Abs(dir); err != nil {
			return nil, fmt.Errorf("persist: %w", err)
		}
		s.fs = storeFS{FS: vfs.Default, modes: true}
	}
	s.health.init(s)
	return s, nil
}

// Identity returns what the store knows about itself from its creation on.
// The digest key must not be changed.
func (s *Store) Identity() engine.Identity {
	id := s.identity
	if by := s.wrappedBy.Load(); by != 0 {
		id.WrappedBy = by
	}
	return id
}

// Last implements engine.Log.
func (s *Store) Last() (engine.Seq, engine.Hash) {
	v := s.current.Load()
	return v.last, v.chain
}

// Poisoned implements engine.Log.
func (s *Store) Poisoned() <-chan struct{} { return s.poisoned }

// Writable implements engine.Log.
func (s *Store) Writable() error {
	switch {
	case isClosed(s.poisoned):
		return s.poisonedError()
	case isClosed(s.closing):
		return engine.ErrLogClosed
	default:
		return s.health.check()
	}
}

// poison ends all appends for the life of this store. What a failed sync has
// left on the disk is unknown, and asking again proves nothing: the kernel may
// have dropped the pages and call the next sync a success.
func (s *Store) poison(reason string) {
	s.poisonOnce.Do(func() {
		s.reason.Store(&reason)
		close(s.poisoned)
		s.opts.Logger.Error("store is poisoned: it acknowledges nothing more; restart the program", "reason", reason)
	})
}

func (s *Store) poisonedError() error {
	return &engine.Refusal{Cause: engine.CausePoisoned, Kind: engine.ErrPoisoned, Detail: *s.reason.Load()}
}

// halt poisons the store and never returns. It stands for Pebble's Fatalf,
// after which Pebble does not expect to run on: a commit whose log write failed
// would return nil and make its data visible, a false acknowledgement. So
// the goroutine stays here, with what locks it holds, until the process ends.
func (s *Store) halt(format string, args ...any) {
	s.poison(fmt.Sprintf(format, args...))
	select {}
}

// grace is how long a read may be stuck in a poisoned store.
func (s *Store) grace() time.Duration {
	if !s.running.Load() {
		return 0
	}
	return s.opts.CommitTimeout
}

// guard runs fn, which may get stuck in halt, on a goroutine of its own. In a
// poisoned store it waits no longer than grace; fn is then left behind.
func (s *Store) guard(what string, grace time.Duration, fn func() error) error {
	_, err := guarded(s, what, grace, func() (struct{}, error) { return struct{}{}, fn() })
	return err
}

// guarded is guard for work with a result. It is handed over, not shared: work that was given up goes on.
func guarded[T any](s *Store, what string, grace time.Duration, fn func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		r.err = recovered(what, func() (err error) { r.value, err = fn(); return err })
		done <- r
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-s.poisoned:
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.value, r.err
	case <-timer.C:
		var none T
		return none, fmt.Errorf("%s is stuck: %w", what, s.poisonedError())
	}
}

// limitSteps are the parts in which limit counts its time.
const limitSteps = 10

// limit poisons the store unless the returned function is called in time. It counts the time in steps, each of which must have
// been seen to end: a process that was stopped, or a machine that was, has missed one of them at most, and whoever is waited for was stopped, too.
func (s *Store) limit(what string, d time.Duration) (stop func()) {
	var mu sync.Mutex
	steps, timer := 0, (*time.Timer)(nil)
	mu.Lock()
	defer mu.Unlock()
	timer = time.AfterFunc(d/limitSteps, func() {
		mu.Lock()
		defer mu.Unlock()
		switch steps++; {
		case steps == limitSteps:
			s.poison(fmt.Sprintf("%s has not returned within %v", what, d))
		case steps < limitSteps:
			timer.Reset(d / limitSteps)
		}
	})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		timer.Stop()
		steps = limitSteps // one that waits for mu is too late
	}
}

// recovered runs fn and returns a panic of it as damage: Pebble panics where
// damaged bytes have passed its checksums, and on some I/O errors.
func recovered(what string, fn func() error) (err error) {
	defer func() {
		p := recover()
		if full, ok := p.(error); ok && outOfSpace(full) { // that is no damage
			err = fmt.Errorf("persist: %s: panic: %w", what, full)
		} else if p != nil {
			err = damaged(what, "panic: %v", p)
		}
	}()
	return fn()
}

// Close implements engine.Log. A poisoned store is left as it is, locked: its
// goroutines may hold Pebble's locks for ever, or still write, and only the end
// of the process stops them for certain.
func (s *Store) Close() error {
	err := error(nil)
	s.closeOnce.Do(func() { err = s.close() })
	return err
}

func (s *Store) close() error {
	s.viewMu.Lock()
	close(s.closing) // from here on no commit and no walk begins
	s.viewMu.Unlock()
	s.checkpointing.Lock()
	defer s.checkpointing.Unlock()
	s.appending.Lock()
	defer s.appending.Unlock()
	stop := s.limit("the watermark", s.opts.CommitTimeout)
	select {
	case <-s.kept:
	case <-s.poisoned:
	}
	stop()
	select {
	case <-s.committed:
	case <-s.poisoned:
	}
	select {
	case <-s.journal.ended:
	case <-s.poisoned:
	}
	select {
	case <-s.behind.ended:
	case <-s.poisoned:
	}
	if isClosed(s.poisoned) {
		return nil
	}
	err := s.writeWatermark(s.current.Load().content)
	if err != nil {
		err = fmt.Errorf("persist: %s: %w", watermarkName, err)
	}
	err = errors.Join(err, s.closeDatabase())
	if !isClosed(s.poisoned) {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

// closeDatabase ends the view and Pebble, which must not be poisoned yet. It
// waits for walks, which the caller has ended, to let go of Pebble.
func (s *Store) closeDatabase() error {
	patience := s.opts.CommitTimeout
	if s.health.failing() { // Pebble waits for tables that it cannot write
		patience = min(patience, time.Second)
	}
	defer s.limit("close", patience)()
	db, checks := s.db, s.dbCloser // what is left behind must not look at s again
	err := s.guard("close", 0, func() error {
		s.walks.Wait()
		if v := s.current.Load(); v != nil {
			s.release(v)
		}
		return errors.Join(db.Close(), closeIfAny(checks))
	})
	if err != nil {
		return fmt.Errorf("persist: close: %w", err)
	}
	return nil
}

// retire closes a database that was opened on the way to another one.
func (s *Store) retire() error {
	err := s.closeDatabase()
	s.db, s.dbCloser = nil, nil
	s.current.Store(nil)
	return err
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
