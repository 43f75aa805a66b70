package engine

import (
	"errors"
	"fmt"
	"io"

	"github.com/parleyhq/parley/matcher"
)

// Limits that hold whatever the options say.
const (
	MaxRulesBytes  = matcher.MaxBundleBytes // a bundle of rules
	MaxAnswerBytes = 1 << 20                // an answer to remember
	// MaxAnswersBytes bounds all answers that are remembered at once, in bytes, but for short ones.
	MaxAnswersBytes = 256 << 20
	// ShortAnswerBytes is how long a composed answer may be, as it is stored, without counting as one: it takes as much as
	// its key does, and Options.KeyLimit bounds both.
	ShortAnswerBytes = 512
	MaxSealedBytes   = 64 << 10 // the sealed part of an entity
	MaxTextBytes     = 4 << 10  // any other text
	MaxListItems     = 4096     // any list in an entity or a command
	MaxIDBytes       = 64       // an id, or the name of a tenant
	MaxClientBytes   = 64       // the address that a command came from
	MaxKeyBytes      = 255      // an idempotency key, or the name of a principal
	MaxBlocks        = 800      // blocks of a reviewer, beyond which absences add none
	MaxProfileNPIs   = 256      // offices of one profile
	// MaxBatchPayload bounds the encoded entries of one batch, in bytes; the
	// entry that passes it is the batch's last.
	MaxBatchPayload = 64 << 20
	// KeyRetention is how long an idempotency key is remembered, in seconds of
	// stamped time: 7 days.
	KeyRetention = 7 * 24 * 3600
)

// An entry must fit a record of the log, and a batch the log's batch, with
// room for the derived records.
const (
	_ uint = MaxPayloadBytes - maxEntryBytes
	_ uint = MaxBatchBytes - 2*(MaxBatchPayload+maxEntryBytes)
	_ uint = maxEntryBytes - MaxRulesBytes - MaxAnswerBytes
)

// Defaults of Options.
const (
	DefaultQueueLimit        = 4096
	DefaultBatchLimit        = 1024
	DefaultCheckpointEvery   = 100_000
	DefaultHoldsPerPrincipal = 1000
	DefaultHoldsPerOffice    = 50
	DefaultHoldsPerReviewer  = 200
	DefaultHoldsPerTenant    = 20_000
	DefaultKeyLimit          = 4_000_000
)

// Options of an engine. Log is required; other zero values mean defaults.
type Options struct {
	Log      Log
	Identity Identity
	Clock    Clock // default SystemClock
	// Rules is the bundle that a store without rules loads first; nil = the
	// embedded one. A store that has rules keeps its own.
	Rules    []byte
	Observer Observer
	// Keys protect personal data; nil = it is written in clear, or, in an encrypted
	// store, not at all. Random is where nonces come from, required with keys, and in an
	// encrypted store whose digest key is not there.
	Keys   *DataKeys
	Random io.Reader
	// Progress is called while the log is replayed, with numbers of entries.
	Progress func(done, total uint64)
	// Loading is called while the checkpoint is loaded, with numbers of bytes.
	Loading func(done, total uint64)

	// UrgentFirst lets commands that give time back, keep a promise or report what has happened go before others that wait: see
	// queue.go. Those of one SubmitAll keep their order.
	UrgentFirst bool

	// ClockAdvance is how many seconds a system clock may be ahead of the log's last entry when
	// the engine is opened. Default 31 days; negative: any number.
	ClockAdvance int

	QueueLimit        int // commands waiting; default 4096
	BatchLimit        int // commands per sync, at most QueueLimit; default 1024
	CheckpointEvery   int // entries between checkpoints; default 100000
	HoldsPerPrincipal int // active holds of one principal; default 1000
	HoldsPerOffice    int // active holds of one principal that does not see its whole tenant; default 50
	HoldsPerReviewer  int // active holds on one reviewer; default 200
	HoldsPerTenant    int // active holds of one tenant; default 20000
	// KeyLimit is how many idempotency keys are remembered at once. Since each
	// is promised for 7 days, none is dropped early: at the limit, commands with a
	// new key fail with ErrKeysFull. Default 4,000,000, some 500 bytes each, and a short answer.
	KeyLimit int
}

// withDefaults returns o made complete, or says what is wrong with it.
func (o Options) withDefaults() (Options, error) {
	if o.Log == nil {
		return o, errors.New("engine: options name no log")
	}
	if o.Keys != nil && o.Random == nil {
		return o, errors.New("engine: options have keys and no source of nonces")
	}
	if o.Clock == nil {
		o.Clock = SystemClock()
	}
	if o.ClockAdvance == 0 {
		o.ClockAdvance = DefaultClockAdvance
	}
	numbers := []struct {
		name  string
		value *int
		usual int
	}{
		{"QueueLimit", &o.QueueLimit, DefaultQueueLimit},
		{"BatchLimit", &o.BatchLimit, min(DefaultBatchLimit, max(o.QueueLimit, 0))},
		{"CheckpointEvery", &o.CheckpointEvery, DefaultCheckpointEvery},
		{"HoldsPerPrincipal", &o.HoldsPerPrincipal, DefaultHoldsPerPrincipal},
		{"HoldsPerOffice", &o.HoldsPerOffice, DefaultHoldsPerOffice},
		{"HoldsPerReviewer", &o.HoldsPerReviewer, DefaultHoldsPerReviewer},
		{"HoldsPerTenant", &o.HoldsPerTenant, DefaultHoldsPerTenant},
		{"KeyLimit", &o.KeyLimit, DefaultKeyLimit},
	}
	for _, n := range numbers {
		switch {
		case *n.value < 0:
			return o, fmt.Errorf("engine: option %s is %d, must not be negative", n.name, *n.value)
		case *n.value == 0:
			*n.value = n.usual
		}
	}
	if o.BatchLimit == 0 {
		o.BatchLimit = min(DefaultBatchLimit, o.QueueLimit)
	}
	if o.BatchLimit > o.QueueLimit {
		return o, fmt.Errorf("engine: option BatchLimit is %d, above QueueLimit %d", o.BatchLimit, o.QueueLimit)
	}
	return o, o.checkClock()
}

// checkClock refuses a sandbox clock on a real store and the reverse.
func (o Options) checkClock() error {
	switch o.Clock.(type) {
	case *systemClock:
		if o.Identity.Sandbox {
			return errors.New("engine: the store belongs to a sandbox clock")
		}
	case *sandboxClock:
		if !o.Identity.Sandbox {
			return errors.New("engine: the store belongs to the system clock, not to a sandbox clock")
		}
	}
	return nil
}

// limits are the options that judging needs.
type limits struct {
	holdsPerPrincipal, holdsPerOffice, holdsPerReviewer, holdsPerTenant int
	keys                                                                int
	neverCool                                                           bool
}

func (o Options) limits() limits {
	return limits{
		holdsPerPrincipal: o.HoldsPerPrincipal, holdsPerOffice: o.HoldsPerOffice,
		holdsPerReviewer: o.HoldsPerReviewer, holdsPerTenant: o.HoldsPerTenant, keys: o.KeyLimit,
	}
}
