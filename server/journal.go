package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// Limits of the journal.
const (
	// journalQueue is how many records may wait to be written behind their answers, and how many may
	// be kept while the store takes none.
	journalQueue = 4096
	// journalBatch is how many records one commit takes.
	journalBatch = 256
	// journalPatience is how long a request waits for its record: to be durable, or for room in the queue.
	journalPatience = 5 * time.Second
	// journalFlush is how often what is kept is tried again, and how often floods are written.
	journalFlush = time.Second
	// journalAnchor is how often the heads of the journal are put on record in the log, and the
	// log's entries sealed in the journal; and after journalAnchorRecords records.
	journalAnchor        = time.Minute
	journalAnchorRecords = 1024
	// journalEnd bounds the end: what waits is written, sealed and anchored.
	journalEnd = 10 * time.Second
)

// errJournal is why a request has no record: nothing personal is handed out then.
var errJournal = errors.New("server: the access journal cannot be written")

// note is a record on its way into the journal.
type note struct {
	record engine.AccessRecord
	done   chan error // room for one; nil if nobody waits for it
}

// journal writes the access journal on a goroutine of its own. What is handed out waits until its
// record is durable; what is refused is written behind. Nothing is dropped: where a queue is full, who comes waits.
type journal struct {
	store   engine.Journal
	engine  *engine.Engine
	tenant  string // that the store was made for: what names nobody is recorded there
	log     *slog.Logger
	metrics *Metrics
	floods  floods
	told    atomic.Int64 // when the log was told last of a failure, Unix seconds
	failing atomic.Bool  // the last write has failed: what comes in floods is counted meanwhile, and takes no room in the queue

	now    chan *note // somebody waits for it
	behind chan *note
	due    chan struct{} // room for one: an anchor is due
	fresh  atomic.Int64  // records since the newest anchor

	closeOnce sync.Once
	closing   chan struct{}
	written   chan struct{} // closed when the writer has ended
	kept      chan struct{} // closed when the keeper has ended

	sealing chan struct{} // room for one: who seals
	sealed  engine.Seq    // position up to which the log is sealed; of who seals
}

