package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Seq is a position in the log. The first record has Seq 1; 0 is the empty log.
type Seq uint64

// Hash is a SHA-256 digest: of a link of the log's chain, or of a whole state.
type Hash [32]byte

// Space is a derived keyspace that is written in the same atomic batch as the
// log record it comes from. Numbers belong to the disk format.
type Space uint8

// Derived keyspaces. Log and checkpoints are the log's own affair.
const (
	SpaceAudit   Space = 3 // who did what, when, to what: one record per entry, in stores of format 1
	SpaceOffers  Space = 4 // what was offered, where a rule demands a record
	SpaceArchive Space = 5 // finished appointments that have left the state
	SpaceAccess  Space = 6 // access journal; its own chain, not derived from entries
)

// Limits of a batch. A batch beyond one of them is refused with ErrNotWritten.
const (
	MaxPayloadBytes    = 32 << 20 // one payload, or one derived value
	MaxDerivedKeyBytes = 1 << 10  // one derived key
	MaxBatchBytes      = 256 << 20
)

// DerivedRecord is a value for a derived keyspace. Key is unique in its space
// and starts with the tenant; a log may but need not detect a key used twice.
type DerivedRecord struct {
	Space Space // SpaceAudit, SpaceOffers or SpaceArchive
	Key   []byte
	Value []byte
}

// Record is one encoded entry with the records derived from it.
type Record struct {
	Payload []byte
	Derived []DerivedRecord
}

// CheckpointInfo names a checkpoint: the whole state after Seq.
type CheckpointInfo struct {
	Seq   Seq   // at least 1, at most the log's last position
	Chain Hash  // chain value at Seq
	State Hash  // the engine's digest of the state; the log keeps it and does not interpret it
	Bytes int64 // length of the encoded state; set by the log, ignored when saving
	// Digest is the SHA-256 of the encoded state; set by the log, which compares
	// it with what is read before io.EOF; ignored when saving.
	Digest Hash
}

// CheckBatch returns nil, or an error wrapping ErrNotWritten that says what in
// records no log takes. Every Log calls it, so all of them refuse the same.
func CheckBatch(records []Record) error {
	if len(records) == 0 {
		return fmt.Errorf("%w: empty batch", ErrNotWritten)
	}
	total := 0
	for i, r := range records {
		switch {
		case len(r.Payload) == 0:
			return fmt.Errorf("%w: record %d has no payload", ErrNotWritten, i)
		case len(r.Payload) > MaxPayloadBytes:
			return fmt.Errorf("%w: record %d has %d bytes, limit %d", ErrNotWritten, i, len(r.Payload), MaxPayloadBytes)
		}
		total += len(r.Payload)
		for j, d := range r.Derived {
			if err := d.check(); err != nil {
				return fmt.Errorf("%w: record %d, derived record %d: %w", ErrNotWritten, i, j, err)
			}
			total += len(d.Key) + len(d.Value)
		}
	}
	if total > MaxBatchBytes {
		return fmt.Errorf("%w: batch has %d bytes, limit %d", ErrNotWritten, total, MaxBatchBytes)
	}
	return nil
}

func (d DerivedRecord) check() error {
	switch {
	case d.Space < SpaceAudit || d.Space > SpaceArchive:
		return fmt.Errorf("space %d takes no derived records", d.Space)
	case len(d.Key) == 0:
		return errors.New("no key")
	case len(d.Key) > MaxDerivedKeyBytes:
		return fmt.Errorf("key has %d bytes, limit %d", len(d.Key), MaxDerivedKeyBytes)
	case len(d.Value) > MaxPayloadBytes:
		return fmt.Errorf("value has %d bytes, limit %d", len(d.Value), MaxPayloadBytes)
	}
	return nil
}

