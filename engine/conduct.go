package engine

import (
	"slices"

	"github.com/parleyhq/parley/slots"
)

// Conduct is what is remembered of a principal that does not see its whole tenant and has held slots. Holding keeps others from a slot, so it
// is for those who book. The entity says when it means nothing any more, so that applying it needs no rule.
type Conduct struct {
	Tenant, Principal string
	// Unconfirmed counts holds, less what bookings have paid back, as of LastAt.
	Unconfirmed int
	LastAt      slots.Instant // stamp of the last hold, or of the last booking that has paid back
	ForgottenAt slots.Instant // from then on it is as if it were not there; later than LastAt
}

// How holding is limited, in stamped time. Of those who do not see the whole tenant:
const (
	// FreeHolds may be unconfirmed before each further one has to wait.
	FreeHolds = 10
	// ForgiveEvery is after how many seconds since LastAt one of them is forgotten, and another each time as long after that.
	ForgiveEvery = 600
	// ConfirmPays is how many of them the booking of a held slot makes up for.
	ConfirmPays = 4
	// FirstCoolDown is the wait after LastAt for the first hold too many, in seconds; each further one doubles it, up to LongestCoolDown.
	FirstCoolDown   = 60
	LongestCoolDown = 3600
)

// forgottenPerEntry is how many that mean nothing any more an entry with a conduct drops. The number belongs to the log format.
const forgottenPerEntry = 2

// unconfirmedAt is how many of its holds count against a principal at now.
func (c *Conduct) unconfirmedAt(now slots.Instant) int {
	return max(0, c.Unconfirmed-int(max(0, now-c.LastAt)/ForgiveEvery))
}

// coolUntil is from when on the next hold is taken, 0 = at once.
func (c *Conduct) coolUntil(now slots.Instant) slots.Instant {
	over := c.unconfirmedAt(now) - FreeHolds
	if over < 0 {
		return 0
	}
	wait := slots.Instant(LongestCoolDown)
	if over < 6 { // 60 s · 2⁶ is more than an hour
		wait = FirstCoolDown << over
	}
	return c.LastAt + wait
}

// conductOf returns what is remembered of who asks, nil if that one sees the whole tenant or nothing is.
func (j *judging) conductOf() *Conduct {
	if !j.watched {
		return nil
	}
	c, ok := j.s.conducts.get(j.actor.Tenant, j.actor.Principal)
	if !ok || j.now >= c.ForgottenAt {
		return nil
	}
	return c
}

// mayHold refuses a hold that would be one too many: of the principal, of the reviewer, of the tenant; or one that comes too soon after others
// that led to nothing. own makes room.
func (j *judging) mayHold(own *Hold, reviewerID string) (refusal decision, refused bool) {
	principal := j.limits.holdsPerPrincipal
	if j.watched {
		principal = min(principal, j.limits.holdsPerOffice)
	}
	for _, q := range []struct {
		of    heldBy
		most  int
		named string
	}{
		{heldBy{j.actor.Tenant, holderPrincipal, j.actor.Principal}, principal, "holds_per_principal"},
		{heldBy{j.actor.Tenant, holderReviewer, reviewerID}, j.limits.holdsPerReviewer, "holds_per_reviewer"},
		{heldBy{j.actor.Tenant, holderTenant, ""}, j.limits.holdsPerTenant, "holds_per_tenant"},
	} {
		count := j.s.activeHolds(q.of, j.now)
		if own != nil && q.of.holds(own) {
			count--
		}
		if count >= q.most && planted != plantHoldsUnbounded {
			d := refuse(StatusTooManyHolds, q.named)
			d.outcome.RetryAt = j.s.nextEnd(q.of, j.now)
			return d, true
		}
	}
	if c := j.conductOf(); c != nil && !j.limits.neverCool {
		if until := c.coolUntil(j.now); j.now < until {
			d := refuse(StatusHoldCoolDown, "holds_unconfirmed")
			d.outcome.RetryAt = until
			return d, true
		}
	}
	return decision{}, false
}

// noteHold notes a hold of who does not see the whole tenant. One that takes the place of an own one counts too: it
// keeps a slot for as long again.
func (j *judging) noteHold() []effect {
	if !j.watched {
		return nil
	}
	image := Conduct{Tenant: j.actor.Tenant, Principal: j.actor.Principal, Unconfirmed: 1}
	if c := j.conductOf(); c != nil {
		image.Unconfirmed += c.unconfirmedAt(j.now)
	}
	return []effect{j.conduct(image)}
}

// noteConfirmed notes the booking of a held slot, if something is remembered of the principal.
func (j *judging) noteConfirmed() []effect {
	c := j.conductOf()
	if c == nil {
		return nil
	}
	return []effect{j.conduct(Conduct{Tenant: c.Tenant, Principal: c.Principal, Unconfirmed: max(0, c.unconfirmedAt(j.now)-ConfirmPays)})}
}

// conduct completes an image as of now.
func (j *judging) conduct(image Conduct) effect {
	image.LastAt = j.now
	image.ForgottenAt = j.now + slots.Instant(max(1, image.Unconfirmed*ForgiveEvery))
	return &putConduct{&image}
}

const conductVersion = 1

func (c *codec) conduct(p *Conduct) {
	c.version(conductVersion)
	c.str(&p.Tenant)
	c.str(&p.Principal)
	integer(c, &p.Unconfirmed)
	integer(c, &p.LastAt)
	integer(c, &p.ForgottenAt)
}

type putConduct struct{ image *Conduct }

func (putConduct) number() uint8      { return numberPutConduct }
func (f *putConduct) fields(c *codec) { c.conduct(f.image) }
func (f *putConduct) apply(s *state, _ *entry) error {
	for range forgottenPerEntry {
		if d, due := s.conductsEnd.due(s.now); due {
			s.dropConduct(d.tenant, d.id)
		}
	}
	return s.putConduct(f.image)
}

func (s *state) putConduct(c *Conduct) error {
	if c.ForgottenAt <= c.LastAt {
		return errContradiction("conduct of %s is forgotten at once", c.Principal)
	}
	s.dropConduct(c.Tenant, c.Principal)
	s.conducts.put(c.Tenant, c.Principal, c)
	s.conductsEnd.add(deadline{c.ForgottenAt, c.Tenant, c.Principal})
	return nil
}

func (s *state) dropConduct(tenant, principal string) {
	if old, ok := s.conducts.get(tenant, principal); ok {
		s.conductsEnd.drop(deadline{old.ForgottenAt, tenant, principal})
		s.conducts.drop(tenant, principal)
	}
}

// notesConduct reports whether the entry notes a conduct: then its command was one of a principal whose holds are counted.
func (e *entry) notesConduct() bool {
	return slices.ContainsFunc(e.effects, func(f effect) bool { _, is := f.(*putConduct); return is })
}
