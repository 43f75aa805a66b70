package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"unicode"
)

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
// carries and must not make up. Purposes are kept apart. It is keyed with the digest key, so that it
// stands for as long as the store; without that with one that ends with the vault. A vault
// of an encrypted store that has neither makes none: Open refuses it.
func (v *Vault) Mark(purpose string, data []byte) [32]byte {
	if v.markKey == nil && v.wrappedBy != 0 {
		broken("marks of an encrypted store have a key", v.wrappedBy, purpose)
	}
	mac := hmac.New(sha256.New, v.markKey)
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

// digest keys the value's purpose in, so equal values of two purposes differ. Without the
// store's key there is no digest.
func (v *Vault) digest(purpose, value string) Digest {
	if value == "" || v.digestKey == nil && v.wrappedBy != 0 {
		return Digest{}
	}
	mac := hmac.New(sha256.New, v.digestKey)
	mac.Write([]byte("parley/1/" + purpose + "\x00" + value))
	var d Digest
	mac.Sum(d[:0])
	return d
}
