package engine

// appointmentHead codes the beginning of an appointment: its version, and what tells
// where and when it is, and about what.
func (c *codec) appointmentHead(a *Appointment) (version uint8) {
	version = c.leastVersion(a.least(), appointmentVersion)
	c.str(&a.Tenant)
	c.str(&a.ID)
	c.strs(&a.CaseIDs)
	c.str(&a.ReviewerID)
	natural(c, &a.Reviewer)
	c.sealed(&a.ReviewerPersonal)
	c.str(&a.ReviewerCredential)
	c.interval(&a.Span)
	c.interval(&a.Busy)
	natural(c, &a.Status)
	return version
}

func (c *codec) appointment(a *Appointment) {
	version := c.appointmentHead(a)
	c.str(&a.TimeZone)
	c.str(&a.PerformedByRole)
	c.str(&a.Location)
	c.str(&a.Notify)
	c.callNotes(&a.Notes)
	list(c, &a.Attestations, (*codec).attested)
	c.match(&a.Match)
	c.sealed(&a.Personal)
	c.str(&a.CancelledBy)
	integer(c, &a.FirstAskedAt)
	integer(c, &a.CreatedAt)
	c.str(&a.CreatedBy)
	integer(c, &a.UpdatedAt)
	natural(c, &a.Version)
	if version >= 2 {
		a.later(c)
	} else if c.reading {
		a.Mode = ModeSlot
	}
	if version >= 3 {
		c.sealed(&a.Caller)
		c.str(&a.CallerHold)
		list(c, &a.ResultsDue, (*codec).resultDue)
	}
	c.leastEnd(version, a.least())
}

func (c *codec) callNotes(n *CallNotes) {
	c.flag(&n.AlternativeRecommendationDeclined)
	integer(c, &n.ProcedurePerformedOn)
	c.flag(&n.SpecialtyMatchRequested)
}

func (c *codec) attested(a *Attested) {
	c.str(&a.Code)
	c.str(&a.CaseID)
	integer(c, &a.Version)
	c.str(&a.Role)
	integer(c, &a.At)
}

func (c *codec) match(m *Match) {
	natural(c, &m.Tier)
	natural(c, &m.Relation)
	natural(c, &m.Unmet)
	c.strs(&m.Met)
	c.strs(&m.Rules)
	c.str(&m.Ruleset)
	c.str(&m.ZoneData)
	c.flag(&m.Consultative)
	list(c, &m.Cases, (*codec).caseMatch)
}

func (c *codec) caseMatch(m *CaseMatch) {
	c.str(&m.CaseID)
	natural(c, &m.Tier)
	natural(c, &m.Relation)
	natural(c, &m.Unmet)
	c.flag(&m.Consultative)
}
