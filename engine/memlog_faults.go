package engine

import (
	"slices"
	"sync"
)

// Faults are set before the append that they meet: each append meets the
// oldest one, once it has passed every check that refuses it definitely.

// memFault is what happens to one append; the zero memFault is none.
type memFault struct {
	refuse  error // not written, for this cause
	poison  bool
	written bool  // with poison: the batch is in the log after Reopen
	gate    *Gate // wait here before writing
}

// Gate holds back one append.
type Gate struct {
	entered, released chan struct{}
	once              sync.Once
}

// Entered is closed when the append has arrived and waits.
func (g *Gate) Entered() <-chan struct{} { return g.entered }

// Release lets the append go on. It may be called more than once.
func (g *Gate) Release() { g.once.Do(func() { close(g.released) }) }

// FailNext refuses the next append: it answers ErrNotWritten joined with
// cause and changes nothing. The append after it is served again.
func (l *MemLog) FailNext(cause error) { l.addFault(memFault{refuse: cause}) }

// PoisonNext makes the next append poison the log. Its batch is in the log
// after Reopen only if written is true; until then nobody sees it.
func (l *MemLog) PoisonNext(written bool) { l.addFault(memFault{poison: true, written: written}) }

// BlockNext holds the next append back before it writes, until the gate is
// released. A ctx that ends meanwhile does not free it: the write has begun.
func (l *MemLog) BlockNext() *Gate {
	g := &Gate{entered: make(chan struct{}), released: make(chan struct{})}
	l.addFault(memFault{gate: g})
	return g
}

// BlockThenPoisonNext is BlockNext for an append that ends as with PoisonNext.
func (l *MemLog) BlockThenPoisonNext(written bool) *Gate {
	g := &Gate{entered: make(chan struct{}), released: make(chan struct{})}
	l.addFault(memFault{gate: g, poison: true, written: written})
	return g
}

// BlockThenFailNext is BlockNext for an append that ends as with FailNext.
func (l *MemLog) BlockThenFailNext(cause error) *Gate {
	g := &Gate{entered: make(chan struct{}), released: make(chan struct{})}
	l.addFault(memFault{gate: g, refuse: cause})
	return g
}

func (l *MemLog) addFault(f memFault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, f)
}

// SetReadOnly refuses appends and checkpoints with ErrReadOnly, or ends that.
func (l *MemLog) SetReadOnly(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.readOnly = on
}

// Appends counts the batches that were written, that is the syncs that a log
// on disk would have made.
func (l *MemLog) Appends() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.appends
}

// Reopen closes the log and returns a new one that holds what is durable, as
// after a crash: without faults and poison, and with the batch of a poisoned
// append if it was written.
func (l *MemLog) Reopen() *MemLog {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	n := NewMemLog()
	n.records, n.checkpoint = slices.Clone(l.records), l.checkpoint
	for space := range n.derived {
		n.derived[space].records = slices.Clone(l.derived[space].records)
	}
	n.journal = l.journal.clone()
	if len(l.limbo) > 0 {
		n.write(l.limbo)
		n.appends = 0
	}
	return n
}

// DamageRecord flips a bit in the payload at seq.
func (l *MemLog) DamageRecord(seq Seq) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records = slices.Clone(l.records)
	l.records[seq-1].payload = damaged(l.records[seq-1].payload)
}

// DamageCheckpoint flips a bit in the encoded state of the checkpoint.
func (l *MemLog) DamageCheckpoint() {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := *l.checkpoint
	c.data = damaged(c.data)
	l.checkpoint = &c
}

func damaged(b []byte) []byte {
	b = slices.Clone(b)
	b[len(b)/2] ^= 1
	return b
}
