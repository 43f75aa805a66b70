package engine

import (
	"fmt"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// judging is the judgement of one command: a pure function of a state, the
// command, an instant and the limits. It never changes the state.
type judging struct {
	s      *state
	actor  Actor
	now    slots.Instant
	limits limits
	scope  *Scope // of who asks
	// watched says that holds of who asks which lead to nothing are counted: of those who have a scope.
	watched bool
	// search is whose memory the plan of the command itself is made in: one plan at a
	// time, gone with the next. Nil: every plan has its own.
	search *matcher.Searcher
	known  []duty        // what was asked of the rules already
	work   *matcher.Work // counts what the plans take, nil = nobody does
}

// duty is whether rules demand a record of what is offered for a case at the instant
// of the judgement.
type duty struct {
	of     *Case
	rules  *matcher.Ruleset
	demand bool
}

// recordDuty asks the rules once, however many steps of a judgement want to know.
func (j *judging) recordDuty(rules *matcher.Ruleset, c *Case) bool {
	for i := range j.known {
		if k := &j.known[i]; k.of == c && k.rules == rules {
			return k.demand
		}
	}
	demand := rules.Eligibility(&c.Case, j.now, 0).RecordDuty
	j.known = append(j.known, duty{c, rules, demand})
	return demand
}

// decision is what was decided: a refusal, or the change to make. An accepted
// command without effects changes nothing.
type decision struct {
	outcome  Outcome // of a refusal
	subject  string
	created  bool
	question question
	effects  []effect
	answer   []byte // of RecordAnswer
}

func refuse(s Status, detail string, codes ...string) decision {
	return decision{outcome: Outcome{Status: s, Detail: detail, Codes: codes}}
}

// judge decides on a payload. What follows from the decision, whatever the kind,
// is worked out from its effects.
func (j *judging) judge(p Payload) decision {
	d := j.decide(p)
	if d.outcome.Status != StatusOK || len(d.effects) == 0 {
		return d
	}
	if cause := j.causeOf(&d); cause.settles(j) {
		return j.settled(p.Kind(), d, &cause)
	}
	j.note(&d, nil)
	return d
}

// decide decides on a payload alone. Every kind has its case here.
func (j *judging) decide(p Payload) decision {
	switch p := p.(type) {
	case LoadRules:
		return j.loadRules(p)
	case PutReviewer:
		return j.putReviewer(p)
	case DeactivateReviewer:
		return j.deactivateReviewer(p)
	case PutCase:
		return j.putCase(p)
	case HoldSlot:
		return j.holdSlot(p)
	case ReleaseHold:
		return j.releaseHold(p)
	case Book:
		return j.book(p)
	case Reschedule:
		return j.reschedule(p)
	case Cancel:
		return j.cancel(p)
	case PutProfile:
		return j.putProfile(p)
	case RecordAnswer:
		return decision{answer: p.Body}
	case RecordAttempt:
		return j.recordAttempt(p)
	case StartCall:
		return j.startCall(p)
	case CompleteCall:
		return j.completeCall(p)
	case NoShowCall:
		return j.noShow(p)
	case Reassign:
		return j.reassign(p)
	case AddAbsence:
		return j.addAbsence(p)
	case CreateCallback:
		return j.createCallback(p)
	case CancelCallback:
		return j.cancelCallback(p)
	case AdHoc:
		return j.adHoc(p)
	case RecordOffer:
		return j.recordOffer(p)
	case PutTenant:
		return j.putTenant(p)
	case CreateKey:
		return j.createKey(p)
	case RevokeKey:
		return j.revokeKey(p)
	case AnchorJournal:
		return j.anchorJournal(p)
	case Reseal:
		return j.reseal(p)
	}
	panic(fmt.Sprintf("engine: no such payload: %T", p))
}

// stale reports whether expect, 0 = any, is not the current version.
func stale(expect, current uint64) bool { return expect != 0 && expect != current }

func (j *judging) loadRules(p LoadRules) decision {
	compiled, err := matcher.CompileRules(p.Bundle)
	if err != nil {
		return refuse(StatusInvalid, "rules: "+err.Error())
	}
	d := decision{subject: compiled.Version()}
	if compiled.Version() != j.s.rules.version {
		d.created = true
		d.effects = []effect{&setRules{version: compiled.Version(), bundle: p.Bundle}}
	}
	return d
}

func (j *judging) putProfile(p PutProfile) decision {
	image := p.Profile
	image.Tenant, image.Principal, image.Version = j.actor.Tenant, j.actor.Principal, 0
	old, known := j.s.profiles.get(image.Tenant, image.Principal)
	if known {
		image.Version = old.Version
	}
	if stale(p.Expect, image.Version) {
		return refuse(StatusStaleVersion, "profile")
	}
	d := decision{subject: image.Principal, created: !known, question: question{expect: p.Expect}}
	if known && same(old, &image, (*codec).profile) {
		return d
	}
	image.Version++
	d.effects = []effect{&putProfile{&image}}
	return d
}

// same reports whether two entities have the same bytes.
func same[T any](a, b *T, fields func(*codec, *T)) bool {
	x, y := encoder(nil), encoder(nil)
	fields(x, a)
	fields(y, b)
	return x.err == nil && y.err == nil && string(x.out) == string(y.out)
}
