package engine

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
)

// Vault seals and opens personal fields and makes their digests. A place binds
// a blob to its entity ("tenant/case/ID"). Safe for concurrent use.
//
// Without data keys blobs are clear (KeyID 0): Bytes are the encoded fields and the
// place is not part of them. With a ring of keys the active one seals what is written
// from then on; clear blobs and those of other keys of the ring are opened as before.
type Vault struct {
	digestKey []byte // nil: wrapped by a key that is not there
	markKey   []byte // the digest key, or, where that is nil, one for as long as the vault is there
	wrappedBy uint32 // id of the data key that wraps the digest key; 0 = the store is clear
	keys      atomic.Pointer[DataKeys]
	kept      keptVault

	drawing sync.Mutex
	random  io.Reader
}

// VaultOptions say what a vault works with.
type VaultOptions struct {
	DigestKey []byte // 32 bytes that belong to the store for ever; nil if they could not be unwrapped
	// WrappedBy is the data key that wraps the digest key of an encrypted store, 0 = the
	// store is clear. Into an encrypted store nothing personal is written in clear.
	WrappedBy uint32
	Keys      *DataKeys // nil = none
	Random    io.Reader // of nonces, and of a key for marks where DigestKey is nil; required with Keys and for marks
}

// NewVault returns a vault without data keys whose digests are keyed with digestKey, 32
// bytes that belong to the store for ever.
func NewVault(digestKey []byte) *Vault { return NewVaultOf(VaultOptions{DigestKey: digestKey}) }

// NewVaultOf returns a vault.
func NewVaultOf(o VaultOptions) *Vault {
	v := &Vault{digestKey: bytes.Clone(o.DigestKey), wrappedBy: o.WrappedBy, random: o.Random}
	v.keys.Store(o.Keys)
	if v.markKey = v.digestKey; v.markKey == nil && v.random != nil {
		v.markKey = make([]byte, 32)
		if _, err := io.ReadFull(v.random, v.markKey); err != nil {
			v.markKey = nil
		}
	}
	return v
}

// Keys returns the ring in use, nil if there is none.
func (v *Vault) Keys() *DataKeys { return v.keys.Load() }

// Use makes another ring, not nil, the one in use: what is sealed from now on is
// sealed with its active key.
func (v *Vault) Use(keys *DataKeys) { v.keys.Store(keys) }

// Ready returns nil, or a *MissingKeyError if the store is encrypted and nothing
// personal can be written or looked up in it: its key is not there.
func (v *Vault) Ready() error {
	if v.wrappedBy != 0 && (v.digestKey == nil || v.keys.Load() == nil) {
		return &MissingKeyError{v.wrappedBy}
	}
	return nil
}

// SealReviewer seals a reviewer's personal fields. Fields beyond MaxTextBytes give
// a blob that no command accepts, and so does a vault that is not ready.
func (v *Vault) SealReviewer(place string, p *ReviewerPersonal) Sealed {
	return v.SealReviewerOver(place, p, Sealed{})
}

// SealReviewerOver is SealReviewer where old is stored at the place: if that says the
// same, it is returned as it is, so that what changes nothing is seen to change nothing.
func (v *Vault) SealReviewerOver(place string, p *ReviewerPersonal, old Sealed) Sealed {
	return v.seal(kindReviewer, place, old, func(c *codec) { c.reviewerPersonal(p) })
}

// OpenReviewer undoes SealReviewer. An absent blob gives empty fields. The error is a
// *MissingKeyError, or wraps ErrCorrupt.
func (v *Vault) OpenReviewer(place string, s Sealed) (*ReviewerPersonal, error) {
	return open(v, kindReviewer, place, s, (*codec).reviewerPersonal)
}

// SealCase is SealReviewer for a case.
func (v *Vault) SealCase(place string, p *CasePersonal) Sealed {
	return v.SealCaseOver(place, p, Sealed{})
}

// SealCaseOver is SealReviewerOver for a case.
func (v *Vault) SealCaseOver(place string, p *CasePersonal, old Sealed) Sealed {
	return v.seal(kindCase, place, old, func(c *codec) { c.casePersonal(p) })
}

// OpenCase undoes SealCase.
func (v *Vault) OpenCase(place string, s Sealed) (*CasePersonal, error) {
	return open(v, kindCase, place, s, (*codec).casePersonal)
}

// SealAppointment is SealReviewer for an appointment.
func (v *Vault) SealAppointment(place string, p *AppointmentPersonal) Sealed {
	return v.seal(kindAppointment, place, Sealed{}, func(c *codec) { c.appointmentPersonal(p) })
}

// OpenAppointment undoes SealAppointment.
func (v *Vault) OpenAppointment(place string, s Sealed) (*AppointmentPersonal, error) {
	return open(v, kindAppointment, place, s, (*codec).appointmentPersonal)
}

// SealCaller is SealReviewer for who asks for an ad hoc call; the place is the hold's.
func (v *Vault) SealCaller(place string, p *CallerPersonal) Sealed {
	return v.seal(kindCaller, place, Sealed{}, func(c *codec) { c.callerPersonal(p) })
}

// OpenCaller undoes SealCaller.
func (v *Vault) OpenCaller(place string, s Sealed) (*CallerPersonal, error) {
	return open(v, kindCaller, place, s, (*codec).callerPersonal)
}

// SealAttempt is SealReviewer for an attempt of an appointment; the place is the
// appointment's.
func (v *Vault) SealAttempt(place string, p *AttemptPersonal) Sealed {
	return v.seal(kindAttempt, place, Sealed{}, func(c *codec) { c.attemptPersonal(p) })
}

// OpenAttempt undoes SealAttempt.
func (v *Vault) OpenAttempt(place string, s Sealed) (*AttemptPersonal, error) {
	return open(v, kindAttempt, place, s, (*codec).attemptPersonal)
}

// SealReport is SealReviewer for the report of a call; the place is the
// appointment's.
func (v *Vault) SealReport(place string, p *CallReport) Sealed {
	return v.seal(kindReport, place, Sealed{}, func(c *codec) { c.callReport(p) })
}

// OpenReport undoes SealReport.
func (v *Vault) OpenReport(place string, s Sealed) (*CallReport, error) {
	return open(v, kindReport, place, s, (*codec).callReport)
}
