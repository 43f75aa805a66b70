package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// MemLog is a Log in memory, for tests and benchmarks. "Durable" means held by
// the MemLog: Reopen gives a new MemLog with the same content, as a restart
// would. Faults are in memlog_faults.go.
type MemLog struct {
	appending sync.Mutex // held by Append from beginning to end

	mu         sync.Mutex // guards what follows; never held while waiting
	records    []memRecord
	derived    [SpaceArchive + 1]memSpace
	checkpoint *memCheckpoint
	journal    memJournal
	limbo      []Record // of a poisoned append; in the log after Reopen
	faults     []memFault
	poisoned   chan struct{}
	isPoisoned bool
	readOnly   bool
	closed     bool
	appends    int
}

type memRecord struct {
	payload []byte
	chain   Hash
}

// memSpace holds the derived records of one space. Appends go to the end and
// a walk sorts a copy, so a walk that is under way keeps its slice.
type memSpace struct {
	records []DerivedRecord
	sorted  bool
}

type memCheckpoint struct {
	info CheckpointInfo
	data []byte
}

var _ Log = (*MemLog)(nil)

// NewMemLog returns an empty log.
func NewMemLog() *MemLog {
	return &MemLog{poisoned: make(chan struct{})}
}

// Last implements Log.
func (l *MemLog) Last() (Seq, Hash) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last()
}

func (l *MemLog) last() (Seq, Hash) {
	if len(l.records) == 0 {
		return 0, Hash{}
	}
	return Seq(len(l.records)), l.records[len(l.records)-1].chain
}

// Append implements Log.
func (l *MemLog) Append(ctx context.Context, expected Seq, records []Record) error {
	l.appending.Lock()
	defer l.appending.Unlock()
	fault, err := l.admit(ctx, expected, records)
	if err != nil {
		return err
	}
	if fault.gate != nil {
		close(fault.gate.entered)
		<-fault.gate.released
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case fault.refuse != nil:
		return errors.Join(ErrNotWritten, fault.refuse)
	case fault.poison:
		if fault.written {
			l.limbo = cloneRecords(records)
		}
		l.isPoisoned = true
		close(l.poisoned)
		return ErrPoisoned
	}
	l.write(records)
	return nil
}

// admit refuses what can be refused definitely and takes the next fault.
func (l *MemLog) admit(ctx context.Context, expected Seq, records []Record) (memFault, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.writable(); err != nil {
		return memFault{}, refused(err)
	}
	if last, _ := l.last(); expected != last {
		return memFault{}, fmt.Errorf("%w: expected %d, last is %d", ErrSeqMismatch, expected, last)
	}
	if err := CheckBatch(records); err != nil {
		return memFault{}, err
	}
	if err := ctx.Err(); err != nil {
		return memFault{}, refused(err)
	}
	if len(l.faults) == 0 {
		return memFault{}, nil
	}
	fault := l.faults[0]
	l.faults = l.faults[1:]
	return fault, nil
}

// refused joins why with ErrNotWritten, unless nothing is known about the
// fate of earlier batches.
func refused(why error) error {
	if errors.Is(why, ErrPoisoned) {
		return why
	}
	return errors.Join(ErrNotWritten, why)
}

func (l *MemLog) write(records []Record) {
	seq, chain := l.last()
	for _, r := range cloneRecords(records) {
		seq++
		chain = ChainNext(chain, seq, r.Payload)
		l.records = append(l.records, memRecord{payload: r.Payload, chain: chain})
		for _, d := range r.Derived {
			s := &l.derived[d.Space]
			s.records = append(s.records, d)
			s.sorted = false
		}
	}
	l.appends++
}

func cloneRecords(records []Record) []Record {
	out := make([]Record, len(records))
	for i, r := range records {
		out[i].Payload = bytes.Clone(r.Payload)
		for _, d := range r.Derived {
			d.Key, d.Value = bytes.Clone(d.Key), bytes.Clone(d.Value)
			out[i].Derived = append(out[i].Derived, d)
		}
	}
	return out
}

// Read implements Log.
func (l *MemLog) Read(from Seq, fn func(Seq, []byte) error) error {
	from = max(from, 1)
	l.mu.Lock()
	records, closed := l.records[:len(l.records):len(l.records)], l.closed
	l.mu.Unlock()
	if closed {
		return ErrLogClosed
	}
	var prev Hash
	if from > 1 && from <= Seq(len(records)) {
		prev = records[from-2].chain
	}
	for seq := from; seq <= Seq(len(records)); seq++ {
		r := records[seq-1]
		if ChainNext(prev, seq, r.payload) != r.chain {
			return fmt.Errorf("%w: chain broken at seq %d", ErrCorrupt, seq)
		}
		if err := fn(seq, r.payload); err != nil {
			return err
		}
		prev = r.chain
	}
	return nil
}

