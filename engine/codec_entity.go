package engine

import (
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// Current versions of the entities' encodings. A field is added at the end of
// an entity under a new version; see RECORDS.md. An entity is written in the
// lowest version that holds it, which its method least returns.
const (
	reviewerVersion    = 2
	caseVersion        = 3
	holdVersion        = 3
	appointmentVersion = 3
	profileVersion     = 1
)

func (c *codec) reviewer(r *Reviewer) {
	version := c.leastVersion(r.least(), reviewerVersion)
	c.str(&r.Tenant)
	c.str(&r.ID)
	natural(c, &r.Ref)
	natural(c, &r.Version)
	integer(c, &r.UpdatedAt)
	c.str(&r.Credential)
	c.str(&r.NPI)
	c.strs(&r.Specialties)
	list(c, &r.Licenses, (*codec).license)
	c.strs(&r.Programs)
	c.strs(&r.Populations)
	c.strs(&r.HealthPlans)
	c.strs(&r.Modalities)
	c.str(&r.ZoneName)
	c.availability(&r.Hours)
	integer(c, &r.BufferBefore)
	integer(c, &r.BufferAfter)
	integer(c, &r.MaxPerDay)
	c.flag(&r.Active)
	c.sealed(&r.Personal)
	if version >= 2 {
		list(c, &r.BoardCertifications, (*codec).certification)
		list(c, &r.Experience, (*codec).experience)
	}
	c.leastEnd(version, r.least())
	if c.reading && c.err == nil {
		attachZone(r)
	}
}

func (r *Reviewer) least() uint8 {
	if len(r.BoardCertifications) > 0 || len(r.Experience) > 0 {
		return 2
	}
	return 1
}

func (c *codec) certification(x *matcher.Certification) {
	c.str(&x.Specialty)
	integer(c, &x.From)
	integer(c, &x.To)
}

func (c *codec) experience(x *matcher.Experience) {
	c.str(&x.Specialty)
	integer(c, &x.Until)
}

func (c *codec) license(l *matcher.License) {
	c.str(&l.State)
	c.str(&l.Type)
	c.str(&l.Status)
	integer(c, &l.From)
	integer(c, &l.To)
}

func (c *codec) availability(a *slots.Availability) {
	list(c, &a.Weekly, (*codec).weekly)
	list(c, &a.Exceptions, (*codec).exception)
	list(c, &a.Blocks, (*codec).interval)
}

func (c *codec) weekly(w *slots.WeeklyHours) {
	natural(c, &w.Days)
	c.clockSpan(&w.Span)
}

func (c *codec) clockSpan(s *slots.ClockSpan) {
	integer(c, &s.Start)
	integer(c, &s.End)
}

func (c *codec) exception(e *slots.Exception) {
	integer(c, &e.Date)
	list(c, &e.Hours, (*codec).clockSpan)
}

func (c *codec) interval(i *slots.Interval) {
	integer(c, &i.Start)
	integer(c, &i.End)
}

func (c *codec) sealed(s *Sealed) { c.sealedUpTo(s, MaxSealedBytes) }

func (c *codec) sealedUpTo(s *Sealed, limit int) {
	natural(c, &s.KeyID)
	c.bytes(&s.Nonce, 64)
	c.bytes(&s.Bytes, limit)
}

// caseHead codes the beginning of a case: its version and name.
func (c *codec) caseHead(e *Case) (version uint8) {
	version = c.leastVersion(e.least(), caseVersion)
	c.str(&e.Tenant)
	c.str(&e.ID)
	return version
}

func (c *codec) caseEntity(e *Case) {
	version := c.caseHead(e)
	natural(c, &e.Version)
	integer(c, &e.UpdatedAt)
	c.str(&e.AuthorizationNumber)
	c.str(&e.EpisodeID)
	c.str(&e.HealthPlan)
	c.str(&e.LineOfBusiness)
	c.str(&e.SitusState)
	c.str(&e.MemberState)
	c.str(&e.Population)
	c.str(&e.Program)
	c.str(&e.LevelOfReview)
	c.str(&e.Phase)
	c.flag(&e.Expedited)
	c.determination(&e.Determination)
	c.postDecision(&e.PostDecision)
	integer(c, &e.DecisionDue)
	integer(c, &e.AppealFiledAt)
	integer(c, &e.ServicePerformedOn)
	integer(c, &e.DischargedAt)
	integer(c, &e.AuthorizationRequestedAt)
	integer(c, &e.InformationCompleteAt)
	integer(c, &e.P2PRequestedAt)
	integer(c, &e.FirstAskedAt)
	c.strs(&e.InvolvedReviewerIDs)
	c.provider(&e.Requesting)
	c.provider(&e.Ordering)
	c.provider(&e.Rendering)
	c.strs(&e.ServiceCodes)
	c.str(&e.ServiceSpecialty)
	c.str(&e.Drug)
	c.str(&e.Modality)
	c.digest((*[32]byte)(&e.MemberID))
	c.digest((*[32]byte)(&e.BirthDate))
	c.digest((*[32]byte)(&e.LastName))
	c.sealed(&e.Personal)
	c.flag(&e.Outreach.Present)
	c.str(&e.Outreach.Origin)
	integer(c, &e.Outreach.CallBy)
	list(c, &e.Outreach.Windows, (*codec).interval)
	if version >= 2 {
		integer(c, &e.Stage)
		integer(c, &e.CallsHeld)
	}
	if version >= 3 {
		c.str(&e.PlanType)
	}
	c.leastEnd(version, e.least())
}

func (c *Case) least() uint8 {
	if c.PlanType != "" {
		return 3
	}
	if c.Stage != 0 || c.CallsHeld != 0 {
		return 2
	}
	return 1
}

func (c *codec) determination(d *matcher.Determination) {
	c.str(&d.Status)
	c.str(&d.Reason)
	integer(c, &d.LetterDate)
	c.flag(&d.LetterReceived)
	c.flag(&d.Final)
	c.str(&d.ReviewerID)
	integer(c, &d.DecidedAt)
}

func (c *codec) postDecision(p *matcher.PostDecision) {
	c.flag(&p.Present)
	c.flag(&p.Delegated)
	c.str(&p.Reconsideration)
	integer(c, &p.Until)
}

func (c *codec) provider(p *matcher.Provider) {
	c.flag(&p.Present)
	c.str(&p.NPI)
	c.str(&p.Credential)
	c.str(&p.Specialty)
	c.str(&p.TimeZone)
}

func (c *codec) hold(h *Hold) {
	version := c.leastVersion(h.least(), holdVersion)
	c.str(&h.Tenant)
	c.str(&h.ID)
	c.strs(&h.CaseIDs)
	c.str(&h.ReviewerID)
	natural(c, &h.Reviewer)
	c.interval(&h.Span)
	c.interval(&h.Busy)
	c.str(&h.Principal)
	c.str(&h.TimeZone)
	c.flag(&h.SpecialtyMatch)
	natural(c, &h.Tier)
	integer(c, &h.CreatedAt)
	integer(c, &h.ExpiresAt)
	if version >= 2 {
		c.str(&h.Mode)
	} else if c.reading {
		h.Mode = ModeSlot
	}
	if version >= 3 {
		c.sealed(&h.Caller)
	}
	c.leastEnd(version, h.least())
}

func (h *Hold) least() uint8 {
	if !h.Caller.empty() {
		return 3
	}
	if h.Mode != ModeSlot {
		return 2
	}
	return 1
}

func (c *codec) profile(p *Profile) {
	c.version(profileVersion)
	c.str(&p.Tenant)
	c.str(&p.Principal)
	c.str(&p.TimeZone)
	integer(c, &p.ConfirmedAt)
	c.strs(&p.NPIs)
	natural(c, &p.Version)
}
