package server

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// proof is what an answer offers, as it goes on record where a rule demands that.
type proof struct {
	mode    string
	span    slots.Interval // starts that were searched
	ticks   slots.Ticks
	windows []slots.Interval
	offers  []proven
	codes   []string // why nothing compliant was offered
}

// proven is one offer: the tier of each case where they differ, else of all.
type proven struct {
	reviewerID string
	start      slots.Instant
	tier       matcher.Tier
	cases      []matcher.CaseJudgement
}

// tierOf is an offer's tier for one case.
func (o *proven) tierOf(caseID string) matcher.Tier {
	for i := range o.cases {
		if o.cases[i].CaseID == caseID {
			return o.cases[i].Tier
		}
	}
	return o.tier
}

// underDuty returns those of the cases whose rules demand a record of what is offered.
func (c *call) underDuty(snap *engine.Snapshot, caseIDs []string) (ids []string) {
	for _, id := range caseIDs {
		v, found := snap.Case(c.actor.Tenant, id)
		if found && snap.Rules().Eligibility(&v.Case, c.now, snap.FirstAsked(v.Tenant, v.ID)).RecordDuty {
			ids = append(ids, id)
		}
	}
	return ids
}

// dutyOf is underDuty of the cases of a plan.
func dutyOf(plan *matcher.Plan, caseIDs []string) (ids []string) {
	for i, id := range caseIDs {
		if plan.RecordDuty(i) {
			ids = append(ids, id)
		}
	}
	return ids
}

// offered puts what an answer offers on record for cases under that duty, and
// waits until it is durable: what is not on record is not offered.
func (c *call) offered(snap *engine.Snapshot, caseIDs []string, p *proof) *problem {
	return c.putOnRecord(c.recordsOf(snap, caseIDs, p))
}

// recordsOf returns the commands that record an answer for some cases. They hold nothing of a searcher's memory.
func (c *call) recordsOf(snap *engine.Snapshot, caseIDs []string, p *proof) (commands []engine.Command) {
	for _, id := range caseIDs {
		commands = c.recordOf(commands, snap, id, p)
	}
	return commands
}

// putOnRecord waits until records are durable.
func (c *call) putOnRecord(records []engine.Command) *problem {
	if len(records) == 0 {
		return nil
	}
	began := c.trace.now()
	results := c.server.engine.SubmitAll(c.wait(), records)
	c.trace.part(partWrite, began)
	for _, r := range results {
		switch {
		case r.Err != nil:
			return failure(r.Err)
		case r.Outcome.Status != engine.StatusOK:
			return c.refused(r.Outcome) // the credential has ended, or the case is not the caller's any more
		}
	}
	return nil
}

// recordOf appends the commands that record an answer for one case: one, or
// several where the answer holds more offers than a record takes.
func (c *call) recordOf(commands []engine.Command, snap *engine.Snapshot, caseID string, p *proof) []engine.Command {
	triples := make([]engine.OfferedSlot, len(p.offers))
	for i := range p.offers {
		o := &p.offers[i]
		triples[i] = engine.OfferedSlot{ReviewerID: o.reviewerID, Start: o.start, Tier: o.tierOf(caseID)}
	}
	for first := true; first || len(triples) > 0; first = false {
		n := min(len(triples), engine.MaxOffers)
		record := engine.RecordOffer{
			CaseID: caseID, Mode: p.mode, AsOf: snap.Seq(), Ruleset: snap.Rules().Version(),
			Range: p.span, Ticks: p.ticks, Windows: p.windows, Triples: triples[:n], Codes: p.codes,
		}
		record.Digest = digestOf(&record, c.now)
		commands = append(commands, c.command(ticket{}, record))
		triples = triples[n:]
	}
	return commands
}

// digestOf tells answers apart: the same offers by the same rules to the same
// question. A range that began before now began with it: asked again a moment
// later it is the same range.
func digestOf(r *engine.RecordOffer, now slots.Instant) [32]byte {
	b := make([]byte, 0, digestHead+len(r.Triples)*digestTriple)
	number := func(n int64) { b = binary.BigEndian.AppendUint64(b, uint64(n)) }
	text := func(s string) { number(int64(len(s))); b = append(b, s...) }
	text(r.Mode)
	text(r.Ruleset)
	start := r.Range.Start
	if start <= now {
		start = 0
	}
	number(int64(start))
	number(int64(r.Range.End))
	number(int64(r.Ticks.Days))
	number(int64(r.Ticks.Hours))
	number(int64(len(r.Windows)))
	for _, w := range r.Windows {
		number(int64(w.Start))
		number(int64(w.End))
	}
	number(int64(len(r.Triples)))
	for _, o := range r.Triples {
		text(o.ReviewerID)
		number(int64(o.Start))
		number(int64(o.Tier))
	}
	for _, code := range r.Codes {
		text(code)
	}
	return sha256.Sum256(b)
}

// What is digested of a record without and with one more offer, in bytes, about.
const digestHead, digestTriple = 256, 64

// proofOf is the proof of a search, without its offers.
func proofOf(q *inquiry, e *matcher.Explanation) *proof {
	p := &proof{mode: q.mode, span: q.span, ticks: q.ticks, windows: q.windows}
	if p.mode == "" {
		p.mode = modeSlot
	}
	for _, b := range e.NothingBecause {
		p.codes = append(p.codes, b.Code)
	}
	return p
}

// week adds the offers of a week grid, in the order sent.
func (p *proof) week(week *matcher.WeekAnswer) *proof {
	p.offers = make([]proven, 0, slotsShown(week))
	for i := range week.Priorities {
		priority := &week.Priorities[i]
		for j := range priority.Reviewers {
			r := &priority.Reviewers[j]
			for d := range r.Days {
				for k := range r.Days[d].Slots {
					s := &r.Days[d].Slots[k]
					p.offers = append(p.offers, proven{r.Reviewer.ID, s.Start, priority.Tier, s.Cases})
				}
			}
		}
	}
	return p
}

// slotsShown counts the slots that a grid shows.
func slotsShown(week *matcher.WeekAnswer) (n int) {
	for i := range week.Priorities {
		for j := range week.Priorities[i].Reviewers {
			days := &week.Priorities[i].Reviewers[j].Days
			for k := range days {
				n += len(days[k].Slots)
			}
		}
	}
	return n
}

// list adds the offers of a list.
func (p *proof) list(offers []matcher.Offer) *proof {
	for i := range offers {
		o := &offers[i]
		p.offers = append(p.offers, proven{o.Reviewer.ID, o.Start, o.Tier, o.Cases})
	}
	return p
}