// openJournal compares the journal with what the log remembers of it and starts writing.
func openJournal(e *engine.Engine, tenant string, log *slog.Logger, m *Metrics) (*journal, error) {
	j := &journal{
		store: e.Journal(), engine: e, tenant: tenant, log: log, metrics: m,
		now: make(chan *note, journalQueue), behind: make(chan *note, journalQueue), due: make(chan struct{}, 1),
		closing: make(chan struct{}), written: make(chan struct{}), kept: make(chan struct{}), sealing: make(chan struct{}, 1),
	}
	if j.store == nil {
		return nil, errors.New("server: the store keeps no access journal")
	}
	snap := e.Snapshot()
	snap.Anchors(func(a *engine.Anchor) bool {
		j.sealed = max(j.sealed, a.Sealed)
		return true
	})
	err := snap.CheckAnchors(j.store, func(_ engine.JournalHead, payload []byte) error {
		r, err := engine.DecodeAccess(payload)
		j.sealed = max(j.sealed, r.Through)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	if j.sealed > snap.Seq() {
		return nil, fmt.Errorf("server: %w: the journal has sealed the log up to %d, and it ends at %d", engine.ErrCorrupt, j.sealed, snap.Seq())
	}
	go j.write(time.NewTicker(journalFlush))
	go j.keep(time.NewTicker(journalAnchor))
	return j, nil
}

// record makes a record durable before it returns nil.
func (j *journal) record(ctx context.Context, r engine.AccessRecord) error {
	n := &note{record: r, done: make(chan error, 1)}
	ctx, cancel := context.WithTimeout(ctx, journalPatience)
	defer cancel()
	select {
	case j.now <- n:
	case <-ctx.Done():
		return errJournal
	case <-j.closing:
		return errJournal
	}
	select {
	case err := <-n.done:
		return err
	case <-ctx.Done():
	case <-j.written:
		select { // the writer may have answered at last
		case err := <-n.done:
			return err
		default:
		}
	}
	return errJournal
}

// recordBehind takes a record to be written soon. It waits where too many are waiting.
func (j *journal) recordBehind(ctx context.Context, r engine.AccessRecord) error {
	n := &note{record: r}
	select {
	case <-j.closing:
		return errJournal
	default:
	}
	select {
	case j.behind <- n:
		return nil
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, journalPatience)
	defer cancel()
	select {
	case j.behind <- n:
		return nil
	case <-ctx.Done():
	case <-j.closing:
	}
	return errJournal
}

// write is the writer: everything that waits makes up the next commit.
func (j *journal) write(tick *time.Ticker) {
	defer close(j.written)
	defer tick.Stop()
	var held []*note // nobody waits for them, and they are not yet durable
	for {
		behind := j.behind
		if len(held) >= journalQueue {
			behind = nil
		}
		var batch []*note
		closing := false
		select {
		case n := <-j.now:
			batch = append(batch, n)
		case n := <-behind:
			held = append(held, n)
		case <-tick.C:
			if len(held) == 0 || len(held) < journalQueue && !j.failing.Load() {
				held = append(held, j.floods.take(j.engine.Now())...)
			}
		case <-j.closing:
			closing, behind = true, j.behind
			held = append(held, j.floods.take(j.engine.Now())...)
		}
		for more := true; more; {
			more = false
			select {
			case n := <-j.now:
				batch, more = append(batch, n), true
			case n := <-behind:
				held, more = append(held, n), true
			default:
			}
			more = more && len(batch) < journalBatch && (closing || len(held) < journalQueue)
		}
		held = j.commit(batch, held)
		j.metrics.journalWaiting.Set(float64(j.waiting(held)))
		if closing {
			if len(held) > 0 {
				j.log.Error("the access journal ends without some records of refusals", "records", len(held), "total", j.waiting(held))
			}
			return
		}
	}
}

// waiting returns how many refusals are in memory alone: those of records that are held, and those that are counted.
func (j *journal) waiting(held []*note) uint64 {
	n := uint64(len(j.behind) + j.floods.waiting())
	for _, h := range held {
		n += 1 + h.record.Count
	}
	return n
}

// commit writes notes and returns those that are to be tried again. Those that were held come
// first: they are older. What was taken from the queues by then goes along.
func (j *journal) commit(waited, held []*note) (again []*note) {
	notes := slices.Concat(held, waited)
	entries := make([]engine.JournalEntry, 0, len(notes))
	for _, n := range notes {
		if n.record.Kind == 0 { // a flush
			continue
		}
		payload, err := n.record.Encode()
		if err != nil { // a bug: every field has a bound
			n.record = engine.AccessRecord{Kind: n.record.Kind, At: n.record.At, Tenant: n.record.Tenant, Principal: n.record.Principal,
				Role: n.record.Role, KeyID: n.record.KeyID, Action: n.record.Action, Status: n.record.Status, Code: codeInternal}
			payload, _ = n.record.Encode()
			j.log.Error("a record of the access journal is too large", "route", n.record.Action, "error", err)
		}
		entries = append(entries, engine.JournalEntry{Tenant: n.record.Tenant, Payload: payload})
	}
	err := j.append(entries)
	if len(entries) > 0 {
		j.failing.Store(err != nil)
	}
	if err != nil {
		j.failed("the access journal cannot be written: no personal data is handed out", err)
		err = fmt.Errorf("%w: %w", errJournal, err)
	}
	for _, n := range notes {
		if n.done != nil {
			n.done <- err
		}
		if err == nil && n.record.Kind != 0 {
			j.metrics.journalRecords[n.record.Kind].Inc()
		}
	}
	if err != nil {
		return held
	}
	if j.fresh.Add(int64(len(notes))) >= journalAnchorRecords {
		select {
		case j.due <- struct{}{}:
		default:
		}
	}
	return nil
}

func (j *journal) append(entries []engine.JournalEntry) error {
	if len(entries) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), journalPatience)
	defer cancel()
	_, err := j.store.AppendJournal(ctx, entries)
	return err
}

// flush returns when what was recorded behind answers until now is durable.
func (j *journal) flush(ctx context.Context) error { return j.record(ctx, engine.AccessRecord{}) }

// journalQuiet is how long one message about failures stands for all that follow, in seconds.
const journalQuiet = 10

// failed counts a failure and tells of it now and then.
func (j *journal) failed(what string, err error) {
	j.metrics.journalFailures.Inc()
	now, told := time.Now().Unix(), j.told.Load()
	if now-told >= journalQuiet && j.told.CompareAndSwap(told, now) {
		j.log.Error(what, "error", err)
	}
}

