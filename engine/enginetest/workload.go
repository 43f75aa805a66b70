package enginetest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// badID is no id: a command with it is never valid.
const badID = "no id"

// Step is what happens between two comparisons: the clock is set, then the
// commands are submitted under a fault.
type Step struct {
	Clock    slots.Instant
	Fault    Fault
	Trouble  Trouble // of a fault of the disk
	Commands []engine.Command
}

// Fault says how a step's commands are submitted and what goes wrong meanwhile.
type Fault int

// The faults.
const (
	FaultNone       Fault = iota
	FaultGather           // nothing goes wrong, all commands wait for the same write
	FaultRefuse           // the log refuses the write: nothing has changed
	FaultPoisonLost       // the write fails with an unknown outcome, and was not done
	FaultPoisonKept       // the same, and was done
	FaultCrash            // before the commands the engine crashes and is opened again
	FaultRestart          // before the commands the engine is closed and opened again
	FaultReadOnly         // the log takes no writes
	FaultAbandon          // every second command is given up before it is taken
	FaultOverload         // the queue has room for few commands
	FaultClosed           // the engine is closed while commands wait
	FaultCheckpoint       // a checkpoint is saved before the commands
	FaultPower            // the power is cut while the commands are under way
	FaultBroken           // operations of the disk fail meanwhile
	FaultDamage           // before the commands a bit of the disk is another for a while
	faultEnd
)

var faultNames = [faultEnd]string{
	"none", "gather", "refuse", "poison, lost", "poison, kept", "crash", "restart",
	"read-only", "abandon", "overload", "closed", "checkpoint", "power cut", "broken disk", "damage",
}

// String names the fault.
func (f Fault) String() string { return faultNames[f] }

// troubled tells whether a fault is one of the disk, of which a Trouble says more.
func (f Fault) troubled() bool {
	return f == FaultCrash || f == FaultPower || f == FaultBroken || f == FaultDamage
}

// Workload makes commands from a seed, in a small world, so that they meet: few
// reviewers, cases, principals and slots, of two tenants. It looks at an
// auditor's model to find the places where things get tight.
type Workload struct {
	rnd       *rand.Rand
	audit     *Auditor
	books     []handbook
	reviewers []engine.Reviewer
	cases     []engine.Case
	batch     int
	faults    bool

	when    season
	clock   slots.Instant
	steps   int
	serial  int
	sent    int
	history []engine.Command // with a key, oldest first
	focus   *call            // a hold whose deadline the clock was moved to
	talk    *call            // an appointment whose time the clock was moved to
	key     string           // the same of an idempotency key

	swarm   *swarm // nil: none
	parcels []parcel

	// For Next.
	moves   *Clock
	pending []engine.Command
}

func newWorkload(c *Config, a *Auditor) (*Workload, error) {
	reviewers, err := firstReviewers(c.season())
	w := &Workload{
		rnd:   rand.New(rand.NewPCG(c.Seed, 1)),
		audit: a, books: a.books, reviewers: reviewers, cases: firstCases(c.season()),
		batch: c.Batch, faults: c.Faults, clock: c.season().start, when: c.season(),
	}
	if c.Swarm {
		w.swarm = newSwarm(c.Seed)
		w.batch = w.swarm.batch
	}
	return w, err
}

// NewWorkload returns a workload that gives its commands one by one and moves a
// clock, which shows Monday. The first commands fill the rosters.
func NewWorkload(seed uint64, clock *Clock) *Workload {
	books, err := handbooks()
	if err != nil {
		panic(err)
	}
	w, err := newWorkload(&Config{Seed: seed, Batch: 8}, newAuditor(books, winter.start, simHoldLimit, NoTwist, Counts{}))
	if err != nil {
		panic(err)
	}
	w.moves = clock
	return w
}

// Next moves the clock, perhaps, and returns a command.
func (w *Workload) Next() engine.Command {
	if len(w.pending) == 0 {
		s := w.next()
		w.pending = s.Commands
		w.moves.Set(s.Clock)
		w.audit.tick(s.Clock)
	}
	cmd := w.pending[0]
	w.pending = w.pending[1:]
	return cmd
}

