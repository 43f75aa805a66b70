package persist

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/parleyhq/parley/engine"
)

// Names of the files and the directory in a store's directory.
const (
	identityName    = "IDENTITY"
	newIdentityName = "IDENTITY.new" // while a store is being created
	watermarkName   = "WATERMARK"
	newWatermark    = "WATERMARK.new"
	damageName      = "DAMAGE" // what reading behind has found
	newDamage       = "DAMAGE.new"
	lockName        = "LOCK"
	ballastName     = "BALLAST" // takes space, to be given back when there is none
	databaseName    = "pebble"
)

const (
	identityTitle    = "parley store, format "
	maxIdentityBytes = 4 << 10
	storeIDBytes     = 16
	digestKeyBytes   = 32
	maxTenantBytes   = 64
)

// identityRecord is the second line of an identity file. The order of the
// fields is the order in the file.
type identityRecord struct {
	StoreID   string `json:"storeId"`
	Tenant    string `json:"tenant"`
	Sandbox   bool   `json:"sandbox"`
	DigestKey []byte `json:"digestKey"`
	CreatedAt int64  `json:"createdAt"`
}

// NewIdentity returns an identity with a random id and digest key for a store
// to be created at createdAt (Unix seconds).
func NewIdentity(tenant string, sandbox bool, createdAt int64) engine.Identity {
	var random [storeIDBytes + digestKeyBytes]byte
	rand.Read(random[:]) // never fails: it ends the program instead
	return engine.Identity{
		StoreID: hex.EncodeToString(random[:storeIDBytes]), Tenant: tenant, Format: FormatVersion,
		Sandbox: sandbox, DigestKey: bytes.Clone(random[storeIDBytes:]), CreatedAt: createdAt,
	}
}

// checkIdentity returns all that is wrong with id.
func checkIdentity(id engine.Identity) error {
	var errs []error
	if raw, err := hex.DecodeString(id.StoreID); err != nil || len(raw) != storeIDBytes || strings.ToLower(id.StoreID) != id.StoreID {
		errs = append(errs, fmt.Errorf("store id is not %d bytes in lower-case hexadecimal", storeIDBytes))
	}
	if !validTenant(id.Tenant) {
		errs = append(errs, fmt.Errorf("tenant is not 1 to %d characters of A–Z a–z 0–9 . _ -", maxTenantBytes))
	}
	if id.Format < 1 || id.Format > FormatVersion {
		errs = append(errs, fmt.Errorf("format is %d, want 1 to %d", id.Format, FormatVersion))
	}
	if len(id.DigestKey) != digestKeyBytes {
		errs = append(errs, fmt.Errorf("digest key has %d bytes, want %d", len(id.DigestKey), digestKeyBytes))
	}
	if id.CreatedAt < 0 {
		errs = append(errs, errors.New("creation lies before 1970"))
	}
	return errors.Join(errs...)
}

func validTenant(s string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
	return len(s) > 0 && len(s) <= maxTenantBytes && strings.Trim(s, letters) == ""
}

// encodeIdentity returns the text of an identity file: a title with the
// format, a line of JSON, and the checksum of both.
func encodeIdentity(id engine.Identity) ([]byte, error) {
	if err := checkIdentity(id); err != nil {
		return nil, fmt.Errorf("persist: identity: %w", err)
	}
	line, err := json.Marshal(identityRecord{id.StoreID, id.Tenant, id.Sandbox, id.DigestKey, id.CreatedAt})
	if err != nil {
		return nil, fmt.Errorf("persist: identity: %w", err)
	}
	text := fmt.Appendf(nil, "%s%d\n%s\n", identityTitle, id.Format, line)
	return fmt.Appendf(text, "crc32c %08x\n", checksum(text)), nil
}

// decodeIdentity accepts exactly what encodeIdentity returns.
func decodeIdentity(text []byte) (engine.Identity, error) {
	var format int
	title, _, ok := bytes.Cut(text, []byte("\n"))
	if _, err := fmt.Sscanf(string(title), identityTitle+"%d", &format); !ok || err != nil || format < 1 {
		return engine.Identity{}, damaged(identityName, "does not begin like an identity file")
	}
	if format == wrappedFormat {
		return engine.Identity{}, damaged(identityName, "has the title of an encrypted store")
	}
	if format > FormatVersion {
		return engine.Identity{}, fmt.Errorf("%w: %s says format %d, this program reads up to %d; use the program that wrote it, or a newer one",
			ErrNewerFormat, identityName, format, FormatVersion)
	}
	lines := bytes.Split(text, []byte("\n"))
	if len(lines) != 4 {
		return engine.Identity{}, damaged(identityName, "has %d lines, want 3", len(lines)-1)
	}
	var r identityRecord
	if err := json.Unmarshal(lines[1], &r); err != nil {
		return engine.Identity{}, damaged(identityName, "second line is not the expected JSON")
	}
	id := engine.Identity{
		StoreID: r.StoreID, Tenant: r.Tenant, Format: format,
		Sandbox: r.Sandbox, DigestKey: r.DigestKey, CreatedAt: r.CreatedAt,
	}
	// JSON has many spellings of one value; only the one that we write counts.
	if again, err := encodeIdentity(id); err != nil || !bytes.Equal(again, text) {
		return engine.Identity{}, damaged(identityName, "checksum or content differs from what was written")
	}
	return id, nil
}

// identityDigest ties the other files of a store to its identity file.
func identityDigest(text []byte) engine.Hash { return sha256.Sum256(text) }
