package engine

import (
	"context"
	"errors"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// Contract file: signatures that server, cmd and bench build on.

// ---- vault.go: sealing ----

// Vault seals and opens personal fields and makes their digests. place binds a
// blob to its entity ("tenant/case/ID"). Safe for concurrent use.
type Vault struct{}

func NewVault(digestKey []byte) *Vault { panic("contract") }

func (v *Vault) SealReviewer(place string, p *ReviewerPersonal) Sealed          { panic("contract") }
func (v *Vault) OpenReviewer(place string, s Sealed) (*ReviewerPersonal, error) { panic("contract") }
func (v *Vault) SealCase(place string, p *CasePersonal) Sealed                  { panic("contract") }
func (v *Vault) OpenCase(place string, s Sealed) (*CasePersonal, error)         { panic("contract") }
func (v *Vault) SealAppointment(place string, p *AppointmentPersonal) Sealed    { panic("contract") }
func (v *Vault) OpenAppointment(place string, s Sealed) (*AppointmentPersonal, error) {
	panic("contract")
}

// Digests normalise first: trimmed; last names also case-folded and with spaces collapsed.
func (v *Vault) DigestMemberID(s string) Digest  { panic("contract") }
func (v *Vault) DigestBirthDate(s string) Digest { panic("contract") } // YYYY-MM-DD
func (v *Vault) DigestLastName(s string) Digest  { panic("contract") } // a full member name gives its last word's digest through LastWord in the server

// ---- status.go ----

// Status is the numbered outcome of a command. Numbers are part of the log format and are never
// reused; the order is the order of precedence of refusals (api.md).
type Status uint16

const (
	StatusOK Status = iota
	StatusNotFound
	StatusStaleVersion
	StatusKeyReused // idempotency key with another body or route
	StatusNotEligible
	StatusModeNotAvailable
	StatusCasesNotCombinable
	StatusClinicianRequired
	StatusCaseAlreadyScheduled
	StatusHoldExpired
	StatusHoldMismatch
	StatusSlotNotOffered
	StatusReviewerNotQualified
	StatusSlotTaken
	StatusRulesChanged
	StatusSpecialtyMatchUnmet
	StatusAttestationRequired
	StatusAttestationNotApplicable
	StatusNotReschedulable // the appointment is not booked any more
	StatusNotCancellable
	StatusInvalid // a value that is never valid (Outcome.Detail says which)
	StatusTooManyHolds
)

func (s Status) String() string  { panic("contract") } // the code on the wire, snake_case
func (s Status) Transient() bool { panic("contract") } // came from the state of the moment

// ---- command.go ----

// Kind numbers the commands; part of the log format, never reused.
type Kind uint16

const (
	KindLoadRules Kind = iota + 1
	KindPutReviewer
	KindDeactivateReviewer
	KindPutCase
	KindHold
	KindReleaseHold
	KindBook
	KindReschedule
	KindCancel
	KindPutProfile
	KindRecordAnswer // remembers the answer of an import under its idempotency key
)

// Actor is who asks. Source is where from ("api", "cli", "system"), never an address.
type Actor struct {
	Tenant, Principal, Role, Source string
}

// Fingerprint identifies a request body and route for idempotency: SHA-256 of route + canonical JSON.
type Fingerprint [32]byte

// Command is what a client asks. Exactly one payload type goes with each Kind.
type Command struct {
	Actor       Actor
	RequestID   string
	Key         string      // Idempotency-Key, "" if none
	Fingerprint Fingerprint // with Key
	Payload     Payload
}

// Payload is one of the payload types below.
type Payload interface{ Kind() Kind }

// LoadRules makes a bundle of rules the ruleset in force.
type LoadRules struct{ Bundle []byte }

// PutReviewer creates or replaces a reviewer. Ref, Version and UpdatedAt are assigned by the engine.
type PutReviewer struct {
	Reviewer Reviewer
	Expect   uint64 // version that must be current, 0 = any
}

// DeactivateReviewer takes a reviewer out of searches; booked calls stay.
type DeactivateReviewer struct {
	ID     string
	Expect uint64
}

// PutCase creates or replaces a case.
type PutCase struct {
	Case   Case
	Expect uint64
}

// HoldSlot asks for a hold. ID is made by the caller.
type HoldSlot struct {
	ID             string
	CaseIDs        []string
	ReviewerID     string
	Start          slots.Instant
	TimeZone       string
	SpecialtyMatch bool
}

// ReleaseHold ends a hold; an absent one is fine (but somebody else's is not found).
type ReleaseHold struct{ ID string }

// Expect is what the caller saw; a difference is StatusRulesChanged.
type Expect struct {
	Tier    matcher.Tier // 0 = not given
	Ruleset string       // "" = not given
}

// Book asks for an appointment.
type Book struct {
	ID              string // of the new appointment, made by the caller
	CaseIDs         []string
	ReviewerID      string
	Start           slots.Instant
	HoldID          string // "" = use an own hold on that slot, if any
	TimeZone        string
	PerformedByRole string
	// SpeakerIsClinician says that whoever speaks has a clinical credential, for programs that demand it.
	SpeakerIsClinician bool
	Location, Notify   string
	Notes              CallNotes
	Attestations       []string // codes given
	AttestedByRole     string
	Expect             Expect
	Personal           Sealed
}

// Reschedule moves an appointment in one step.
type Reschedule struct {
	ID           string
	ReviewerID   string
	Start        slots.Instant
	Attestations []string // the whole set for the new slot
	Expect       uint64   // version, 0 = any
}

// Cancel ends an appointment. Personal is the appointment's sealed part with the reason added.
type Cancel struct {
	ID       string
	By       string // provider, payer
	Personal Sealed // replaces the sealed part if the cancellation takes effect
	Expect   uint64
}

// PutProfile replaces a principal's profile.
type PutProfile struct {
	Profile Profile
	Expect  uint64
}

// RecordAnswer remembers a composed answer under the command's key.
type RecordAnswer struct{ Body []byte }

func (LoadRules) Kind() Kind          { return KindLoadRules }
func (PutReviewer) Kind() Kind        { return KindPutReviewer }
func (DeactivateReviewer) Kind() Kind { return KindDeactivateReviewer }
func (PutCase) Kind() Kind            { return KindPutCase }
func (HoldSlot) Kind() Kind           { return KindHold }
func (ReleaseHold) Kind() Kind        { return KindReleaseHold }
func (Book) Kind() Kind               { return KindBook }
func (Reschedule) Kind() Kind         { return KindReschedule }
func (Cancel) Kind() Kind             { return KindCancel }
func (PutProfile) Kind() Kind         { return KindPutProfile }
func (RecordAnswer) Kind() Kind       { return KindRecordAnswer }

// ---- outcome.go ----

// Outcome is what was decided. The entity pointers are set as the command's kind demands and are immutable.
// A replayed outcome carries the entities as they were when it was first given.
type Outcome struct {
	Status   Status
	Seq      Seq           // of the entry; 0 for a refusal or a change that changed nothing
	Now      slots.Instant // stamped time of the decision
	Replayed bool          // the first answer to this key, given again
	Created  bool          // the entity did not exist before

	Reviewer    *Reviewer
	Case        *Case
	Hold        *Hold
	Appointment *Appointment
	Profile     *Profile
	Answer      []byte // RecordAnswer

	// For refusals.
	Detail    string // machine-readable, e.g. off_grid; never personal data
	Rule      string
	Codes     []string           // attestation codes required or not applicable; case ids not eligible
	Reasons   []matcher.Reason   // not_eligible
	Judgement *matcher.Judgement // rules_changed: the offer as it is now
}

// ---- engine.go ----

// Errors of Submit. None of them is a refusal: ErrOutcomeUnknown is the only one after which the command may have happened.
var (
	ErrOverloaded     = errors.New("engine: queue full")
	ErrOutcomeUnknown = errors.New("engine: outcome unknown")
	ErrNotWritable    = errors.New("engine: not writable") // read-only or poisoned before the write began
	ErrClosed         = errors.New("engine: closed")
	ErrDeadline       = errors.New("engine: deadline passed before the command was taken") // definite: not applied
)

// Clock tells the time; the engine never goes back behind what it has stamped.
type Clock interface{ Now() slots.Instant }

// SystemClock reads the machine's clock; SandboxClock starts at an instant and runs on.
func SystemClock() Clock                     { panic("contract") }
func SandboxClock(start slots.Instant) Clock { panic("contract") }

// Observer is told what happens, on the writer's goroutine; it must be quick. Fields may be nil.
type Observer struct {
	Committed func(entries int, seconds float64, last Seq) // one durable batch
	Decided   func(k Kind, s Status)                       // every judged command
	Queue     func(depth int)
	Poisoned  func(err error)
	Logf      func(msg string, args ...any) // slog-style, without personal data
}

// Options of an engine; zero values mean defaults (see options.go).
type Options struct {
	Log      Log
	Identity Identity
	Clock    Clock
	// Rules is the bundle that a store without rules loads first; nil = the embedded one. A store that has rules keeps its own.
	Rules    []byte
	Observer Observer
	// Progress is called while the log is replayed.
	Progress          func(done, total uint64)
	QueueLimit        int // commands waiting, default 4096
	BatchLimit        int // commands per sync, default 1024
	CheckpointEvery   int // entries between checkpoints, default 100000
	HoldsPerPrincipal int // active holds, default 1000 without credentials
}

// Engine owns a log and the state it describes.
type Engine struct{}

// Open loads the newest checkpoint, replays the log behind it and starts the writer.
func Open(ctx context.Context, o Options) (*Engine, error) { panic("contract") }

// Submit queues a command and waits for its outcome. ctx's deadline holds until the writer takes the command; after that the outcome is awaited.
func (e *Engine) Submit(ctx context.Context, c Command) (Outcome, error) { panic("contract") }

// Result pairs an outcome with an error, for SubmitAll.
type Result struct {
	Outcome Outcome
	Err     error
}

// SubmitAll queues commands in order without waiting between them and waits for all.
func (e *Engine) SubmitAll(ctx context.Context, cs []Command) []Result { panic("contract") }

// Recall answers a repeated idempotent request from the snapshot without queueing: known is false if the
// key is new; StatusKeyReused if it belongs to another request.
func (e *Engine) Recall(a Actor, key string, f Fingerprint) (o Outcome, known bool) {
	panic("contract")
}

// Snapshot returns the newest published state: one atomic load.
func (e *Engine) Snapshot() *Snapshot { panic("contract") }

// Now returns the present instant, never before the last stamped one.
func (e *Engine) Now() slots.Instant { panic("contract") }

// Vault returns the store's sealer.
func (e *Engine) Vault() *Vault { panic("contract") }

// Health says whether commands are accepted.
type Health struct {
	Ready    bool
	Writable error // nil, or why not
	Seq      Seq
	Queue    int
	Sandbox  bool
}

func (e *Engine) Health() Health { panic("contract") }

// Checkpoint saves the present snapshot as a checkpoint.
func (e *Engine) Checkpoint() error { panic("contract") }

// Close stops taking commands, finishes the queued ones, writes a checkpoint and closes the log.
func (e *Engine) Close() error { panic("contract") }

// ---- snapshot.go ----

// Snapshot is an immutable state. All methods are safe for concurrent use and never block.
type Snapshot struct{}

func (s *Snapshot) Seq() Seq                { panic("contract") }
func (s *Snapshot) Stamped() slots.Instant  { panic("contract") } // time of the last entry
func (s *Snapshot) Rules() *matcher.Ruleset { panic("contract") }
func (s *Snapshot) Hash() Hash              { panic("contract") } // digest of the canonical encoding; costly

// View makes the matcher's view at now.
func (s *Snapshot) View(tenant string, now slots.Instant) *matcher.View { panic("contract") }

func (s *Snapshot) Reviewer(tenant, id string) (*Reviewer, bool)              { panic("contract") }
func (s *Snapshot) Reviewers(tenant, from string, yield func(*Reviewer) bool) { panic("contract") } // by id, ids ≥ from
func (s *Snapshot) Case(tenant, id string) (*Case, bool)                      { panic("contract") }
func (s *Snapshot) CasesByAuthorization(tenant, number string) []*Case        { panic("contract") }
func (s *Snapshot) CasesByMember(tenant string, member Digest) []*Case        { panic("contract") }
func (s *Snapshot) Hold(tenant, id string) (*Hold, bool)                      { panic("contract") }
func (s *Snapshot) Appointment(tenant, id string) (*Appointment, bool)        { panic("contract") }

// ActiveCall returns the appointment (booked or in progress) or the hold (active at now) of a case.
func (s *Snapshot) ActiveCall(tenant, caseID string, now slots.Instant) (*Appointment, *Hold) {
	panic("contract")
}

// Appointments of a case, a reviewer or an office, newest first by (start, id), from the position after the given one (zero = the beginning).
type Position struct {
	Start slots.Instant
	ID    string
}

func (s *Snapshot) ByCase(tenant, caseID string, after Position, yield func(*Appointment) bool) {
	panic("contract")
}
func (s *Snapshot) ByReviewer(tenant, reviewerID string, after Position, yield func(*Appointment) bool) {
	panic("contract")
}
func (s *Snapshot) Mine(tenant, principal string, after Position, yield func(*Appointment) bool) {
	panic("contract")
}                                                                     // created by the principal, or of its offices' cases
func (s *Snapshot) Profile(tenant, principal string) (*Profile, bool) { panic("contract") }

// FirstAsked returns when a call on the case was first asked for: the case's P2PRequestedAt, else
// the instant of its first hold or booking (also of one that has ended); 0 = never.
func (s *Snapshot) FirstAsked(tenant, caseID string) slots.Instant { panic("contract") }

// Counts are sizes for metrics.
type Counts struct{ Reviewers, Cases, Holds, Appointments, Keys int }

func (s *Snapshot) Counts() Counts { panic("contract") }