// keep seals the log in the journal and anchors the journal in the log, now and then and at
// the end.
func (j *journal) keep(tick *time.Ticker) {
	defer close(j.kept)
	defer tick.Stop()
	for ending := false; !ending; {
		select {
		case <-tick.C:
		case <-j.due:
		case <-j.written: // what was recorded last is anchored too
			ending = true
		}
		if err := j.anchor(); err != nil {
			j.failed("the access journal is not anchored in the log", err)
		}
	}
}

// close writes what waits, anchors it and ends. It has time of its own, journalEnd: whatever came before it may have used up its own.
func (j *journal) close() error {
	if j == nil {
		return nil
	}
	j.closeOnce.Do(func() { close(j.closing) })
	limit := time.NewTimer(journalEnd)
	defer limit.Stop()
	select {
	case <-j.kept:
		return nil
	case <-limit.C:
		return fmt.Errorf("server: the access journal has not ended in %v", journalEnd)
	}
}

// anchor seals what the log has and puts the heads of the journal on record in it, as far as
// they have moved.
func (j *journal) anchor() error {
	ctx, cancel := context.WithTimeout(context.Background(), importTimeout)
	defer cancel()
	sealed, err := j.seal(ctx)
	if err != nil {
		return err
	}
	j.fresh.Store(0)
	known, snap := map[string]engine.JournalHead{}, j.engine.Snapshot()
	snap.Anchors(func(a *engine.Anchor) bool {
		known[a.Tenant] = a.JournalHead
		return true
	})
	var p engine.AnchorJournal
	for _, h := range j.store.JournalHeads() {
		if known[h.Tenant] != h && isTenant(snap, j.tenant, h.Tenant) { // one that is refused would keep all others out
			p.Anchors = append(p.Anchors, engine.Anchor{JournalHead: h, Sealed: sealed})
		}
	}
	for len(p.Anchors) > 0 {
		n := min(len(p.Anchors), engine.MaxAnchors)
		o, err := j.engine.Submit(ctx, engine.Command{
			Actor:   engine.Actor{Tenant: j.tenant, Principal: "system", Role: "system", Source: "system"},
			Payload: engine.AnchorJournal{Anchors: p.Anchors[:n]},
		})
		if err == nil && o.Status != engine.StatusOK {
			err = fmt.Errorf("server: anchor refused: %s %s", o.Status, o.Detail)
		}
		if err != nil {
			return err
		}
		p.Anchors = p.Anchors[n:]
	}
	return nil
}

// isTenant reports whether a tenant is the store's own or one that was made.
func isTenant(snap *engine.Snapshot, own, tenant string) bool {
	_, made := snap.Tenant(tenant)
	return made || tenant == own
}

// sealStep is how many entries one seal covers at most.
const sealStep = engine.MaxEventScan

// seal puts digests of the log's newest entries into the journal, one for each tenant, and
// returns up to where the log is sealed. ctx bounds the wait for another seal too.
func (j *journal) seal(ctx context.Context) (engine.Seq, error) {
	select {
	case j.sealing <- struct{}{}:
		defer func() { <-j.sealing }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	for last := j.engine.Snapshot().Seq(); j.sealed < last; {
		through := min(last, j.sealed+sealStep)
		seals, err := sealsOf(j.engine, j.sealed, through)
		if err != nil {
			return j.sealed, err
		}
		if len(seals) > 0 {
			if _, err := j.store.AppendJournal(ctx, seals); err != nil {
				return j.sealed, err
			}
			j.metrics.journalRecords[engine.AccessSeal].Add(float64(len(seals)))
		}
		j.sealed = through
	}
	return j.sealed, nil
}

// sealsOf makes the seals of the entries after from up to through.
func sealsOf(e *engine.Engine, from, through engine.Seq) ([]engine.JournalEntry, error) {
	byTenant := map[string]*engine.AccessRecord{}
	var order []*engine.AccessRecord
	at := slots.Instant(0)
	err := e.Changes(from, through, func(c *engine.Change) error {
		at = c.At
		record, err := c.Encode()
		for _, tenant := range c.Tenants {
			r := byTenant[tenant]
			if r == nil {
				r = &engine.AccessRecord{Kind: engine.AccessSeal, Tenant: tenant, From: from, Through: through}
				byTenant[tenant], order = r, append(order, r)
			}
			r.Changes++
			r.Digest = engine.SealNext(r.Digest, record)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	entries := make([]engine.JournalEntry, len(order))
	for i, r := range order {
		r.At = at
		payload, err := r.Encode()
		if err != nil {
			return nil, err
		}
		entries[i] = engine.JournalEntry{Tenant: r.Tenant, Payload: payload}
	}
	return entries, nil
}
