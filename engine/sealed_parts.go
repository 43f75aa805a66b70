package engine

// sealing is a record with sealed parts.
type sealing interface {
	// sealedParts lists the parts, absent ones too, always in the same order.
	sealedParts() []sealedPart
	// copied returns a copy whose parts are not those of the record.
	copied() sealing
	// reformed takes in what was changed through the parts that were listed.
	reformed(parts []sealedPart)
}

// sealingRows are the records of one kind.
type sealingRows interface {
	parts(tenant, id string) []sealedPart
	reform(f *putSealed) bool
	walk(tenant, id string, yield func(tenant, id string, parts []sealedPart) bool) (more bool)
}

// sealing returns the records of a kind, nil if there is no such kind.
func (s *state) sealing(in SealedIn) sealingRows {
	switch in {
	case InReviewer:
		return rowsOf[Reviewer, *Reviewer]{&s.reviewers}
	case InCase:
		return rowsOf[Case, *Case]{&s.cases}
	case InHold:
		return rowsOf[Hold, *Hold]{&s.holds}
	case InAppointment:
		return rowsOf[Appointment, *Appointment]{&s.appointments}
	case InKey:
		return rowsOf[remembered, *remembered]{&s.keys}
	case InCallback:
		return rowsOf[CallbackRequest, *CallbackRequest]{&s.callbacks}
	}
	return nil
}

type rowsOf[T any, P interface {
	*T
	sealing
}] struct{ t *table[T] }

func (r rowsOf[T, P]) parts(tenant, id string) []sealedPart {
	v, ok := r.t.get(tenant, id)
	if !ok {
		return nil
	}
	return P(v).sealedParts()
}

// reform stores a copy of a record with one part in another form.
func (r rowsOf[T, P]) reform(f *putSealed) bool {
	old, ok := r.t.get(f.tenant, f.id)
	if !ok {
		return false
	}
	v := P(old).copied()
	parts := v.sealedParts()
	if f.index < 0 || f.index >= len(parts) || parts[f.index].at.empty() {
		return false
	}
	*parts[f.index].at = f.sealed
	v.reformed(parts)
	r.t.put(f.tenant, f.id, v.(P))
	return true
}

// walk goes over the records that are not before a place.
func (r rowsOf[T, P]) walk(tenant, id string, yield func(tenant, id string, parts []sealedPart) bool) (more bool) {
	more = true
	r.t.rows(tenant, id, func(r row[T]) bool {
		more = yield(r.tenant, r.id, P(r.peek()).sealedParts())
		return more
	})
	return more
}

// sealedPart is a part of a record: what it holds, and where it may be opened.
type sealedPart struct {
	kind               sealKind
	tenant, entity, id string
	at                 *Sealed
}

func (p *sealedPart) place() string { return p.tenant + "/" + p.entity + "/" + p.id }

// fits reports whether the record can be written with the part in another form. That of an answer is longer than the
// answer, so one that just fits in clear does not fit sealed.
func (p *sealedPart) fits(s *Sealed) bool {
	if p.kind == kindAnswer {
		return len(writeAnswer(*s)) <= MaxAnswerBytes
	}
	return len(s.Bytes) <= MaxSealedBytes
}

func (r *Reviewer) sealedParts() []sealedPart {
	return []sealedPart{{kindReviewer, r.Tenant, "reviewer", r.ID, &r.Personal}}
}

func (c *Case) sealedParts() []sealedPart {
	return []sealedPart{{kindCase, c.Tenant, "case", c.ID, &c.Personal}}
}

func (h *Hold) sealedParts() []sealedPart {
	return []sealedPart{{kindCaller, h.Tenant, "hold", h.ID, &h.Caller}}
}

func (a *Appointment) sealedParts() []sealedPart {
	parts := []sealedPart{
		{kindReviewer, a.Tenant, "reviewer", a.ReviewerID, &a.ReviewerPersonal},
		{kindAppointment, a.Tenant, "appointment", a.ID, &a.Personal},
		{kindReport, a.Tenant, "appointment", a.ID, &a.Report},
		{kindCaller, a.Tenant, "hold", a.CallerHold, &a.Caller},
	}
	for i := range a.Attempts {
		parts = append(parts, sealedPart{kindAttempt, a.Tenant, "appointment", a.ID, &a.Attempts[i].Personal})
	}
	return parts
}

func (r *CallbackRequest) sealedParts() []sealedPart {
	return []sealedPart{{kindAppointment, r.Tenant, "appointment", r.AppointmentID, &r.Personal}}
}

// sealedParts of a remembered outcome are those of its entities, and a composed answer.
func (r *remembered) sealedParts() (parts []sealedPart) {
	switch e := r.outcome.entity.(type) {
	case sealing:
		parts = e.sealedParts()
	case []byte:
		s := readAnswer(e)
		parts = []sealedPart{{kindAnswer, r.tenant, "answer", answerID(r.principal, r.key), &s}}
	}
	if call := r.outcome.call; call != nil {
		parts = append(parts, call.sealedParts()...)
	}
	return parts
}

func (r *Reviewer) copied() sealing        { c := *r; return &c }
func (c *Case) copied() sealing            { x := *c; return &x }
func (h *Hold) copied() sealing            { c := *h; return &c }
func (r *CallbackRequest) copied() sealing { c := *r; return &c }
func (a *Appointment) copied() sealing     { return a.twin() }

func (a *Appointment) twin() *Appointment {
	c := *a
	c.Attempts = append([]Attempt(nil), a.Attempts...)
	return &c
}

func (r *remembered) copied() sealing {
	c := *r
	if e, ok := c.outcome.entity.(sealing); ok {
		c.outcome.entity = e.copied()
	}
	if c.outcome.call != nil {
		c.outcome.call = c.outcome.call.twin()
	}
	return &c
}

func (*Reviewer) reformed([]sealedPart)        {}
func (*Case) reformed([]sealedPart)            {}
func (*Hold) reformed([]sealedPart)            {}
func (*Appointment) reformed([]sealedPart)     {}
func (*CallbackRequest) reformed([]sealedPart) {}

func (r *remembered) reformed(parts []sealedPart) {
	if last := len(parts) - 1; last >= 0 && parts[last].kind == kindAnswer {
		r.outcome.entity = writeAnswer(*parts[last].at)
	}
}

// eachSealed walks all sealed parts of the state that are there, section by section.
func (s *state) eachSealed(yield func(in SealedIn, id string, index int, p *sealedPart) bool) {
	s.sealedFrom(resealPlace{in: InReviewer}, func(in SealedIn, _, id string, parts []sealedPart) bool {
		for i := range parts {
			if !parts[i].at.empty() && !yield(in, id, i, &parts[i]) {
				return false
			}
		}
		return true
	})
}

// resealPlace is a place in the order of eachSealed; the zero one is behind all.
type resealPlace struct {
	in         SealedIn
	tenant, id string
}

// sealedFrom walks the records that are not before a place.
func (s *state) sealedFrom(from resealPlace, yield func(in SealedIn, tenant, id string, parts []sealedPart) bool) {
	for in := from.in; in != 0 && in < inEnd; in++ {
		if in > from.in {
			from = resealPlace{in: in}
		}
		if !s.sealing(in).walk(from.tenant, from.id, func(tenant, id string, parts []sealedPart) bool { return yield(in, tenant, id, parts) }) {
			return
		}
	}
}
