package engine

import (
	"context"
	"errors"
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
	SpaceAudit   Space = 3 // who did what, when, to what: one record per entry
	SpaceOffers  Space = 4 // what was offered, where a rule demands a record
	SpaceArchive Space = 5 // finished appointments that have left the state
	SpaceAccess  Space = 6 // access journal; its own chain, not derived from entries
)

// DerivedRecord is a value for a derived keyspace. Key is unique in its space
// and starts with the tenant.
type DerivedRecord struct {
	Space Space
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
	Seq   Seq
	Chain Hash // chain value at Seq
	State Hash // digest of the encoded state
	Bytes int64
}

// Errors of a Log. ErrNotWritten and ErrSeqMismatch are definite: nothing of
// the batch is in the log or ever will be. After ErrPoisoned the fate of the
// batch is unknown and the log accepts nothing any more until it is reopened.
var (
	ErrNotWritten  = errors.New("log: batch not written")
	ErrSeqMismatch = errors.New("log: expected sequence differs from the log's end")
	ErrPoisoned    = errors.New("log: commit failed, outcome unknown")
	ErrReadOnly    = errors.New("log: read-only") // always joined with ErrNotWritten
	ErrNoRecord    = errors.New("log: no such record")
	ErrCorrupt     = errors.New("log: damaged") // wrapped with the place
)

// Log is the durable, ordered record of accepted commands. One writer appends;
// reads may run beside it. Chain(n) = SHA-256(Chain(n-1) ‖ n as 8 bytes big
// endian ‖ payload), Chain(0) all zero; ChainNext computes it.
type Log interface {
	// Last returns the position and chain value of the last durable record.
	Last() (Seq, Hash)

	// Append writes records at expected+1 … in one atomic, synced batch. A nil
	// error means durable. It fails with ErrSeqMismatch if expected is not the
	// last position, else with ErrNotWritten or ErrPoisoned. Payloads must not
	// be empty and are not retained.
	Append(ctx context.Context, expected Seq, records []Record) error

	// Read calls fn for each record from position from to the end as of the
	// call, in order, checking contiguity and chain; damage gives ErrCorrupt with the place. The
	// payload is valid during fn only. An error of fn ends the walk.
	Read(from Seq, fn func(Seq, []byte) error) error

	// SaveCheckpoint stores a state that write produces, switches to it
	// atomically and then drops the one before.
	SaveCheckpoint(info CheckpointInfo, write func(io.Writer) error) error

	// LoadCheckpoint returns the newest checkpoint, or ErrNoRecord. The reader
	// must be closed and reports a digest mismatch as ErrCorrupt.
	LoadCheckpoint() (CheckpointInfo, io.ReadCloser, error)

	// Derived walks one derived keyspace in key order, from the first key ≥ from.
	Derived(space Space, from []byte, fn func(key, value []byte) error) error

	// Poisoned is closed when the log will never accept an append again.
	Poisoned() <-chan struct{}

	// Writable returns nil, or why appends are refused now (ErrReadOnly, ErrPoisoned).
	Writable() error

	// Close releases the log. Everything acknowledged stays durable.
	Close() error
}

// Identity is what a store knows about itself from its creation on. It is
// written once, last, when a store is created.
type Identity struct {
	StoreID   string // random, 128 bits, hexadecimal
	Tenant    string // the default tenant
	Format    int    // format version of the bytes, from 1
	Sandbox   bool   // true: its clock is a sandbox clock, for ever
	DigestKey []byte // 32 bytes; keys the digests of personal data
	CreatedAt int64  // Unix seconds
}
