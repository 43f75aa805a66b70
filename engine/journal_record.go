package engine

import (
	"fmt"

	"github.com/parleyhq/parley/slots"
)

// AccessKind numbers what the journal records. Numbers belong to its format.
type AccessKind uint8

// Kinds of records of the journal.
const (
	AccessRead    AccessKind = iota + 1 // personal data was handed out
	AccessRefused                       // a request of a principal was refused
	AccessFailed                        // a request came with no credential that is taken
	AccessExport                        // records were exported
	AccessSeal                          // the tenant's changes in a stretch of the log, in one digest
	accessKindEnd
)

var accessKindNames = [accessKindEnd]string{
	AccessRead: "read", AccessRefused: "refused", AccessFailed: "failed_authentication", AccessExport: "export", AccessSeal: "seal",
}

// String returns the kind's name in snake_case.
func (k AccessKind) String() string {
	if k > 0 && k < accessKindEnd {
		return accessKindNames[k]
	}
	return fmt.Sprintf("access_%d", uint8(k))
}

// AccessRecord is a record of the journal: ids and codes, never personal data and
// never a secret. Its number and chain value are the journal's.
type AccessRecord struct {
	Kind      AccessKind
	At        slots.Instant
	Tenant    string
	Principal string // "" = nobody
	Role      string
	KeyID     string // of the key that was shown, "" = none or an unknown one
	Action    string // name of the route, "" = none was found
	Objects   []Object
	Client    string // the peer's address, without its port
	Status    uint16 // of the answer
	Code      string // of the problem, "" = none
	RequestID string
	// Count is how many requests the record stands for, beyond the one it describes:
	// failed authentications from one address, which come in floods.
	Count uint64

	// Of a seal: the entries of the tenant after position From up to Through, how many, and
	// the chain over their audit records, SealNext from zero.
	From, Through Seq
	Changes       uint64
	Digest        Hash
}

// MaxAccessObjects bounds the objects of a record.
const MaxAccessObjects = MaxListItems

const accessVersion = 1

func (c *codec) access(r *AccessRecord) {
	c.version(accessVersion)
	natural(c, &r.Kind)
	if c.reading && (r.Kind == 0 || r.Kind >= accessKindEnd) {
		c.fail(errDamagedRecord, fmt.Sprintf("access kind %d", r.Kind))
	}
	integer(c, &r.At)
	c.str(&r.Tenant)
	if r.Kind == AccessSeal {
		natural(c, &r.From)
		natural(c, &r.Through)
		natural(c, &r.Changes)
		c.digest((*[32]byte)(&r.Digest))
		return
	}
	c.str(&r.Principal)
	c.str(&r.Role)
	c.str(&r.KeyID)
	c.str(&r.Action)
	list(c, &r.Objects, func(c *codec, o *Object) {
		c.str(&o.Type)
		c.str(&o.ID)
	})
	c.str(&r.Client)
	natural(c, &r.Status)
	c.str(&r.Code)
	c.str(&r.RequestID)
	natural(c, &r.Count)
}

// Encode returns the record's bytes, or an error if a field breaks a limit.
func (r *AccessRecord) Encode() ([]byte, error) {
	c := encoder(make([]byte, 0, 192))
	c.access(r)
	return c.out, c.err
}

// SealedUpTo returns the last entry of the log that a record of the access journal holds fast,
// 0 if it is no seal.
func SealedUpTo(payload []byte) (Seq, error) {
	r, err := DecodeAccess(payload)
	if err != nil || r.Kind != AccessSeal {
		return 0, err
	}
	return r.Through, nil
}

// DecodeAccess reads a record of the journal.
func DecodeAccess(payload []byte) (AccessRecord, error) {
	var r AccessRecord
	c := decoder(string(payload))
	c.access(&r)
	return r, c.end()
}

// Encode returns the audit record's bytes, which DecodeAudit reads.
func (r *AuditRecord) Encode() ([]byte, error) {
	c := encoder(make([]byte, 0, 192))
	c.audit(r)
	return c.out, c.err
}

// SealNext returns the digest of a seal with one more audit record.
func SealNext(prev Hash, record []byte) Hash { return ChainNext(prev, 0, record) }
