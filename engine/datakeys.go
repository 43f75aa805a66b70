package engine

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// DataKeyState says what a data key is for.
type DataKeyState string

// States of data keys.
const (
	DataKeyNext   DataKeyState = "next"   // opens; will seal after a rotation
	DataKeyActive DataKeyState = "active" // seals and opens; one of a ring
	DataKeyOld    DataKeyState = "old"    // opens what it has sealed
)

// DataKey protects personal data at rest. Secrets are kept outside of the store.
type DataKey struct {
	ID     uint32 // from 1, never used again for another secret
	Secret [32]byte
	State  DataKeyState
}

// MaxDataKeys bounds the keys of a ring.
const MaxDataKeys = 256

// DataKeys is a ring of data keys that a store is used with. It never changes. Safe for
// concurrent use.
type DataKeys struct {
	keys    []DataKey // by id
	active  uint32
	ciphers sync.Map // *xaes by sealingKey
}

// sealingKey names a key that is derived from a data key for a tenant.
type sealingKey struct {
	id     uint32
	tenant string
}

// NewDataKeys returns a ring. It has one active key; ids and secrets are distinct, and no
// secret is all zeros.
func NewDataKeys(keys []DataKey) (*DataKeys, error) {
	r := &DataKeys{keys: slices.Clone(keys)}
	slices.SortFunc(r.keys, func(a, b DataKey) int { return int(int64(a.ID) - int64(b.ID)) })
	if len(keys) > MaxDataKeys {
		return nil, fmt.Errorf("%d data keys, at most %d", len(keys), MaxDataKeys)
	}
	for i, k := range r.keys {
		switch {
		case k.ID == 0:
			return nil, errors.New("a data key has the id 0, which stands for no key")
		case i > 0 && r.keys[i-1].ID == k.ID:
			return nil, fmt.Errorf("two data keys have the id %d", k.ID)
		case k.Secret == [32]byte{}:
			return nil, fmt.Errorf("data key %d is all zeros", k.ID)
		case slices.ContainsFunc(r.keys[:i], func(o DataKey) bool { return o.Secret == k.Secret }):
			return nil, fmt.Errorf("data key %d has the secret of another one", k.ID)
		}
		switch k.State {
		case DataKeyNext, DataKeyOld:
		case DataKeyActive:
			if r.active != 0 {
				return nil, fmt.Errorf("data keys %d and %d are both active", r.active, k.ID)
			}
			r.active = k.ID
		default:
			return nil, fmt.Errorf("data key %d is neither next nor active nor old", k.ID)
		}
	}
	if r.active == 0 {
		return nil, errors.New("no data key is active")
	}
	return r, nil
}

// Active returns the id of the key that seals; 0 if r is nil.
func (r *DataKeys) Active() uint32 {
	if r == nil {
		return 0
	}
	return r.active
}

// Has reports whether the ring, which may be nil, has a key.
func (r *DataKeys) Has(id uint32) bool { return r.find(id) != nil }

// IDs returns the ids of the keys, ascending.
func (r *DataKeys) IDs() (ids []uint32) {
	if r != nil {
		for i := range r.keys {
			ids = append(ids, r.keys[i].ID)
		}
	}
	return ids
}

// State returns what a key is for, "" if the ring does not have it.
func (r *DataKeys) State(id uint32) DataKeyState {
	if k := r.find(id); k != nil {
		return k.State
	}
	return ""
}

// Contradicts returns the id of a key that another ring has with another secret, 0 if there is none: one of the two opens nothing.
func (r *DataKeys) Contradicts(other *DataKeys) (id uint32) {
	for i := range r.keys {
		if k := other.find(r.keys[i].ID); k != nil && k.Secret != r.keys[i].Secret {
			return k.ID
		}
	}
	return 0
}

func (r *DataKeys) find(id uint32) *DataKey {
	if r == nil {
		return nil
	}
	for i := range r.keys {
		if r.keys[i].ID == id {
			return &r.keys[i]
		}
	}
	return nil
}

// cipherOf returns the cipher of a key for a tenant, nil if the ring does not have the key.
// Tenants have derived keys of their own, so that what is sealed for one opens for no
// other, whatever a place says.
func (r *DataKeys) cipherOf(id uint32, tenant string) *xaes {
	if r == nil {
		return nil
	}
	name := sealingKey{id, tenant}
	if have, ok := r.ciphers.Load(name); ok {
		x, _ := have.(*xaes)
		return x
	}
	k := r.find(id)
	if k == nil {
		return nil
	}
	derived, err := hkdf.Key(sha256.New, k.Secret[:], nil, "parley/1/seal\x00"+tenant, xaesKeyBytes)
	if err != nil {
		broken("HKDF gives 32 bytes", len(derived), err)
	}
	made, _ := r.ciphers.LoadOrStore(name, newXAES([xaesKeyBytes]byte(derived)))
	x, _ := made.(*xaes)
	return x
}
