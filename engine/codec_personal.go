package engine

const personalVersion = 1

func (c *codec) reviewerPersonal(p *ReviewerPersonal) {
	c.version(personalVersion)
	c.str(&p.Name)
}

func (c *codec) casePersonal(p *CasePersonal) {
	c.version(personalVersion)
	c.str(&p.MemberID)
	c.str(&p.MemberName)
	c.str(&p.MemberBirthDate)
	c.providerPersonal(&p.Requesting)
	c.providerPersonal(&p.Ordering)
	c.providerPersonal(&p.Rendering)
	c.str(&p.OutreachInstructions)
	c.strs(&p.OutreachPhones)
}

func (c *codec) callerPersonal(p *CallerPersonal) {
	c.version(personalVersion)
	c.str(&p.FirstName)
	c.str(&p.LastName)
	c.str(&p.Role)
	c.str(&p.Phone)
}

func (c *codec) appointmentPersonal(p *AppointmentPersonal) {
	c.version(personalVersion)
	c.person(&p.PerformedBy)
	c.person(&p.RequestedBy)
	c.person(&p.Contact)
	c.reach(&p.ContactReach)
	c.str(&p.Instructions)
	c.str(&p.AttestedByName)
	c.str(&p.CancelReason)
}

func (c *codec) providerPersonal(p *ProviderPersonal) {
	c.person(&p.Person)
	c.reach(&p.Reach)
}

func (c *codec) person(p *Person) {
	c.str(&p.FirstName)
	c.str(&p.LastName)
	c.str(&p.Credential)
}

func (c *codec) reach(r *Reach) {
	c.str(&r.Phone)
	c.str(&r.Extension)
	c.str(&r.AlternatePhone)
	c.str(&r.AlternateExtension)
	c.str(&r.CellPhone)
	c.str(&r.Fax)
	c.str(&r.Email)
}