// Learn tells the workload that a command was accepted, so that it can go on
// with what is there.
func (w *Workload) Learn(c engine.Command, s engine.Status) {
	if s == engine.StatusOK {
		w.audit.judge(c)
	}
}

func (w *Workload) chance(percent int) bool { return w.rnd.IntN(100) < percent }

func pick[T any](w *Workload, list []T) T { return list[w.rnd.IntN(len(list))] }

// next makes the next step.
func (w *Workload) next() Step {
	w.steps++
	if w.steps == 1 {
		return Step{Clock: w.clock, Commands: w.foundation()}
	}
	w.moveClock()
	s := Step{Clock: w.clock, Fault: w.fault()}
	n := 1
	if s.Fault != FaultNone || w.chance(30) {
		n = 1 + w.rnd.IntN(w.batch)
	}
	for range n {
		s.Commands = append(s.Commands, w.command())
	}
	if w.swarm != nil {
		w.troubles(&s)
		s.Commands = w.travel(s.Commands)
	}
	w.focus, w.key = nil, ""
	if w.chance(25) {
		w.talk = nil
	}
	return s
}

// foundation fills the roster of every tenant.
func (w *Workload) foundation() (cmds []engine.Command) {
	for _, tenant := range tenants {
		actor := engine.Actor{Tenant: tenant, Principal: "roster", Role: "payer", Source: "cli"}
		for _, r := range w.reviewers {
			cmds = append(cmds, engine.Command{Actor: actor, Payload: engine.PutReviewer{Reviewer: r}})
		}
		for _, c := range w.cases {
			cmds = append(cmds, engine.Command{Actor: actor, Payload: engine.PutCase{Case: c}})
		}
	}
	return cmds
}

func (w *Workload) fault() Fault {
	if w.swarm != nil {
		return w.swarm.fault(w)
	}
	if !w.chance(25) {
		return FaultNone
	}
	if !w.faults || w.chance(30) {
		return FaultGather
	}
	return FaultRefuse + Fault(w.rnd.IntN(int(FaultPower-FaultRefuse)))
}

// moveClock moves on by little, mostly; to the edges of deadlines, often; and
// sometimes back.
func (w *Workload) moveClock() {
	edge := slots.Instant(w.rnd.IntN(3) - 1)
	if w.talk != nil { // not over yet
		w.clock += slots.Instant(w.rnd.IntN(60))
		return
	}
	if w.when.autumn && w.clock < foldAt-3600 && w.chance(8) { // to the night with 25 hours
		w.clock = max(w.clock, foldAt-slots.Instant(w.rnd.IntN(4*3600)))
		return
	}
	switch n := w.rnd.IntN(100); {
	case n < 40:
		w.clock += slots.Instant(w.rnd.IntN(20))
	case n < 56:
		w.clock += slots.Instant(w.rnd.IntN(200))
	case n < 74:
		if c := w.someHold(); c != nil {
			w.focus = c
			w.clock = c.until + edge
		}
	case n < 82:
		w.clock += 900 - w.clock%900
	case n < 89:
		if w.talk = w.nextCall(); w.talk != nil {
			w.clock = w.talk.span.Start + slots.Instant(w.rnd.IntN(900))
		}
	case n < 92:
		w.clock += slots.Instant(w.rnd.IntN(4 * 3600))
	case n < 93:
		w.clock += 86400 - w.clock%86400 + 13*3600
	case n < 94:
		w.toKeyEdge(edge)
	case n < 96:
		w.clock -= slots.Instant(w.rnd.IntN(600))
	}
	w.clock = min(w.clock, w.when.end)
}

// toKeyEdge moves to where the oldest key that is remembered is forgotten.
func (w *Workload) toKeyEdge(edge slots.Instant) {
	for i := range w.audit.keys {
		k := &w.audit.keys[i]
		if k.until > w.clock && k.first.Now > w.when.start+600 {
			w.clock, w.key = k.until+edge, k.key
			return
		}
	}
}

