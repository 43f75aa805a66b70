package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// memJournal is the access journal of a MemLog, guarded by its mutex.
type memJournal struct {
	chains map[string][]memRecord // by tenant
	refuse error                  // of every append, nil = none
}

var _ Journal = (*MemLog)(nil)

func (j *memJournal) clone() memJournal {
	n := memJournal{chains: map[string][]memRecord{}}
	for tenant, records := range j.chains { //order: each chain is copied by itself
		n.chains[tenant] = slices.Clone(records)
	}
	return n
}

func (j *memJournal) head(tenant string) JournalHead {
	records := j.chains[tenant]
	if len(records) == 0 {
		return JournalHead{Tenant: tenant}
	}
	return JournalHead{Tenant: tenant, N: uint64(len(records)), Chain: records[len(records)-1].chain}
}

// JournalHeads implements Journal.
func (l *MemLog) JournalHeads() []JournalHead {
	l.mu.Lock()
	defer l.mu.Unlock()
	heads := make([]JournalHead, 0, len(l.journal.chains))
	for _, tenant := range slices.Sorted(maps.Keys(l.journal.chains)) {
		heads = append(heads, l.journal.head(tenant))
	}
	return heads
}

// AppendJournal implements Journal.
func (l *MemLog) AppendJournal(ctx context.Context, entries []JournalEntry) ([]JournalHead, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := errors.Join(l.writable(), l.journal.refuse); err != nil {
		return nil, refused(err)
	}
	if err := CheckJournal(entries); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, refused(err)
	}
	if l.journal.chains == nil {
		l.journal.chains = map[string][]memRecord{}
	}
	heads := make([]JournalHead, len(entries))
	for i, e := range entries {
		heads[i] = l.journal.head(e.Tenant).Next(e.Payload)
		record := memRecord{payload: slices.Clone(e.Payload), chain: heads[i].Chain}
		l.journal.chains[e.Tenant] = append(l.journal.chains[e.Tenant], record)
	}
	return heads, nil
}

// WalkJournal implements Journal.
func (l *MemLog) WalkJournal(tenant string, n uint64, fn func(JournalHead, []byte) error) error {
	l.mu.Lock()
	records, closed := slices.Clip(l.journal.chains[tenant]), l.closed
	l.mu.Unlock()
	if closed {
		return ErrLogClosed
	}
	at := JournalHead{Tenant: tenant, N: max(n, 1) - 1}
	if at.N > 0 && at.N <= uint64(len(records)) {
		at.Chain = records[at.N-1].chain
	}
	for at.N < uint64(len(records)) {
		r := records[at.N]
		if at = at.Next(r.payload); at.Chain != r.chain {
			return fmt.Errorf("%w: access journal of %s: chain broken at record %d", ErrCorrupt, tenant, at.N)
		}
		if err := fn(at, r.payload); err != nil {
			return err
		}
	}
	return nil
}

// RefuseJournal lets every append to the journal fail with cause, definitely; nil
// ends that.
func (l *MemLog) RefuseJournal(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.journal.refuse = cause
}

// DamageJournal flips a bit in a record of a tenant's journal.
func (l *MemLog) DamageJournal(tenant string, n uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.journal = l.journal.clone()
	r := &l.journal.chains[tenant][n-1]
	r.payload = damaged(r.payload)
}

// CutJournal drops the records of a tenant's journal behind n.
func (l *MemLog) CutJournal(tenant string, n uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.journal = l.journal.clone()
	l.journal.chains[tenant] = l.journal.chains[tenant][:n]
}
