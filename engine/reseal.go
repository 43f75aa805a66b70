package engine

import "crypto/sha256"

// MaxReseal bounds the parts of one Reseal.
const MaxReseal = 256

// maxResealBytes bounds the new parts of one Reseal, in bytes.
const maxResealBytes = 8 << 20

// SealedIn says in what kind of record a sealed part is. Numbers belong to the log format.
type SealedIn uint8

// Records with sealed parts, in the order of the state's sections.
const (
	InReviewer SealedIn = iota + 1
	InCase
	InHold
	InAppointment
	InKey // what is remembered under an idempotency key
	InCallback
	inEnd
)

// Reseal puts the same personal fields under another data key. It changes nothing that
// anybody can see: no version, no time, no index. A part that is not what Was says any
// more is left alone.
type Reseal struct{ Parts []Resealed }

// Resealed is a sealed part in its new form.
type Resealed struct {
	In         SealedIn
	Tenant, ID string // of the record; of a remembered outcome, principal and key with a NUL between them
	Index      int    // of the part within the record
	Was        Hash   // digest of the present form, see Sealed.digest
	Sealed     Sealed
}

// Kind implements Payload.
func (Reseal) Kind() Kind { return KindReseal }

// digest identifies a blob.
func (s Sealed) digest() Hash {
	c := encoder(make([]byte, 0, 512))
	c.sealedUpTo(&s, 2*MaxAnswerBytes) // of whatever may be remembered
	return sha256.Sum256(c.out)
}

func (p *Reseal) admit() (detail string, ok bool) {
	bytes := 0
	for i := range p.Parts {
		part := &p.Parts[i]
		bytes += len(part.Sealed.Bytes)
		switch {
		case part.In == 0 || part.In >= inEnd, part.Index < 0, part.Tenant == "", part.ID == "":
			return "part", false
		case part.Sealed.KeyID == 0:
			return "clear", false
		}
	}
	return "parts", len(p.Parts) <= MaxReseal && bytes <= maxResealBytes
}

func (j *judging) reseal(p Reseal) decision {
	var d decision
	for i := range p.Parts {
		part := &p.Parts[i]
		now, ok := j.s.sealedPart(part.In, part.Tenant, part.ID, part.Index)
		if !ok || now.at.digest() != part.Was {
			continue
		}
		if !now.fits(&part.Sealed) {
			return refuse(StatusInvalid, "too_large")
		}
		d.effects = append(d.effects, &putSealed{part.In, part.Tenant, part.ID, part.Index, part.Sealed})
	}
	return d
}

// resealOf returns the command of an entry again.
func (e *entry) resealOf(before *state) Reseal {
	var p Reseal
	for _, f := range e.effects {
		if f, ok := f.(*putSealed); ok {
			var was Hash
			if part, ok := before.sealedPart(f.in, f.tenant, f.id, f.index); ok {
				was = part.at.digest()
			}
			p.Parts = append(p.Parts, Resealed{f.in, f.tenant, f.id, f.index, was, f.sealed})
		}
	}
	return p
}

// putSealed puts a sealed part in another form.
type putSealed struct {
	in         SealedIn
	tenant, id string
	index      int
	sealed     Sealed
}

func (putSealed) number() uint8 { return numberPutSealed }
func (f *putSealed) fields(c *codec) {
	natural(c, &f.in)
	c.str(&f.tenant)
	c.str(&f.id)
	integer(c, &f.index)
	if f.in == InKey {
		c.sealedUpTo(&f.sealed, MaxAnswerBytes)
	} else {
		c.sealed(&f.sealed)
	}
}
func (f *putSealed) apply(s *state, _ *entry) error { return s.putSealed(f) }

// sealedPart returns a part of a record as it is now, found = false if there is none.
func (s *state) sealedPart(in SealedIn, tenant, id string, index int) (now sealedPart, found bool) {
	rows := s.sealing(in)
	if rows == nil {
		return sealedPart{}, false
	}
	parts := rows.parts(tenant, id)
	if index < 0 || index >= len(parts) || parts[index].at.empty() {
		return sealedPart{}, false
	}
	return parts[index], true
}

// putSealed takes a part's new form in. Nothing that is derived from a record looks at its
// sealed parts, but for the number of bytes of answers.
func (s *state) putSealed(f *putSealed) error {
	old, _ := s.keys.get(f.tenant, f.id)
	if rows := s.sealing(f.in); rows == nil || !rows.reform(f) {
		return errContradiction("no sealed part %d in the %d of %s", f.index, f.in, f.tenant)
	}
	if f.in == InKey {
		now, _ := s.keys.get(f.tenant, f.id)
		more := now.outcome.answerBytes() - old.outcome.answerBytes()
		s.answerBytes += more
		s.keyShares = s.keyShares.with(f.tenant, 0, more)
	}
	return nil
}
