package enginetest

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// noted is an offer record that there must be.
type noted struct {
	tenant, caseID string
	digest         [32]byte // of an answer
	at             slots.Instant
	text           string // all that it says
}

// textOf shows what an offer record says.
func textOf(r *engine.OfferRecord) string {
	return fmt.Sprintf("%d at %d by %s/%s: %s %s, rules %.8s, mode %s, as of %d, range %v, windows %v, offers %v, codes %q, appointment %q of %q at %d, tier %v, outcome %q, %q",
		r.Seq, r.At, r.Actor.Tenant, r.Actor.Principal, r.CaseID, r.Kind, r.Ruleset, r.Mode, r.AsOf, r.Range, r.Windows, r.Offers, r.Codes,
		r.AppointmentID, r.ReviewerID, r.Start, r.Tier, r.Outcome, r.Detail)
}

func (a *Auditor) recordOffer(actor engine.Actor, p engine.RecordOffer) Verdict {
	if a.findCase(actor.Tenant, p.CaseID) < 0 {
		return refused(engine.StatusNotFound)
	}
	for _, n := range a.notes {
		if n.tenant != actor.Tenant || n.caseID != p.CaseID || n.digest != p.Digest {
			continue
		}
		if a.now < n.at+600 && a.twist != TwistOffersTwice {
			a.counts.Add("duplicate offer within 10 minutes")
			return Verdict{}
		}
		a.counts.Add("the same offer later")
	}
	kind := "offered"
	if len(p.Triples) == 0 {
		kind = "none_offered"
	}
	a.write(actor, p.Digest, engine.OfferRecord{
		CaseID: p.CaseID, Kind: kind, Ruleset: p.Ruleset, Mode: p.Mode, AsOf: p.AsOf, Range: p.Range,
		Windows: p.Windows, Offers: p.Triples, Codes: p.Codes,
	})
	return Verdict{changed: true, Created: true}
}

// write adds a record of the entry to come.
func (a *Auditor) write(actor engine.Actor, digest [32]byte, r engine.OfferRecord) {
	r.Seq, r.At, r.Actor = a.seq+1, a.now, actor
	a.notes = append(a.notes, noted{actor.Tenant, r.CaseID, digest, a.now, textOf(&r)})
	a.counts.Add("offer record: %s", r.Kind)
}

// note adds the records of what has happened to calls since, about cases for
// which Texas wants them, before or now, or which have some already.
func (a *Auditor) note(cmd *engine.Command, was *Auditor) {
	if a.twist == TwistDutyForgotten {
		return
	}
	for i := range a.calls {
		c := &a.calls[i]
		switch {
		case i >= len(was.calls) && c.held:
			a.noteCall(cmd, was, c, "held", c.id)
		case i >= len(was.calls):
			a.noteCall(cmd, was, c, "booked", "")
		case !c.held && c.version != was.calls[i].version:
			a.noteChange(cmd, was, &was.calls[i], c)
		}
	}
}

func (a *Auditor) noteChange(cmd *engine.Command, was *Auditor, before, c *call) {
	if before.span.Start != c.span.Start || before.reviewer != c.reviewer {
		a.noteCall(cmd, was, c, "moved", "")
	}
	for _, x := range c.tries[len(before.tries):] {
		a.noteCall(cmd, was, c, "attempt", x.result+" "+x.at.String())
	}
	if before.status == c.status {
		return
	}
	switch c.status {
	case engine.InProgress:
		a.noteCall(cmd, was, c, "started", c.started.String())
	case engine.Completed:
		a.noteCall(cmd, was, c, "completed", "")
	case engine.DeemedCompleted:
		a.noteCall(cmd, was, c, "deemed_completed", "")
	case engine.NoShow:
		a.noteCall(cmd, was, c, "no_show", c.noShowBy)
	case engine.Cancelled:
		a.noteCall(cmd, was, c, "cancelled", cmp.Or(c.cancelCode, c.cancelledBy))
	case engine.Booked:
	}
}

func (a *Auditor) noteCall(cmd *engine.Command, was *Auditor, c *call, kind, detail string) {
	for _, id := range c.cases {
		now := &a.cases[a.findCase(c.tenant, id)].image
		known := slices.ContainsFunc(was.notes, func(n noted) bool { return n.tenant == c.tenant && n.caseID == id })
		if k := was.findCase(c.tenant, id); !known && !texan(now) && (k < 0 || !texan(&was.cases[k].image)) {
			continue
		}
		r := engine.OfferRecord{
			CaseID: id, Kind: kind, Ruleset: was.books[was.inForce].version, Mode: c.mode,
			ReviewerID: c.reviewer, Start: c.span.Start, Tier: c.tier, Outcome: c.outcome, Detail: detail,
		}
		if !c.held {
			r.AppointmentID = c.id
		}
		a.write(cmd.Actor, [32]byte{}, r)
	}
}

// offered checks that the log holds exactly the offer records that it must.
func (r *run) offered() error {
	d := &differ{}
	for _, tenant := range tenants {
		var expected, got []string
		for _, n := range r.audit.notes {
			if n.tenant == tenant {
				expected = append(expected, n.text)
			}
		}
		var last engine.Seq
		err := r.engine.OfferRecords(tenant, "", 0, 0, func(x engine.OfferRecord) bool {
			if x.Seq < last {
				d.errorf("offer record of entry %d after one of %d", x.Seq, last)
			}
			last = x.Seq
			got = append(got, textOf(&x))
			return true
		})
		if err != nil {
			return err
		}
		slices.Sort(expected)
		slices.Sort(got)
		for _, text := range expected {
			if !slices.Contains(got, text) {
				d.errorf("no offer record %s", text)
			}
		}
		for _, text := range got {
			if !slices.Contains(expected, text) {
				d.errorf("offer record %s, expected none", text)
			}
		}
		want(d, "number of offer records of "+tenant, len(got), len(expected))
	}
	return d.err()
}
