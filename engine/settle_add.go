package engine

// add takes an effect into the decision and the state.
func (t *settling) add(f effect) {
	c := encoder(nil)
	f.fields(c)
	t.bytes += len(c.out)
	t.added++
	if put, ok := f.(*putAppointment); ok {
		t.expectNotes(put.image)
	}
	if err := f.apply(t.s, t.entry); err != nil {
		broken("what is settled can be applied", t.entry.seq, err)
	}
	t.d.effects = append(t.d.effects, f)
}

// expectNotes counts what note will add about a call at most: that it was moved, and that it has ended.
func (t *settling) expectNotes(a *Appointment) {
	for _, id := range a.CaseIDs {
		if t.underDuty(t.d, t.before, id) {
			t.added += 2
			t.bytes += 2 * noteBytes
		}
	}
}

// put changes a callback request, in the same effect if this entry has put it
// already: then its version stays.
func (t *settling) put(image *CallbackRequest) {
	for i, f := range t.d.effects {
		put, ok := f.(*putCallback)
		if !ok || put.image.ID != image.ID {
			continue
		}
		image.Version = put.image.Version
		t.d.effects[i] = &putCallback{image}
		if err := t.s.putCallback(image); err != nil {
			broken("what is settled can be applied", t.entry.seq, err)
		}
		return
	}
	t.add(&putCallback{image})
}

// full reports whether the entry takes no more.
func (t *settling) full() bool { return t.bytes > maxSettleBytes || t.added >= maxSettled }
