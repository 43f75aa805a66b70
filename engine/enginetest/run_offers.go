package enginetest

import (
	"fmt"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// lookEvery is how many steps lie between two looks at what is offered and at the state's
// own indexes.
const lookEvery = 16

// offerHours is how far a look at what is offered goes.
const offerHours = 14

// look searches slots for a case, as a client would now, and compares with what the
// auditor would let it book: each slot that is offered, and each on the grid that is not.
func (r *run) look(step int) error {
	if !r.config.Swarm || step%lookEvery != 0 {
		return nil
	}
	s, now := r.engine.Snapshot(), r.engine.Now()
	if err := r.checkSelf(s, step); err != nil {
		return violated(CodeState, "the state contradicts itself: %w", err)
	}
	reader := *r.audit
	reader.now, reader.counts = now, Counts{}
	k := &reader.cases[(step/lookEvery*7)%len(reader.cases)]
	return within(CodeOffer, r.compareOffers(&reader, s, k))
}

// checkSelf lets the state compare its indexes with what they are made of, now and then:
// that makes each of them anew.
func (r *run) checkSelf(s *engine.Snapshot, step int) error {
	if step%(3*lookEvery) != 0 {
		return nil
	}
	return s.Check()
}

func (r *run) compareOffers(a *Auditor, s *engine.Snapshot, k *knownCase) error {
	c, ok := s.Case(k.tenant, k.image.ID)
	if !ok {
		return fmt.Errorf("case %s is not there", k.image.ID)
	}
	from := a.now - a.now%900
	span := slots.Interval{Start: from, End: from + offerHours*3600}
	q := matcher.Query{Cases: []*matcher.Case{&c.Case}, Mode: engine.ModeSlot, Range: span, Waivable: matcher.RevealAlways}
	plan, refusal := matcher.NewPlan(s.View(k.tenant, a.now), q)
	w := &wish{
		actor: engine.Actor{Tenant: k.tenant}, caseIDs: []string{k.image.ID}, cases: []*knownCase{k},
		mode: engine.ModeSlot, clinician: true,
	}
	status := a.combine(w)
	if (refusal != nil) != (status != engine.StatusOK) {
		return fmt.Errorf("a search for %s of %s is refused: %v, the auditor says %v", k.image.ID, k.tenant, refusal, status)
	}
	if refusal != nil {
		r.counts.Add("search refused")
		return nil
	}
	offered := map[string]bool{}
	name := func(id string, start slots.Instant) string { return fmt.Sprint(id, " at ", start) }
	for _, o := range plan.Earliest(1 << 16).Offers {
		offered[name(o.Reviewer.ID, o.Start)] = true
	}
	all := len(offered)
	for i := range a.reviewers {
		other := &a.reviewers[i]
		if other.tenant != k.tenant {
			continue
		}
		for start := span.Start; start < span.End; start += 300 {
			try := *w
			try.reviewerID, try.reviewer, try.start = other.image.ID, &other.image, start
			status, slot := a.place(&try), name(other.image.ID, start)
			if offered[slot] != (status == engine.StatusOK) {
				return fmt.Errorf("%s for %s of %s is offered: %v, the auditor says %v", slot, k.image.ID, k.tenant, offered[slot], status)
			}
			delete(offered, slot)
		}
	}
	for slot := range offered {
		return fmt.Errorf("%s is offered, off the grid", slot)
	}
	if all > 0 {
		r.counts.Add("slots offered, and each could be booked")
	} else {
		r.counts.Add("no slot offered, and none could be booked")
	}
	return nil
}
