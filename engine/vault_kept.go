package engine

import (
	"bytes"
	"encoding/binary"
	"sync/atomic"
)

// Bounds of what a vault keeps opened: some megabytes at most.
const (
	keptParts     = 1 << 12
	maxKeptPlain  = 1 << 10 // bytes of one part
	keptNonceHead = 4       // bytes of a nonce that choose its place
)

// keptVault holds what was sealed or opened last, for a booking shows what it has just sealed,
// and the same reviewers again and again. Only the very same blob at the same place is
// answered from it. Safe for concurrent use.
type keptVault [keptParts]atomic.Pointer[keptPart]

type keptPart struct {
	kind   sealKind
	place  string
	sealed Sealed
	plain  []byte // never changed
}

func (k *keptVault) at(s *Sealed) *atomic.Pointer[keptPart] {
	return &k[binary.LittleEndian.Uint32(s.Nonce[:keptNonceHead])%keptParts]
}

// find returns what a blob holds, if that is kept.
func (k *keptVault) find(kind sealKind, place string, s *Sealed) ([]byte, bool) {
	if len(s.Nonce) != xaesNonceBytes {
		return nil, false
	}
	p := k.at(s).Load()
	if p == nil || p.sealed.KeyID != s.KeyID || p.kind != kind || p.place != place ||
		!bytes.Equal(p.sealed.Nonce, s.Nonce) || !bytes.Equal(p.sealed.Bytes, s.Bytes) {
		return nil, false
	}
	return p.plain, true
}

// keep keeps what a blob holds, unless that is large or a secret of another kind.
func (k *keptVault) keep(kind sealKind, place string, s *Sealed, plain []byte) {
	if len(plain) <= maxKeptPlain && kind != kindAnswer && kind != kindDigestKey {
		k.at(s).Store(&keptPart{kind, place, *s, plain})
	}
}
