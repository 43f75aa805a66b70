package engine

// ended returns what a change of a case does to its call: where the payer's row
// ends it, a booked call is cancelled and a hold dropped. A call about several
// cases goes on as long as one of them does not end it; a hold does not, since
// it could not be booked. A call whose time has come goes on, whether it is marked
// as started or not: what ends the case may be what came of the call.
func (j *judging) ended(c *Case) []effect {
	occupied, ok := j.s.calls.get(c.Tenant, c.ID)
	if !ok {
		return nil
	}
	reason, ends := j.s.rules.compiled.Ends(&c.Case, j.now)
	if !ends {
		return nil
	}
	if occupied.held {
		if h, _ := j.s.holds.get(c.Tenant, occupied.id); h.ActiveAt(j.now) {
			return []effect{&dropHold{id: h.ID}}
		}
		return nil
	}
	old, _ := j.s.appointments.get(c.Tenant, occupied.id)
	if old.Status != Booked || old.Span.Start <= j.now {
		return nil
	}
	for _, other := range j.casesOf(old) {
		if other.ID == c.ID {
			continue
		}
		if _, ends := j.s.rules.compiled.Ends(&other.Case, j.now); !ends {
			return nil
		}
	}
	image := old.next(j.now)
	image.Status, image.CancelledBy = Cancelled, "payer"
	image.CancelCode, image.CancelRule = reason.Code, reason.Rule
	return []effect{&putAppointment{image}}
}