// someHold finds a hold that is active, for preference one that ends soon.
func (w *Workload) someHold() *call {
	var active []call
	for i := range w.audit.calls {
		if c := &w.audit.calls[i]; c.held && w.audit.active(c) {
			active = append(active, *c)
		}
	}
	if len(active) == 0 {
		return nil
	}
	c := pick(w, active)
	return &c
}

func (w *Workload) actor() engine.Actor {
	tenant := tenants[0]
	if w.chance(15) {
		tenant = tenants[1]
	}
	principal := principals[0]
	if w.chance(60) {
		principal = pick(w, principals)
	}
	return engine.Actor{Tenant: tenant, Principal: principal, Role: "provider", Source: "api"}
}

// command makes one command.
func (w *Workload) command() engine.Command {
	if len(w.history) > 0 && (w.chance(12) || w.key != "" && w.chance(50)) {
		cmd := w.retry()
		cmd.Client = w.place() // mostly another one, and nothing depends on it
		cmd.Scope = w.scope(&cmd)
		return cmd
	}
	cmd := engine.Command{Actor: w.actor(), RequestID: w.id("req"), Client: w.place()}
	if w.focus != nil && w.chance(60) {
		cmd.Actor.Tenant, cmd.Actor.Principal = w.focus.tenant, w.focus.principal
		if w.chance(15) {
			cmd.Actor.Principal = pick(w, principals)
		}
		cmd.Payload = w.confirm(w.focus)
	} else if w.talk != nil && w.chance(75) {
		cmd.Actor.Tenant = w.talk.tenant
		cmd.Payload = w.life(w.talk)
	} else {
		cmd.Payload = w.payload(&cmd.Actor)
	}
	if w.swarm != nil && w.chance(w.swarm.keyed) {
		cmd.Credential = w.credential(&cmd)
	}
	if w.chance(60) {
		cmd.Key, cmd.Fingerprint = w.id("key"), w.print()
		w.history = append(w.history, cmd)
	}
	cmd.Scope = w.scope(&cmd)
	return cmd
}

// scope is that of an office to whom all is shown that its command is about, now and then: what else the tenant has is
// not its own, and the verdict is that of somebody without a scope.
func (w *Workload) scope(cmd *engine.Command) *engine.Scope {
	if !w.chance(40) {
		return nil
	}
	var cases []string
	of := func(id string) []string {
		for i := range w.audit.calls {
			if c := &w.audit.calls[i]; c.tenant == cmd.Actor.Tenant && c.id == id {
				return c.cases
			}
		}
		return nil
	}
	switch p := cmd.Payload.(type) {
	case engine.CreateCallback:
		cases = p.CaseIDs
	case engine.CancelCallback:
		for i := range w.audit.requests {
			if r := &w.audit.requests[i]; r.tenant == cmd.Actor.Tenant && r.id == p.ID {
				cases = r.cases
			}
		}
	case engine.Book:
		cases = p.CaseIDs
	case engine.Reschedule:
		cases = of(p.ID)
	case engine.Cancel:
		cases = of(p.ID)
	}
	if len(cases) == 0 || slices.ContainsFunc(cases, func(id string) bool { return id == "" || officeOf(id) != officeOf(cases[0]) }) {
		return nil
	}
	return &engine.Scope{Principal: cmd.Actor.Principal, NPIs: []string{officeOf(cases[0])}}
}

// id makes an id that nothing has yet.
func (w *Workload) id(kind string) string {
	w.serial++
	return fmt.Sprintf("%s-%d", kind, w.serial)
}

// place is an address that a command comes from, or none. It draws nothing.
func (w *Workload) place() string {
	w.sent++
	if w.sent%5 == 0 {
		return ""
	}
	return fmt.Sprintf("192.0.2.%d", w.sent%7)
}

func (w *Workload) print() (f engine.Fingerprint) {
	for i := range f {
		f[i] = byte(w.rnd.IntN(256))
	}
	return f
}

