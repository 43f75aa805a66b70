package persist

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/parleyhq/parley/engine"
)

// wrappedFormat is the format that the identity file of an encrypted store names: its
// digest key stands there wrapped by a data key. How records are kept is said inside.
const wrappedFormat = 3

// wrappedRecord is the second line of such a file. The order of the fields is the order
// in the file.
type wrappedRecord struct {
	StoreID   string     `json:"storeId"`
	Tenant    string     `json:"tenant"`
	Sandbox   bool       `json:"sandbox"`
	Format    int        `json:"format"` // of the records, 1 or 2
	Wrapped   wrappedKey `json:"wrapped"`
	BoundAs   string     `json:"boundAs"` // hash of the file as it would be in clear, hexadecimal
	CreatedAt int64      `json:"createdAt"`
}

// wrappedKey is the digest key under a data key.
type wrappedKey struct {
	KeyID uint32 `json:"keyId"`
	Nonce []byte `json:"nonce"`
	Bytes []byte `json:"bytes"`
}

// wrappedIdentity is what an identity file of an encrypted store says.
type wrappedIdentity struct {
	engine.Identity // without its digest key
	wrapped         engine.Sealed
	bound           engine.Hash // what the other files of the store are tied to
}

// isWrapped reports whether text is of an encrypted store.
func isWrapped(text []byte) bool {
	title, _, _ := bytes.Cut(text, []byte("\n"))
	return string(title) == fmt.Sprint(identityTitle, wrappedFormat)
}

// wrap makes the identity file of an encrypted store. The store stays tied to what its
// file would be in clear, so that wrapping changes one file alone.
func wrap(id engine.Identity, keys *engine.DataKeys) ([]byte, error) {
	bare, err := encodeIdentity(id)
	if err != nil {
		return nil, err
	}
	s, err := keys.WrapDigestKey(id.StoreID, id.DigestKey, rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("persist: identity: %w", err)
	}
	id.DigestKey, id.WrappedBy = nil, s.KeyID
	return encodeWrapped(wrappedIdentity{id, s, identityDigest(bare)})
}

func encodeWrapped(w wrappedIdentity) ([]byte, error) {
	line, err := json.Marshal(wrappedRecord{
		w.StoreID, w.Tenant, w.Sandbox, w.Format, wrappedKey{w.wrapped.KeyID, w.wrapped.Nonce, w.wrapped.Bytes},
		hex.EncodeToString(w.bound[:]), w.CreatedAt,
	})
	if err != nil {
		return nil, fmt.Errorf("persist: identity: %w", err)
	}
	text := fmt.Appendf(nil, "%s%d\n%s\n", identityTitle, wrappedFormat, line)
	return fmt.Appendf(text, "crc32c %08x\n", checksum(text)), nil
}

// decodeWrapped accepts exactly what encodeWrapped returns.
func decodeWrapped(text []byte) (wrappedIdentity, error) {
	lines := bytes.Split(text, []byte("\n"))
	if len(lines) != 4 {
		return wrappedIdentity{}, damaged(identityName, "has %d lines, want 3", len(lines)-1)
	}
	var r wrappedRecord
	if err := json.Unmarshal(lines[1], &r); err != nil {
		return wrappedIdentity{}, damaged(identityName, "second line is not the expected JSON")
	}
	w := wrappedIdentity{
		engine.Identity{
			StoreID: r.StoreID, Tenant: r.Tenant, Format: r.Format, Sandbox: r.Sandbox, CreatedAt: r.CreatedAt, WrappedBy: r.Wrapped.KeyID,
		},
		engine.Sealed{KeyID: r.Wrapped.KeyID, Nonce: r.Wrapped.Nonce, Bytes: r.Wrapped.Bytes}, engine.Hash{},
	}
	bound, err := hex.DecodeString(r.BoundAs)
	if err != nil || len(bound) != len(w.bound) || strings.ToLower(r.BoundAs) != r.BoundAs || w.WrappedBy == 0 {
		return wrappedIdentity{}, damaged(identityName, "is not tied to a store, or wrapped by no key")
	}
	copy(w.bound[:], bound)
	if again, err := encodeWrapped(w); err != nil || !bytes.Equal(again, text) {
		return wrappedIdentity{}, damaged(identityName, "checksum or content differs from what was written")
	}
	full := w.Identity
	full.DigestKey = make([]byte, digestKeyBytes)
	if err := checkIdentity(full); err != nil {
		return wrappedIdentity{}, damaged(identityName, "%v", err)
	}
	return w, nil
}

// unwrap returns the identity with its digest key, or without it if the ring, which may
// be nil, does not have the key.
func (w wrappedIdentity) unwrap(keys *engine.DataKeys) (engine.Identity, error) {
	id := w.Identity
	key, err := keys.UnwrapDigestKey(id.StoreID, w.wrapped)
	switch {
	case errors.Is(err, engine.ErrKeyMissing):
		return id, nil
	case err != nil:
		return engine.Identity{}, fmt.Errorf("%w; or data key %d is not the one that the store was wrapped with",
			damaged(identityName, "the digest key does not open"), w.WrappedBy)
	}
	id.DigestKey = key
	full := id
	full.WrappedBy = 0
	bare, err := encodeIdentity(full)
	if err != nil || identityDigest(bare) != w.bound {
		return engine.Identity{}, damaged(identityName, "is not what the store was made as")
	}
	return id, nil
}

// takeIdentity takes in the text of the identity file.
func (s *Store) takeIdentity(text []byte) (err error) {
	if !isWrapped(text) {
		if s.identity, err = decodeIdentity(text); err == nil {
			s.identityDigest = identityDigest(text)
		}
		return err
	}
	w, err := decodeWrapped(text)
	if err != nil {
		return err
	}
	s.identityDigest = w.bound
	s.identity, err = w.unwrap(s.opts.Keys)
	return err
}

// Protect wraps the store's digest key with the active key of the ring, unless it is so
// already. From then on the store is encrypted, for good: Identity says which key wraps
// it. A crash leaves the file of before, or the new one. It fails with ErrKeyMissing if the
// digest key could not be unwrapped. Not to be called by several at once.
func (s *Store) Protect(keys *engine.DataKeys) error {
	id := s.Identity()
	switch {
	case id.WrappedBy == keys.Active():
		return nil
	case id.DigestKey == nil:
		return &engine.MissingKeyError{KeyID: id.WrappedBy}
	}
	id.WrappedBy = 0
	text, err := wrap(id, keys)
	if err != nil {
		return err
	}
	if err := replaceFile(s.fs, s.dir, identityName, newIdentityName, text); err != nil {
		return fmt.Errorf("persist: %s: %w", identityName, err)
	}
	s.wrappedBy.Store(keys.Active())
	s.opts.Logger.Info("store is encrypted", "dataKey", keys.Active())
	return nil
}
