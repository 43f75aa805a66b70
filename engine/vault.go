package engine

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode"
)

// Vault seals and opens personal fields and makes their digests. A place binds
// a blob to its entity ("tenant/case/ID"). Safe for concurrent use.
//
// Blobs are clear (KeyID 0): Bytes are the encoded fields and the place is not
// part of them. Encryption comes as further key ids, beside clear blobs.
type Vault struct{ digestKey []byte }

// NewVault returns a vault whose digests are keyed with digestKey, 32 bytes
// that belong to the store for ever.
func NewVault(digestKey []byte) *Vault {
	return &Vault{digestKey: append([]byte(nil), digestKey...)}
}

// SealReviewer seals a reviewer's personal fields. Fields beyond MaxTextBytes give
// a blob that no command accepts.
func (v *Vault) SealReviewer(place string, p *ReviewerPersonal) Sealed {
	return seal(func(c *codec) { c.reviewerPersonal(p) })
}

// OpenReviewer undoes SealReviewer.
func (v *Vault) OpenReviewer(place string, s Sealed) (*ReviewerPersonal, error) {
	return open(place, s, (*codec).reviewerPersonal)
}

// SealCase is SealReviewer for a case.
func (v *Vault) SealCase(place string, p *CasePersonal) Sealed {
	return seal(func(c *codec) { c.casePersonal(p) })
}

// OpenCase undoes SealCase.
func (v *Vault) OpenCase(place string, s Sealed) (*CasePersonal, error) {
	return open(place, s, (*codec).casePersonal)
}

// SealAppointment is SealReviewer for an appointment.
func (v *Vault) SealAppointment(place string, p *AppointmentPersonal) Sealed {
	return seal(func(c *codec) { c.appointmentPersonal(p) })
}

// OpenAppointment undoes SealAppointment.
func (v *Vault) OpenAppointment(place string, s Sealed) (*AppointmentPersonal, error) {
	return open(place, s, (*codec).appointmentPersonal)
}

// SealCaller is SealReviewer for who asks for an ad hoc call; the place is the hold's.
func (v *Vault) SealCaller(place string, p *CallerPersonal) Sealed {
	return seal(func(c *codec) { c.callerPersonal(p) })
}

// OpenCaller undoes SealCaller.
func (v *Vault) OpenCaller(place string, s Sealed) (*CallerPersonal, error) {
	return open(place, s, (*codec).callerPersonal)
}

// SealAttempt is SealReviewer for an attempt of an appointment; the place is the
// appointment's.
func (v *Vault) SealAttempt(place string, p *AttemptPersonal) Sealed {
	return seal(func(c *codec) { c.attemptPersonal(p) })
}

// OpenAttempt undoes SealAttempt.
func (v *Vault) OpenAttempt(place string, s Sealed) (*AttemptPersonal, error) {
	return open(place, s, (*codec).attemptPersonal)
}

// SealReport is SealReviewer for the report of a call; the place is the
// appointment's.
func (v *Vault) SealReport(place string, p *CallReport) Sealed {
	return seal(func(c *codec) { c.callReport(p) })
}

// OpenReport undoes SealReport.
func (v *Vault) OpenReport(place string, s Sealed) (*CallReport, error) {
	return open(place, s, (*codec).callReport)
}

// unsealable stands for fields that break a limit: too large for every record.
var unsealable = Sealed{Bytes: make([]byte, MaxSealedBytes+1)}

func seal(fields func(*codec)) Sealed {
	c := encoder(make([]byte, 0, 256))
	fields(c)
	if c.err != nil || len(c.out) > MaxSealedBytes {
		return unsealable
	}
	return Sealed{Bytes: bytes.Clone(c.out)} // kept for long, without room to spare
}

// open decodes a blob. An absent one gives empty fields.
func open[T any](place string, s Sealed, fields func(*codec, *T)) (*T, error) {
	p := new(T)
	if s.KeyID != 0 {
		return nil, fmt.Errorf("engine: sealed part of %s needs key %d, which is not there", place, s.KeyID)
	}
	if len(s.Bytes) == 0 {
		return p, nil
	}
	c := decoder(string(s.Bytes))
	fields(c, p)
	if err := c.end(); err != nil {
		return nil, fmt.Errorf("sealed part of %s: %w", place, err)
	}
	return p, nil
}

// DigestMemberID returns the digest of a member's number at the health plan,
// trimmed; the zero Digest for an empty one.
func (v *Vault) DigestMemberID(s string) Digest { return v.digest("member id", strings.TrimSpace(s)) }

// DigestBirthDate returns the digest of a birth date, YYYY-MM-DD, trimmed.
func (v *Vault) DigestBirthDate(s string) Digest { return v.digest("birth date", strings.TrimSpace(s)) }

// DigestLastName returns the digest of a last name in which case does not count
// and any run of white space is one space.
func (v *Vault) DigestLastName(s string) Digest {
	return v.digest("last name", strings.Map(foldRune, strings.Join(strings.Fields(s), " ")))
}

// Mark returns a keyed digest of bytes that are not personal, for what a client
// carries and must not make up. Purposes are kept apart.
func (v *Vault) Mark(purpose string, data []byte) [32]byte {
	mac := hmac.New(sha256.New, v.digestKey)
	mac.Write([]byte("parley/1/mark/" + purpose + "\x00"))
	mac.Write(data)
	return [32]byte(mac.Sum(nil))
}

// foldRune returns the smallest rune that differs from r by case only.
func foldRune(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return least
}

// digest keys the value's purpose in, so equal values of two purposes differ.
func (v *Vault) digest(purpose, value string) Digest {
	if value == "" {
		return Digest{}
	}
	mac := hmac.New(sha256.New, v.digestKey)
	mac.Write([]byte("parley/1/" + purpose + "\x00" + value))
	var d Digest
	mac.Sum(d[:0])
	return d
}
