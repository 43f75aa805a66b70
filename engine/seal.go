package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// How a blob under a data key is made: XAES-256-GCM of the encoded fields, under a key
// that is derived from the data key for the tenant, with a random nonce of 24 bytes,
// bound to
//
//	"parley/1" 00 ‖ key id, 4 bytes big endian ‖ kind 00 ‖ place
//
// so that it opens as what it was sealed as, where it was sealed, and nowhere else. The
// kind and the tenant are in no record: whoever opens a blob knows what he expects.

// sealKind says what is sealed.
type sealKind string

const (
	kindReviewer    sealKind = "reviewer"
	kindCase        sealKind = "case"
	kindAppointment sealKind = "appointment"
	kindCaller      sealKind = "caller"
	kindAttempt     sealKind = "attempt"
	kindReport      sealKind = "report"
	kindAnswer      sealKind = "answer"
	kindDigestKey   sealKind = "digest key"
)

var (
	errNoNonce   = errors.New("engine: no nonce could be drawn")
	errNoMarkKey = errors.New("engine: the store's own key is not there, and no other for marks could be drawn")
)

// ErrKeyMissing is what every MissingKeyError is.
var ErrKeyMissing = errors.New("engine: a data key is not there")

// MissingKeyError says which data key is needed and not there.
type MissingKeyError struct{ KeyID uint32 }

// Error implements error.
func (e *MissingKeyError) Error() string {
	return fmt.Sprintf("engine: data key %d is needed and not there", e.KeyID)
}

// Is makes it ErrKeyMissing.
func (e *MissingKeyError) Is(target error) bool { return target == ErrKeyMissing }

// unsealable stands for what breaks a limit or cannot be sealed: too large for every record, be it of
// fields or of an answer.
var unsealable = Sealed{Bytes: make([]byte, max(MaxSealedBytes, MaxAnswerBytes)+1)}

// seal encodes fields and seals them, or returns old if that holds the same.
func (v *Vault) seal(kind sealKind, place string, old Sealed, fields func(*codec)) Sealed {
	c := encoder(make([]byte, 0, 256))
	fields(c)
	if c.err != nil || len(c.out) > MaxSealedBytes-xaesTagBytes {
		return unsealable
	}
	if !old.empty() {
		if plain, err := v.opened(kind, place, old); err == nil && bytes.Equal(plain, c.out) {
			return old
		}
	}
	return v.sealed(kind, place, c.out)
}

// sealed seals bytes under the active key; without keys they stay clear.
func (v *Vault) sealed(kind sealKind, place string, plain []byte) Sealed {
	keys := v.keys.Load()
	switch {
	case v.Ready() != nil:
		return unsealable
	case keys == nil:
		return Sealed{Bytes: bytes.Clone(plain)} // kept for long, without room to spare
	}
	s := Sealed{KeyID: keys.active, Nonce: make([]byte, xaesNonceBytes)}
	if err := v.draw(s.Nonce); err != nil {
		return unsealable
	}
	x := keys.cipherOf(s.KeyID, tenantOf(place))
	s.Bytes = x.seal(make([]byte, 0, len(plain)+xaesTagBytes), s.Nonce, plain, boundTo(nil, s.KeyID, kind, place))
	v.kept.keep(kind, place, &s, plain)
	return s
}

// draw fills b with random bytes.
func (v *Vault) draw(b []byte) error {
	v.drawing.Lock()
	defer v.drawing.Unlock()
	_, err := io.ReadFull(v.random, b)
	return err
}

// opened returns the bytes that were sealed, which must not be changed.
func (v *Vault) opened(kind sealKind, place string, s Sealed) ([]byte, error) {
	if s.KeyID == 0 {
		return s.Bytes, nil
	}
	keys := v.keys.Load()
	if plain, ok := v.kept.find(kind, place, &s); ok && keys.Has(s.KeyID) {
		return plain, nil
	}
	plain, err := keys.open(kind, place, s)
	if err == nil {
		v.kept.keep(kind, place, &s, plain)
	}
	return plain, err
}

func (r *DataKeys) open(kind sealKind, place string, s Sealed) ([]byte, error) {
	x := r.cipherOf(s.KeyID, tenantOf(place))
	if x == nil {
		return nil, &MissingKeyError{s.KeyID}
	}
	if len(s.Nonce) != xaesNonceBytes || len(s.Bytes) < xaesTagBytes {
		return nil, fmt.Errorf("%w: sealed part of %s has no form of one", ErrCorrupt, place)
	}
	plain, err := x.open(make([]byte, 0, len(s.Bytes)-xaesTagBytes), s.Nonce, s.Bytes, boundTo(nil, s.KeyID, kind, place))
	if err != nil {
		return nil, fmt.Errorf("%w: sealed part of %s does not open with data key %d", ErrCorrupt, place, s.KeyID)
	}
	return plain, nil
}

// open decodes a blob. An absent one gives empty fields.
func open[T any](v *Vault, kind sealKind, place string, s Sealed, fields func(*codec, *T)) (*T, error) {
	p := new(T)
	if s.KeyID == 0 && len(s.Bytes) == 0 {
		return p, nil
	}
	plain, err := v.opened(kind, place, s)
	if err != nil {
		return nil, err
	}
	c := decoder(string(plain))
	fields(c, p)
	if err := c.end(); err != nil {
		return nil, fmt.Errorf("sealed part of %s: %w", place, err)
	}
	return p, nil
}

// tenantOf is the tenant of a place: all before its last two parts, which hold no slash.
func tenantOf(place string) string {
	for range 2 {
		place = place[:max(strings.LastIndexByte(place, '/'), 0)]
	}
	return place
}

// boundTo appends what a blob is bound to.
func boundTo(dst []byte, keyID uint32, kind sealKind, place string) []byte {
	if dst == nil {
		dst = make([]byte, 0, 160)
	}
	dst = append(dst, "parley/1\x00"...)
	dst = binary.BigEndian.AppendUint32(dst, keyID)
	dst = append(append(dst, kind...), 0)
	return append(dst, place...)
}

// WrapDigestKey seals the digest key of a store under the active key of the ring, with
// a nonce from random.
func (r *DataKeys) WrapDigestKey(storeID string, digestKey []byte, random io.Reader) (Sealed, error) {
	v := NewVaultOf(VaultOptions{Keys: r, Random: random})
	s := v.sealed(kindDigestKey, storePlace(storeID), digestKey)
	if s.KeyID == 0 {
		return Sealed{}, errNoNonce
	}
	return s, nil
}

// UnwrapDigestKey undoes WrapDigestKey. The ring may be nil. The error is a
// *MissingKeyError, or wraps ErrCorrupt.
func (r *DataKeys) UnwrapDigestKey(storeID string, s Sealed) ([]byte, error) {
	return r.open(kindDigestKey, storePlace(storeID), s)
}

// storePlace is that of a store's own secret: of no tenant, which all have names.
func storePlace(storeID string) string { return "/store/" + storeID }
