package enginetest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// Limits of the simulated engine, small so that they are met.
const (
	simHoldLimit  = 2
	simBatchLimit = 8 // unless the seed chooses another
	simQueueLimit = 1024
	tightQueue    = 3
	tightUrgent   = 1  // of those that go first, beside them
	simCheckpoint = 64 // entries between checkpoints
)

// run is a simulation under way.
type run struct {
	config *Config
	ctx    context.Context
	books  []handbook
	counts Counts
	clock  *Clock
	disk   Disk
	log    *faultLog
	engine *engine.Engine
	audit  *Auditor
	plugs  int
	asked  int   // commands
	trace  trace // of everything that was seen

	urgentFirst bool // of the engine
	batch       int  // commands of one write, at most

	// journal holds every command that was judged, with the instant at which.
	journal []judged
	writers []writer // of the entries, in order
}

type judged struct {
	now slots.Instant
	cmd engine.Command
}

// writer is who wrote an entry, and from where.
type writer struct {
	actor         engine.Actor
	kind          engine.Kind
	client, keyID string
}

func newRun(c *Config, books []handbook, counts Counts) (*run, error) {
	r := &run{
		config: c, ctx: context.Background(), books: books, counts: counts, clock: NewClock(c.season().start),
		disk:  c.disk(),
		audit: newAuditor(books, c.season().start, simHoldLimit, c.Twist, counts),
	}
	r.urgentFirst, r.batch = c.lines()
	r.writers = []writer{{actor: engine.Actor{Tenant: tenants[0], Principal: "system"}, kind: engine.KindLoadRules}}
	return r, r.start(simQueueLimit, r.batch)
}

// open opens the engine on the log.
func (r *run) open(queue, batch int) error {
	e, err := r.openOn(r.log, queue, batch)
	if err == nil {
		r.engine = e
	}
	return err
}

func (r *run) openOn(log engine.Log, queue, batch int) (*engine.Engine, error) {
	if p := r.config.Plant; p != nil && p.Log != nil {
		log = p.Log(log)
	}
	return engine.Open(r.ctx, engine.Options{
		Log: log, Clock: r.clock, Rules: r.books[0].bundle,
		Identity:   r.identity(),
		QueueLimit: queue, BatchLimit: min(batch, queue), CheckpointEvery: simCheckpoint, HoldsPerPrincipal: simHoldLimit,
		UrgentFirst: r.urgentFirst,
	})
}

// identity is of one format or the other, by the seed.
func (r *run) identity() engine.Identity {
	return engine.Identity{StoreID: "sim", Tenant: tenants[0], Format: 1 + int(r.config.Seed%2), DigestKey: make([]byte, 32)}
}

// end stops whatever runs.
func (r *run) end() {
	if r.engine != nil {
		r.engine.Close() // a crashed engine has no log to close
	}
}

// submit hands commands over and waits.
func (r *run) submit(cmds []engine.Command) *sent {
	if p := r.config.Plant; len(cmds) == 1 && (p == nil || p.Submit == nil) {
		o, err := r.engine.Submit(r.ctx, cmds[0])
		return &sent{cmds: cmds, results: []engine.Result{{Outcome: o, Err: err}}}
	}
	s := r.begin(cmds)
	s.wait()
	return s
}

// begin hands commands over, in order.
func (r *run) begin(cmds []engine.Command) *sent {
	if p := r.config.Plant; p != nil && p.Submit != nil {
		s, done := &sent{cmds: cmds}, make(chan struct{})
		go func() {
			s.results = p.Submit(r.ctx, r.engine, cmds)
			close(done)
		}()
		s.wait = func() { <-done }
		return s
	}
	// One after the other: SubmitAll would let chance say which come into one write.
	return r.send(cmds, r.patient)
}

// settled sorts what became of a step's commands.
type settled struct {
	acked   int
	failed  []engine.Command // definitely not done
	unknown []engine.Command
}

// patient is the context of who never gives up.
func (r *run) patient(int) context.Context { return r.ctx }

// settle compares outcomes with what the auditor expects, in the order in which the commands
// had their turns. A definite error must be one of allowed; an unknown outcome ends all
// acknowledgements.
func (r *run) settle(sent *sent, allowed ...error) (s settled, err error) {
	if len(sent.results) != len(sent.cmds) {
		return s, fmt.Errorf("%d results for %d commands", len(sent.results), len(sent.cmds))
	}
	r.asked += len(sent.cmds)
	if err := r.inTurn(sent); err != nil {
		return s, err
	}
	order, _ := sent.turns()
	for _, i := range order {
		cmd, got := sent.cmds[i], &sent.results[i]
		r.trace.add("%d %v %d %v", i, got.Outcome.Status, got.Outcome.Seq, errorClass(got.Err))
		fits := slices.ContainsFunc(allowed, func(want error) bool { return errors.Is(got.Err, want) })
		switch {
		case got.Err == nil && len(s.unknown) > 0:
			return s, violated(CodeAckAfterError, "command %d was acknowledged after a commit had failed", i)
		case got.Err == nil:
			if err := r.judge(cmd, &got.Outcome); err != nil {
				return s, fmt.Errorf("command %d, %s: %w", i, describe(cmd.Payload), err)
			}
			s.acked++
		case !fits:
			return s, fmt.Errorf("command %d: %w", i, got.Err)
		case errors.Is(got.Err, engine.ErrOutcomeUnknown):
			s.unknown = append(s.unknown, cmd)
		default:
			s.failed = append(s.failed, cmd)
		}
	}
	return s, nil
}

// judge lets the auditor judge a command and compares.
func (r *run) judge(cmd engine.Command, o *engine.Outcome) error {
	if !o.Replayed && o.Now < r.audit.now {
		return violated(CodeTime, "stamped %v after %v", o.Now, r.audit.now)
	}
	r.audit.tick(r.clock.Now())
	v := r.audit.judge(cmd)
	r.note(cmd, &v)
	if v.Replayed != o.Replayed {
		return within(CodeIdempotency, v.compare(&cmd, o))
	}
	return within(CodeOutcome, v.compare(&cmd, o))
}

func (r *run) note(cmd engine.Command, v *Verdict) {
	r.journal = append(r.journal, judged{r.audit.now, cmd})
	if v.Seq != 0 && !v.Replayed {
		r.writers = append(r.writers, writer{cmd.Actor, cmd.Payload.Kind(), cmd.Client, cmd.Credential})
	}
}

// compare checks the newest snapshot, read as a client would read it now.
func (r *run) compare() error {
	reader := *r.audit
	reader.now, reader.counts = r.engine.Now(), Counts{}
	if err := reader.compareSnapshot(r.engine.Snapshot()); err != nil {
		return within(CodeState, err)
	}
	return within(CodeIdempotency, r.compareKeys(&reader))
}

// compareKeys asks for the newest keys without submitting anything.
func (r *run) compareKeys(reader *Auditor) error {
	for _, k := range reader.keys[max(0, len(reader.keys)-5):] {
		actor := engine.Actor{Tenant: k.tenant, Principal: k.principal}
		o, known := r.engine.Recall(actor, k.key, k.print)
		if expected := k.until > reader.now; known != expected || known && (!o.Replayed || o.Seq != k.first.Seq) {
			return fmt.Errorf("key %s is recalled: %v, seq %d; expected %v, seq %d", k.key, known, o.Seq, expected, k.first.Seq)
		}
	}
	return nil
}
