package enginetest

import (
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// Auditor is a model of the engine: lists that are searched from end to end,
// and the contract's sentences as loops over them. It predicts what the engine
// answers to a command, and what its snapshot holds afterwards.
type Auditor struct {
	books     []handbook
	inForce   int // index into books
	holdLimit int // active holds of one principal
	twist     Twist
	counts    Counts

	now     slots.Instant // of judging; never goes back while the engine runs
	written slots.Instant // the stamp of the last entry
	seq     engine.Seq

	reviewers []knownReviewer
	cases     []knownCase
	calls     []call // holds and appointments, also those that ended
	profiles  []knownProfile
	keys      []knownKey
	requests  []request // for callbacks
	notes     []noted   // offer records
	tenants   []knownTenant
	access    []accessKey // that let principals in
}

type knownReviewer struct {
	tenant  string
	image   engine.Reviewer // as last put
	version uint64
}

type knownCase struct {
	tenant  string
	image   engine.Case // as last put
	version uint64
	asked   slots.Instant // first hold or booking, 0 = none
	stage   int           // calls that were escalated since the last new decision
	talks   int           // calls that were held since then, or count as held
}

type knownProfile struct {
	tenant, principal string
	image             engine.Profile // as last put
	version           uint64
}

type knownKey struct {
	tenant, principal, key string
	print                  engine.Fingerprint
	until                  slots.Instant
	first                  Verdict
}

// call is a hold or an appointment.
type call struct {
	tenant, id string
	held       bool
	over       bool // released, replaced, confirmed, cancelled or ended; not: expired
	cases      []string
	reviewer   string
	span, busy slots.Interval
	principal  string
	until      slots.Instant // of a hold
	tier       matcher.Tier
	mode       string
	specialty  bool   // a specialty match was asked for
	caller     string // sealed, of an ad hoc call

	// Of an appointment.
	version     uint64
	attested    []string // "case code", sorted
	firstAsked  slots.Instant
	created     slots.Instant
	updated     slots.Instant
	cancelledBy string
	callback    string           // id of the request that it came from, "" if none
	windows     []slots.Interval // of that
	life
}

// Verdict is what the auditor expects of a command.
type Verdict struct {
	Status   engine.Status
	Replayed bool
	Created  bool
	Seq      engine.Seq // of the entry, 0 = none
	Now      slots.Instant

	missing []string // codes of StatusAttestationRequired
	call    *call    // as it was then
	request *request // the same
	access  *accessKey
	version uint64 // of a reviewer, a case, a profile or a tenant
	answer  []byte
	changed bool // of the state, besides the key
}

// newAuditor returns the model of an empty engine whose first ruleset is
// books[0]; holdLimit is engine.Options.HoldsPerPrincipal.
func newAuditor(books []handbook, start slots.Instant, holdLimit int, twist Twist, counts Counts) *Auditor {
	// The engine's own first entry loads the rules.
	return &Auditor{books: books, holdLimit: holdLimit, twist: twist, counts: counts, now: start, written: start, seq: 1}
}

// clone returns an auditor that can go another way.
func (a *Auditor) clone() *Auditor {
	c := *a
	c.reviewers = slices.Clone(a.reviewers)
	c.cases = slices.Clone(a.cases)
	c.calls = slices.Clone(a.calls)
	c.profiles = slices.Clone(a.profiles)
	c.keys = slices.Clone(a.keys)
	c.requests = slices.Clone(a.requests)
	c.notes = slices.Clone(a.notes)
	c.tenants = slices.Clone(a.tenants)
	c.access = slices.Clone(a.access)
	return &c
}

// tick moves the model's clock, as far as the engine lets time go back: not at all.
func (a *Auditor) tick(now slots.Instant) { a.now = max(a.now, now) }

// judge predicts the outcome of a command and takes its effect.
func (a *Auditor) judge(cmd engine.Command) Verdict {
	if !a.wellFormed(&cmd) {
		return Verdict{Status: engine.StatusInvalid, Now: a.now}
	}
	if !a.letIn(&cmd) {
		a.counts.Add("%s: %s", cmd.Payload.Kind(), engine.StatusUnauthenticated)
		return Verdict{Status: engine.StatusUnauthenticated, Now: a.now}
	}
	if v, known := a.remembered(&cmd); known {
		return v
	}
	was := a.clone()
	v := a.decide(&cmd)
	v.Now = a.now
	if v.Status == engine.StatusOK && v.changed {
		a.follow(&cmd, was)
		a.note(&cmd, was)
		a.refresh(&v)
	}
	if v.Status == engine.StatusOK && (v.changed || cmd.Key != "") {
		a.seq++
		v.Seq, a.written = a.seq, a.now
	}
	if v.Status == engine.StatusOK && cmd.Key != "" {
		until := a.now + 7*86400
		if a.twist == TwistKeysForgotten {
			until -= 86400
		}
		a.keys = slices.DeleteFunc(a.keys, func(k knownKey) bool {
			return k.tenant == cmd.Actor.Tenant && k.principal == cmd.Actor.Principal && k.key == cmd.Key
		})
		a.keys = append(a.keys, knownKey{cmd.Actor.Tenant, cmd.Actor.Principal, cmd.Key, cmd.Fingerprint, until, v})
	}
	a.counts.Add("%s: %s", cmd.Payload.Kind(), v.Status)
	return v
}

func (a *Auditor) decide(cmd *engine.Command) Verdict {
	switch p := cmd.Payload.(type) {
	case engine.LoadRules:
		return a.loadRules(p)
	case engine.PutReviewer:
		return a.putReviewer(cmd.Actor, p)
	case engine.DeactivateReviewer:
		return a.deactivate(cmd.Actor, p)
	case engine.PutCase:
		return a.putCase(cmd.Actor, p)
	case engine.HoldSlot:
		return a.hold(cmd.Actor, p)
	case engine.ReleaseHold:
		return a.release(cmd.Actor, p)
	case engine.Book:
		return a.book(cmd.Actor, p)
	case engine.Reschedule:
		return a.reschedule(cmd.Actor, p)
	case engine.Cancel:
		return a.cancel(cmd.Actor, p)
	case engine.PutProfile:
		return a.putProfile(cmd.Actor, p)
	case engine.RecordAnswer:
		return Verdict{answer: p.Body}
	case engine.RecordAttempt:
		return a.attempt(cmd.Actor, p)
	case engine.StartCall:
		return a.start(cmd.Actor, p)
	case engine.CompleteCall:
		return a.complete(cmd.Actor, p)
	case engine.NoShowCall:
		return a.noShow(cmd.Actor, p)
	case engine.Reassign:
		return a.reassign(cmd.Actor, p)
	case engine.AddAbsence:
		return a.absent(cmd.Actor, p)
	case engine.CreateCallback:
		return a.createCallback(cmd.Actor, p)
	case engine.CancelCallback:
		return a.cancelCallback(cmd.Actor, p)
	case engine.AdHoc:
		return a.adHoc(cmd.Actor, p)
	case engine.RecordOffer:
		return a.recordOffer(cmd.Actor, p)
	case engine.PutTenant:
		return a.putTenant(cmd.Actor, p)
	case engine.CreateKey:
		return a.createKey(cmd.Actor, p)
	case engine.RevokeKey:
		return a.revokeKey(cmd.Actor, p)
	}
	return refused(engine.StatusInvalid)
}

func refused(s engine.Status) Verdict { return Verdict{Status: s} }

// wellFormed tells whether every id is an id. Of bad ids the workload knows
// only badID, of bad answers only those without a key, of bad outcomes one, of
// bad absences those that are empty, and of bad digests that of zeros.
func (a *Auditor) wellFormed(cmd *engine.Command) bool {
	switch p := cmd.Payload.(type) {
	case engine.HoldSlot:
		return p.ID != badID
	case engine.Book:
		return p.ID != badID
	case engine.RecordAnswer:
		return cmd.Key != ""
	case engine.CompleteCall:
		return p.Outcome != badOutcome && (!p.Partial || p.Outcome == "modified")
	case engine.AddAbsence:
		return p.Span.Start < p.Span.End
	case engine.CreateCallback:
		return p.ID != badID
	case engine.AdHoc:
		return p.ID != badID
	case engine.RecordOffer:
		return p.Digest != [32]byte{}
	}
	return true
}

// remembered answers a key that was used within the last seven days.
func (a *Auditor) remembered(cmd *engine.Command) (Verdict, bool) {
	for i := range a.keys {
		k := &a.keys[i]
		scoped := k.tenant == cmd.Actor.Tenant && k.principal == cmd.Actor.Principal || a.twist == TwistKeysUnscoped
		if cmd.Key == "" || k.key != cmd.Key || !scoped {
			continue
		}
		if k.until <= a.now {
			a.counts.Add("key used again after seven days")
			continue
		}
		if k.print != cmd.Fingerprint {
			a.counts.Add("key with another body")
			return Verdict{Status: engine.StatusKeyReused, Now: a.now}, true
		}
		a.counts.Add("retry answered")
		v := k.first
		v.Replayed = true
		return v, true
	}
	return Verdict{}, false
}

// active tells whether a call takes its reviewer's time and its cases now.
func (a *Auditor) active(c *call) bool {
	switch {
	case c.over:
		return a.twist == TwistCancelKeepsSlot && !c.held
	case !c.held:
		return true
	case a.twist == TwistHoldOutlives:
		return a.now <= c.until
	}
	return a.now < c.until
}

// findHold returns the position of an active hold in calls, -1 if none.
func (a *Auditor) findHold(tenant, id string) int {
	return slices.IndexFunc(a.calls, func(c call) bool {
		return c.held && c.tenant == tenant && c.id == id && a.active(&c)
	})
}

// findAppointment returns the position of an appointment in calls, -1 if none.
func (a *Auditor) findAppointment(tenant, id string) int {
	return slices.IndexFunc(a.calls, func(c call) bool { return !c.held && c.tenant == tenant && c.id == id })
}

func (a *Auditor) findCase(tenant, id string) int {
	return slices.IndexFunc(a.cases, func(c knownCase) bool { return c.tenant == tenant && c.image.ID == id })
}

func (a *Auditor) findReviewer(tenant, id string) int {
	return slices.IndexFunc(a.reviewers, func(r knownReviewer) bool { return r.tenant == tenant && r.image.ID == id })
}
