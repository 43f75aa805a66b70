package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/parleyhq/parley/slots"
)

// ReplayOptions say how deep a replay looks.
type ReplayOptions struct {
	// Rejudge judges every entry again with this build's code and zone tables,
	// and the rules of that time, and reports where the result differs. A
	// difference is no damage: the log says what was decided. The units of
	// matcher.Work and the bounds of what an entry settles (settleWork, MaxAccounts)
	// have no version: where a build counts otherwise, entries that came to such a
	// bound may differ though no rule does.
	Rejudge bool
	// Progress is called while entries are replayed.
	Progress func(done, total uint64)
	// Keys open the sealed parts; nil = those under a key are not looked into.
	Keys *DataKeys
}

// Report is what a replay has found.
type Report struct {
	Last       Seq           // end of the log
	Stamped    slots.Instant // time of its last entry
	State      Hash          // of the rebuilt state
	Checkpoint Seq           // position of the checkpoint that agrees with it, 0 = there is none
	Rules      string        // version in force
	Counts     Counts
	Counters   Counters
	// Unopened counts the sealed parts of the state whose key was not at hand.
	Unopened []KeyCount
	// Rejudged counts the entries that were judged again, Different those with
	// another result; Differences holds the first MaxDifferences of them.
	Rejudged, Different uint64
	Differences         []Difference
}

// MaxDifferences bounds Report.Differences.
const MaxDifferences = 100

// Difference is an entry that would be decided differently today.
type Difference struct {
	Seq     Seq
	Kind    Kind
	Subject string
	Now     string // today's status, or what differs in the entry
}

// Replay rebuilds the state from the first record of a log, changing nothing,
// and checks what can be checked: the chain, that every entry can be read and
// applied, that the state agrees with itself, with the checkpoint and with the
// audit and offer records, and that the sealed parts can be opened and have the digests
// that look-ups use. An error names the first place that is not whole.
func Replay(ctx context.Context, log Log, id Identity, o ReplayOptions) (Report, error) {
	// Loading proves that the checkpoint is whole; what counts is its hash.
	_, checkpoint, err := loadCheckpoint(ctx, log, nil)
	if err != nil {
		return Report{}, err
	}
	v := &verifier{checkpoint: checkpoint, identity: id, rejudge: o.Rejudge}
	last, end := log.Last()
	v.replayer = replayer{state: newState(), total: uint64(last), progress: o.Progress}
	if err := v.run(ctx, log, last, v.each); err != nil {
		return v.report, err
	}
	if err := v.atCheckpoint(); err != nil {
		return v.report, err
	}
	if v.chain != end {
		return v.report, fmt.Errorf("%w: the chain up to seq %d differs from the log's", ErrCorrupt, last)
	}
	vault := NewVaultOf(VaultOptions{DigestKey: id.DigestKey, WrappedBy: id.WrappedBy, Keys: o.Keys})
	s := &Snapshot{state: v.state, chain: v.chain}
	v.report.Last, v.report.Stamped, v.report.State = s.Seq(), s.Stamped(), s.Hash()
	v.report.Rules, v.report.Counts, v.report.Counters = v.state.rules.version, s.Counts(), s.Counters()
	for _, check := range []func() error{
		s.Check,
		func() error { return checkDerived(log, SpaceAudit, "audit", v.audit, last) },
		func() error { return checkDerived(log, SpaceOffers, "offer", v.offers, last) },
		func() (err error) { v.report.Unopened, err = v.state.checkSealed(vault); return err },
	} {
		if err := check(); err != nil {
			return v.report, err
		}
	}
	return v.report, nil
}

// verifier replays and compares on the way.
type verifier struct {
	replayer
	report     Report
	checkpoint CheckpointInfo
	identity   Identity
	rejudge    bool
	audit      multiset
	offers     multiset
	noted      bool // an entry with offer records was seen
}

