package engine

// later codes the fields that version 2 adds to an appointment.
func (a *Appointment) later(c *codec) {
	c.str(&a.Mode)
	c.str(&a.CallbackID)
	list(c, &a.Windows, (*codec).interval)
	c.str(&a.PerformedByCredential)
	list(c, &a.Attempts, (*codec).attempt)
	integer(c, &a.StartedAt)
	integer(c, &a.EndedAt)
	c.str(&a.Outcome)
	c.flag(&a.Partial)
	c.sealed(&a.Report)
	c.str(&a.EscalatedTo)
	c.str(&a.NoShowBy)
	c.str(&a.Follows)
	c.str(&a.FollowedBy)
	c.str(&a.CancelCode)
	c.str(&a.CancelRule)
	c.flag(&a.MissedOut)
}

// least returns the lowest version that holds the appointment.
func (a *Appointment) least() uint8 {
	if !a.Caller.empty() || a.CallerHold != "" || len(a.ResultsDue) > 0 {
		return 3
	}
	if a.Mode != ModeSlot || a.CallbackID != "" || len(a.Windows) > 0 || a.PerformedByCredential != "" ||
		len(a.Attempts) > 0 || a.StartedAt != 0 || a.EndedAt != 0 || a.Outcome != "" || a.Partial ||
		!a.Report.empty() || a.EscalatedTo != "" || a.NoShowBy != "" || a.Follows != "" || a.FollowedBy != "" ||
		a.CancelCode != "" || a.CancelRule != "" || a.MissedOut {
		return 2
	}
	return 1
}

func (c *codec) resultDue(d *ResultDue) {
	c.str(&d.CaseID)
	integer(c, &d.By)
	c.str(&d.Rule)
	c.str(&d.Status)
	integer(c, &d.LetterDate)
}

func (c *codec) attempt(a *Attempt) {
	integer(c, &a.At)
	c.str(&a.Direction)
	c.str(&a.Result)
	c.str(&a.SpokeWithRole)
	c.flag(&a.CallbackNumberGiven)
	c.flag(&a.NewInformation)
	c.sealed(&a.Personal)
	c.flag(&a.Missed)
	integer(c, &a.CallBackUntil)
	integer(c, &a.Left)
	integer(c, &a.RecordedAt)
	c.str(&a.RecordedBy)
}

func (c *codec) attemptPersonal(p *AttemptPersonal) {
	c.version(personalVersion)
	c.str(&p.NumberCalled)
	c.str(&p.SpokeWithName)
	c.str(&p.CallbackNumber)
	c.str(&p.Provider)
	c.str(&p.Note)
}

func (c *codec) callReport(r *CallReport) {
	c.version(personalVersion)
	list(c, &r.Clarifications, func(c *codec, x *Clarification) {
		c.str(&x.Subject)
		c.str(&x.Documented)
		c.str(&x.Clarified)
	})
	optional(c, &r.Partial, func(c *codec, p *PartialCertification) {
		c.str(&p.Requested)
		c.str(&p.Certified)
		c.str(&p.Note)
	})
	c.str(&r.Note)
}