// Errors of a Log. ErrNotWritten and ErrSeqMismatch are definite: nothing of
// the batch is in the log or ever will be. After ErrPoisoned the fate of the
// batch is unknown and the log accepts nothing any more until it is reopened.
// Compare with errors.Is: a log joins and wraps them.
var (
	ErrNotWritten  = errors.New("log: batch not written")
	ErrSeqMismatch = errors.New("log: expected sequence differs from the log's end")
	ErrPoisoned    = errors.New("log: commit failed, outcome unknown")
	ErrReadOnly    = errors.New("log: read-only") // joined with ErrNotWritten by Append
	ErrLogClosed   = errors.New("log: closed")    // joined with ErrNotWritten by Append
	ErrNoRecord    = errors.New("log: no such record")
	ErrCorrupt     = errors.New("log: damaged") // wrapped with the place
	// ErrNewer goes with ErrCorrupt where a record has a version that this program does not know.
	ErrNewer = errors.New("written by a newer version of the program")
)

// Log is the durable, ordered record of accepted commands. One writer appends;
// reads may run beside it. Chain(n) = SHA-256(Chain(n-1) ‖ n as 8 bytes big
// endian ‖ payload), Chain(0) all zero; ChainNext computes it.
//
//  1. A batch is in the log with all its records and derived records, or not at all.
//  2. A record whose Append returned nil is there after any crash.
//  3. What Last, Read and Derived show is durable.
//  4. After one ErrPoisoned there is no nil from Append any more.
type Log interface {
	// Last returns the position and chain value of the last durable record.
	Last() (Seq, Hash)

	// Append writes records at expected+1 … in one atomic, synced batch. A nil
	// error means durable. It fails with ErrPoisoned after a failed commit, with
	// ErrSeqMismatch if expected is not the last position, with ErrNotWritten
	// for a batch that is empty, has an empty payload or derived key or breaks a
	// limit, for a log that is read-only or closed, and for a ctx that ends
	// before the write begins (joined with the cause). A write that has begun is
	// not given up: it ends in nil or ErrPoisoned. Nothing of records is
	// retained or changed.
	Append(ctx context.Context, expected Seq, records []Record) error

	// Read calls fn for each record from position from to the end as of the
	// call, in order, checking contiguity and chain; damage gives ErrCorrupt with
	// the place. A from of 0 means 1; beyond the end there is nothing to walk. The
	// payload is valid during fn only. An error of fn ends the walk and is returned.
	Read(from Seq, fn func(Seq, []byte) error) error

	// SaveCheckpoint stores a state that write produces, with the hash that it returns as the info's State, switches to it
	// atomically and then drops the one before. The new one is durable when nil is
	// returned; an error, of write or of the log, leaves the one before in force
	// (ErrPoisoned: either). info must lie in the log, carry its chain value and not
	// be older than the checkpoint in force, else ErrNotWritten.
	SaveCheckpoint(info CheckpointInfo, write func(io.Writer) (Hash, error)) error

	// LoadCheckpoint returns the newest checkpoint, or ErrNoRecord. The reader
	// must be closed. It reports damage as ErrCorrupt at the latest in place of
	// io.EOF, so nothing read may be trusted before io.EOF. It stays whole if
	// another checkpoint is saved meanwhile. It may be a TextReader as well.
	LoadCheckpoint() (CheckpointInfo, io.ReadCloser, error)

	// Derived walks one derived keyspace in key order, from the first key ≥ from,
	// as of the call. Key and value are valid during fn only. An error of fn ends
	// the walk and is returned.
	Derived(space Space, from []byte, fn func(key, value []byte) error) error

	// Poisoned is closed when a commit has failed: until it is reopened the log
	// answers every append with ErrPoisoned. Reads go on.
	Poisoned() <-chan struct{}

	// Writable returns nil, or why appends are refused now: ErrReadOnly (it may
	// pass), ErrPoisoned, ErrLogClosed.
	Writable() error

	// Close releases the log. Everything acknowledged stays durable. Readers must
	// have ended; appends afterwards fail with ErrLogClosed.
	Close() error
}

// Identity is what a store knows about itself from its creation on. It is
// written once, last, when a store is created.
type Identity struct {
	StoreID   string // random, 128 bits, hexadecimal
	Tenant    string // the default tenant
	Format    int    // format version of the bytes, from 1; 0 = the newest
	Sandbox   bool   // true: its clock is a sandbox clock, for ever
	DigestKey []byte // 32 bytes; keys the digests of personal data; nil if it is wrapped by a key that is not there
	WrappedBy uint32 // the data key that wraps the digest key on disk; 0 = none, nothing in the store has ever been encrypted
	CreatedAt int64  // Unix seconds
}
