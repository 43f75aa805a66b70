package engine

import "fmt"

const (
	callbackVersion   = 1
	offerVersion      = 1
	caseRecordVersion = 1
)

func (c *codec) callback(r *CallbackRequest) {
	c.version(callbackVersion)
	c.str(&r.Tenant)
	c.str(&r.ID)
	c.strs(&r.CaseIDs)
	natural(c, &r.Status)
	list(c, &r.Windows, (*codec).interval)
	c.str(&r.TimeZone)
	c.str(&r.PerformedByRole)
	c.str(&r.PerformedByCredential)
	c.str(&r.Location)
	c.str(&r.Notify)
	c.callNotes(&r.Notes)
	c.strs(&r.Consents)
	c.str(&r.AttestedByRole)
	c.sealed(&r.Personal)
	c.str(&r.AppointmentID)
	integer(c, &r.Options)
	c.str(&r.Reason)
	c.str(&r.ReasonRule)
	integer(c, &r.AssignedAt)
	integer(c, &r.CreatedAt)
	c.str(&r.CreatedBy)
	integer(c, &r.FirstAskedAt)
	integer(c, &r.UpdatedAt)
	natural(c, &r.Version)
	c.str(&r.CancelCode)
}

// offerRecord codes a derived record whole.
func (c *codec) offerRecord(r *OfferRecord) {
	c.version(offerVersion)
	natural(c, &r.Seq)
	integer(c, &r.At)
	c.actor(&r.Actor)
	c.offer(r)
}

// offer codes what a record says beyond its entry's head.
func (c *codec) offer(r *OfferRecord) {
	c.str(&r.CaseID)
	c.str(&r.Kind)
	c.str(&r.Ruleset)
	c.str(&r.Mode)
	natural(c, &r.AsOf)
	c.interval(&r.Range)
	natural(c, &r.Ticks.Days)
	natural(c, &r.Ticks.Hours)
	list(c, &r.Windows, (*codec).interval)
	c.offered(&r.Offers)
	c.strs(&r.Codes)
	c.str(&r.AppointmentID)
	c.str(&r.ReviewerID)
	integer(c, &r.Start)
	natural(c, &r.Tier)
	c.str(&r.Outcome)
	c.str(&r.Detail)
}

// offered codes offers, up to MaxOffers. A reviewer who is the one before is
// written as an empty text.
func (c *codec) offered(p *[]OfferedSlot) {
	before := ""
	listUpTo(c, p, MaxOffers, func(c *codec, o *OfferedSlot) {
		id := o.ReviewerID
		if id == before {
			id = ""
		}
		c.str(&id)
		if c.reading {
			switch id {
			case "":
				id = before
			case before:
				c.fail(errDamagedRecord, fmt.Sprintf("reviewer %q repeated", id))
			}
			o.ReviewerID = id
		}
		before = o.ReviewerID
		integer(c, &o.Start)
		natural(c, &o.Tier)
	})
}

func (c *codec) caseRecord(r *caseRecord) {
	c.version(caseRecordVersion)
	c.str(&r.tenant)
	c.str(&r.caseID)
	list(c, &r.recent, func(c *codec, o *recentOffer) {
		c.digest(&o.digest)
		integer(c, &o.at)
	})
}