// retry sends a command again, as a client does that saw no answer: the id that
// the server makes is mostly another one.
func (w *Workload) retry() engine.Command {
	from := 0
	if len(w.history) > 12 && w.chance(80) {
		from = len(w.history) - 12
	}
	cmd := w.history[from+w.rnd.IntN(len(w.history)-from)]
	for _, c := range w.history {
		if c.Key == w.key {
			cmd = c
		}
	}
	cmd = w.repeated(cmd)
	switch n := w.rnd.IntN(100); {
	case n < 15: // another body
		cmd.Fingerprint = w.print()
		cmd.Payload = w.payload(&cmd.Actor)
	case n < 25: // somebody else's key of the same name
		cmd.Actor.Principal = pick(w, principals)
	case n < 30:
		cmd.Actor.Tenant = pick(w, tenants)
		if p, ok := cmd.Payload.(engine.PutTenant); ok && p.Tenant.ID == tenants[0] { // which stays enabled, whoever asks
			p.Tenant.Disabled = p.Tenant.Disabled && cmd.Actor.Tenant == tenants[0]
			cmd.Payload = p
		}
	}
	return cmd
}

// repeated is a command as a client sends it once more: mostly with other ids.
func (w *Workload) repeated(cmd engine.Command) engine.Command {
	if !w.chance(70) {
		return cmd
	}
	switch p := cmd.Payload.(type) {
	case engine.HoldSlot:
		p.ID = w.id("hold")
		cmd.Payload = p
	case engine.Book:
		p.ID = w.id("apt")
		cmd.Payload = p
	}
	return cmd
}

// payload makes what a command asks.
func (w *Workload) payload(actor *engine.Actor) engine.Payload {
	if w.swarm != nil && w.chance(w.swarm.identity) {
		return w.identity(actor)
	}
	if w.swarm != nil && w.swarm.pressing > 0 && w.chance(w.swarm.pressing) {
		return w.pressing(actor)
	}
	if w.halfEnded(actor.Tenant) != nil && w.chance(30) {
		return w.reschedule(actor)
	}
	if w.chance(9) {
		if p := w.relieve(actor.Tenant); p != nil {
			return p
		}
	}
	switch n := w.rnd.IntN(100); {
	case n < 12:
		return w.createCallback(actor)
	case n < 14:
		return w.cancelCallback(actor)
	case n < 20:
		return w.adHoc(actor)
	case n < 23:
		return w.recordOffer(actor)
	}
	switch n := w.rnd.IntN(100); {
	case n < 25:
		return w.hold(actor)
	case n < 50:
		return w.book(actor)
	case n < 62:
		return w.reschedule(actor)
	case n < 69:
		return w.cancel(actor)
	case n < 73:
		return w.release(actor)
	case n < 78:
		return w.putCase(actor)
	case n < 82:
		return w.putReviewer(actor)
	case n < 93:
		return w.life(w.callOf(actor.Tenant, false))
	case n < 94:
		return engine.DeactivateReviewer{ID: w.reviewer(), Expect: uint64(max(0, w.rnd.IntN(8)-5))}
	case n < 97:
		return engine.PutProfile{
			Profile: engine.Profile{TimeZone: pick(w, []string{"UTC", "US/Eastern"}), NPIs: []string{"1234567893"}},
			Expect:  uint64(max(0, w.rnd.IntN(8)-5)),
		}
	case n < 98 || w.chance(70):
		return engine.RecordAnswer{Body: []byte(w.id("answer"))}
	}
	return engine.LoadRules{Bundle: pick(w, w.books).bundle}
}

// nextCall picks a booked call whose time is to come within a day, more often
// than not one whose misses count.
func (w *Workload) nextCall() *call {
	var ahead, counted []call
	for _, c := range w.audit.calls {
		if c.status == engine.Booked && c.span.Start > w.clock && c.span.Start < w.clock+86400 {
			ahead = append(ahead, c)
			if _, ruled := w.audit.missRule(&c); ruled {
				counted = append(counted, c)
			}
		}
	}
	if len(counted) > 0 && w.chance(75) {
		ahead = counted
	}
	if len(ahead) == 0 {
		return nil
	}
	c := pick(w, ahead)
	return &c
}
