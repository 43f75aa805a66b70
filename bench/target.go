package bench

import (
	"context"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// earliestLimit is how many offers the first-20 query asks for; shape how a week
// is cut. Both are the interface's defaults.
const earliestLimit = 20

var shape = matcher.WeekShape{ReviewersPerPriority: 10, SlotsPerDay: 4}

// Class is what became of an operation.
type Class uint8

// The classes. Only the first is success; a conflict is a race lost by the rules of
// the game, and no fault.
const (
	OK         Class = iota
	Conflict         // somebody else has the slot, or the case has a call
	Refused          // the request was not taken for another reason
	Overloaded       // come again later
	Failed           // no answer, or one that says nothing
)

// ClassNames are the names of the classes in results, in their order.
var ClassNames = []string{"ok", "conflict", "refused", "overloaded", "failed"}

// Reply is the part of an answer that workloads look at.
type Reply struct {
	Class Class
	ID    string // of the hold or appointment that was made
	// Of searches: how many slots were offered, and whether the answer says why
	// nothing lawful was.
	Offered   int
	Explained bool
	Bytes     int // of the answer's body, 0 if it was never written
	// Detail says why an operation was refused or failed.
	Detail string
}

// Target answers the operations of workloads: an engine in this process or a
// server.
type Target interface {
	// Name is inprocess, http or the URL.
	Name() string
	// Now is the target's present, by which a world is drawn.
	Now() slots.Instant
	// Load stores a world. report is told how far it is, in parts of its own.
	Load(ctx context.Context, w *World, report func(done, total uint64)) error
	// Session opens the connection of one client.
	Session() (Session, error)
	// Memory is what the target has in use, in bytes; 0 = unknown.
	Memory() int64
	// Close ends what the target has started and removes what it has made.
	Close() error
}

// Session is one client. Not for concurrent use.
type Session interface {
	Week(s *Search) Reply
	Earliest(s *Search) Reply
	Hold(c *Claim) Reply
	Book(c *Claim, holdID string) Reply
	Cancel(appointmentID string) Reply
	Close() error
}

// Formatter writes answers as the served interface does.
type Formatter interface {
	AppendWeek(dst []byte, s *engine.Snapshot, z *slots.Zone, week *matcher.WeekAnswer, minutes int) []byte
	AppendEarliest(dst []byte, s *engine.Snapshot, z *slots.Zone, found *matcher.OffersAnswer, minutes int) []byte
}

// Served is a server that was started for a run.
type Served struct {
	URL    string
	Memory func() int64 // in use, in bytes; 0 = unknown
	// Profile begins the profile that the server was started for; called again, it ends it.
	// The file is whole when Stop has returned.
	Profile func() error
	Stop    func() error
}

// Wiring is what the suite is given of the rooms that it does not know.
type Wiring struct {
	// Formatter returns the writer of answers for an engine, PlainFormatter one that writes the same
	// bytes without what the former saves: the yardstick of target 1.
	Formatter, PlainFormatter func(*engine.Engine) Formatter
	// IndexBytes is the memory of a snapshot's search index; nil = there is none.
	IndexBytes func(*engine.Snapshot) int64
	// CreateStore makes a durable log in an empty directory.
	CreateStore func(dir string) (engine.Log, engine.Identity, error)
	// OpenStore opens it again.
	OpenStore func(dir string) (engine.Log, engine.Identity, error)
	// Serve starts a server of its own on loopback, with a store in dir and a clock
	// that starts at now; profile is the file of a profile that may be begun, "" = none.
	Serve func(ctx context.Context, dir string, now slots.Instant, profile string) (*Served, error)
	// Pin keeps this process, and those that it starts from then on, on one core, from 0; restore lets it run anywhere again. Nil = this
	// cannot be done here.
	Pin func(core int) (restore func() error, err error)
}