// each sees every entry before it is applied.
func (v *verifier) each(e *entry, payload []byte) error {
	if err := v.atCheckpoint(); err != nil {
		return err
	}
	if written, err := e.encode(); err != nil || !bytes.Equal(written, payload) {
		return fmt.Errorf("%w: not in the form in which entries are written", errDamagedRecord)
	}
	for _, d := range e.derived(v.identity) {
		if d.Space == SpaceAudit {
			v.audit.add(d.Key, d.Value)
		} else {
			v.offers.add(d.Key, d.Value)
			v.noted = true
		}
	}
	if v.rejudge {
		v.judgeAgain(e, payload)
	}
	return nil
}

// atCheckpoint compares the state with the checkpoint where the two meet.
func (v *verifier) atCheckpoint() error {
	at := v.checkpoint.Seq
	if at == 0 || v.state.seq != at || v.report.Checkpoint == at {
		return nil
	}
	if v.chain != v.checkpoint.Chain {
		return fmt.Errorf("%w: the checkpoint at seq %d has another chain value than the log", ErrCorrupt, at)
	}
	if (&Snapshot{state: v.state}).Hash() != v.checkpoint.State {
		return fmt.Errorf("%w: the checkpoint at seq %d is not what the log up to there says", ErrCorrupt, at)
	}
	v.report.Checkpoint = at
	return nil
}

// judgeAgain compares an entry with what this build would write.
func (v *verifier) judgeAgain(e *entry, payload []byte) {
	v.report.Rejudged++
	differs := func(now string) {
		v.report.Different++
		if len(v.report.Differences) < MaxDifferences {
			v.report.Differences = append(v.report.Differences, Difference{e.seq, e.kind, e.subject, now})
		}
	}
	if err := v.state.compile(); err != nil {
		differs("rules " + v.state.rules.version + " do not compile")
		return
	}
	cmd := e.command(v.state)
	if detail, ok := cmd.admit(); !ok {
		differs("not admitted: " + detail)
		return
	}
	j := judging{s: v.state, actor: cmd.Actor, now: e.now, limits: unlimited, scope: cmd.Scope, watched: e.notesConduct()}
	d := j.judge(cmd.Payload)
	if d.outcome.Status != e.status {
		differs(d.outcome.Status.String())
		return
	}
	if !v.noted {
		// Perhaps it is of a build that made no offer records.
		d.effects = slices.DeleteFunc(d.effects, func(f effect) bool { _, ok := f.(*noteOffer); return ok })
	}
	again := v.state.newEntry(&cmd, e.now, d)
	again.zoneData = e.zoneData
	if written, err := again.encode(); err != nil || !bytes.Equal(written, payload) {
		differs("another image")
	}
}

// unlimited are limits that never refuse: what was within an operator's limits
// is not judged again.
var unlimited = limits{
	holdsPerPrincipal: math.MaxInt, holdsPerOffice: math.MaxInt, holdsPerReviewer: math.MaxInt, holdsPerTenant: math.MaxInt,
	keys: math.MaxInt, neverCool: true,
}

// checkDerived compares the records of a derived keyspace with those that the
// entries call for.
func checkDerived(log Log, space Space, name string, wanted multiset, last Seq) error {
	var there multiset
	err := log.Derived(space, nil, func(key, value []byte) error {
		there.add(key, value)
		return nil
	})
	if err != nil {
		return err
	}
	if there != wanted {
		return fmt.Errorf("%w: %d %s records differ from the %d that %d entries call for", ErrCorrupt, there.count, name, wanted.count, last)
	}
	return nil
}

// multiset is a fingerprint of key-value pairs in any order: the sum of their digests.
type multiset struct {
	count uint64
	sum   [4]uint64
}

func (m *multiset) add(key, value []byte) {
	h := sha256.New()
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(key))))
	h.Write(key)
	h.Write(value)
	digest := sumOf(h)
	m.count++
	for i := range m.sum {
		m.sum[i] += binary.BigEndian.Uint64(digest[8*i:])
	}
}