// Derived implements Log. Unlike a log on disk it detects a key used twice.
func (l *MemLog) Derived(space Space, from []byte, fn func(key, value []byte) error) error {
	records, err := l.sortedSpace(space)
	if err != nil {
		return err
	}
	compare := func(d DerivedRecord, key []byte) int { return bytes.Compare(d.Key, key) }
	start, _ := slices.BinarySearchFunc(records, from, compare)
	for i := start; i < len(records); i++ {
		if i > 0 && bytes.Equal(records[i-1].Key, records[i].Key) {
			return fmt.Errorf("%w: space %d: key %x used twice", ErrCorrupt, space, records[i].Key)
		}
		if err := fn(records[i].Key, records[i].Value); err != nil {
			return err
		}
	}
	return nil
}

func (l *MemLog) sortedSpace(space Space) ([]DerivedRecord, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, ErrLogClosed
	}
	if int(space) >= len(l.derived) {
		return nil, nil
	}
	s := &l.derived[space]
	if !s.sorted {
		s.records = slices.Clone(s.records)
		slices.SortStableFunc(s.records, func(a, b DerivedRecord) int { return bytes.Compare(a.Key, b.Key) })
		s.sorted = true
	}
	return s.records[:len(s.records):len(s.records)], nil
}

// SaveCheckpoint implements Log.
func (l *MemLog) SaveCheckpoint(info CheckpointInfo, write func(io.Writer) (Hash, error)) error {
	if err := l.admitCheckpoint(info, nil); err != nil {
		return err
	}
	var buf bytes.Buffer
	state, err := write(&buf)
	if err != nil {
		return err
	}
	info.State, info.Bytes, info.Digest = state, int64(buf.Len()), sha256.Sum256(buf.Bytes())
	return l.admitCheckpoint(info, &memCheckpoint{info: info, data: buf.Bytes()})
}

// admitCheckpoint refuses what info rules out; else it puts c, if any, in force.
func (l *MemLog) admitCheckpoint(info CheckpointInfo, c *memCheckpoint) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.writable(); err != nil {
		return refused(err)
	}
	switch {
	case info.Seq == 0 || info.Seq > Seq(len(l.records)):
		return fmt.Errorf("%w: checkpoint at seq %d, log ends at %d", ErrNotWritten, info.Seq, len(l.records))
	case info.Chain != l.records[info.Seq-1].chain:
		return fmt.Errorf("%w: checkpoint at seq %d has another chain value than the log", ErrNotWritten, info.Seq)
	case l.checkpoint != nil && info.Seq < l.checkpoint.info.Seq:
		return fmt.Errorf("%w: checkpoint at seq %d is older than the one at %d", ErrNotWritten, info.Seq, l.checkpoint.info.Seq)
	}
	if c != nil {
		l.checkpoint = c
	}
	return nil
}

// LoadCheckpoint implements Log.
func (l *MemLog) LoadCheckpoint() (CheckpointInfo, io.ReadCloser, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return CheckpointInfo{}, nil, ErrLogClosed
	case l.checkpoint == nil:
		return CheckpointInfo{}, nil, ErrNoRecord
	}
	c := l.checkpoint
	return c.info, &memCheckpointReader{checkpoint: c, r: bytes.NewReader(c.data)}, nil
}

type memCheckpointReader struct {
	checkpoint *memCheckpoint
	r          *bytes.Reader
}

func (r *memCheckpointReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if errors.Is(err, io.EOF) && sha256.Sum256(r.checkpoint.data) != r.checkpoint.info.Digest {
		err = fmt.Errorf("%w: checkpoint at seq %d: digest differs", ErrCorrupt, r.checkpoint.info.Seq)
	}
	return n, err
}

func (r *memCheckpointReader) Close() error { return nil }

// Poisoned implements Log.
func (l *MemLog) Poisoned() <-chan struct{} { return l.poisoned }

// Writable implements Log.
func (l *MemLog) Writable() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.writable()
}

func (l *MemLog) writable() error {
	switch {
	case l.isPoisoned:
		return ErrPoisoned
	case l.closed:
		return ErrLogClosed
	case l.readOnly:
		return ErrReadOnly
	}
	return nil
}

// Close implements Log.
func (l *MemLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return nil
}
