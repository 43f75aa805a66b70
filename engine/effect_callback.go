package engine

type putCallback struct{ image *CallbackRequest }

func (putCallback) number() uint8                     { return numberPutCallback }
func (f *putCallback) fields(c *codec)                { c.callback(f.image) }
func (f *putCallback) apply(s *state, e *entry) error { return s.putCallback(f.image) }

// noteOffer adds a record to the proof of what was offered for a case. The
// record itself goes to SpaceOffers; the state keeps that there is one and, for
// an answer, its digest.
type noteOffer struct {
	digest [32]byte    // of an answer, else zero
	record OfferRecord // Seq, At and Actor are the entry's
}

func (noteOffer) number() uint8 { return numberNoteOffer }
func (f *noteOffer) fields(c *codec) {
	c.digest(&f.digest)
	c.offer(&f.record)
}
func (f *noteOffer) apply(s *state, e *entry) error {
	return s.noteOffer(e.actor.Tenant, f.record.CaseID, f.digest)
}
