package engine

import (
	"encoding/binary"

	"github.com/parleyhq/parley/slots"
)

const auditVersion = 2

// AuditRecord says who did what, when, to what: one for each entry of the log. It
// holds no personal data. It is a part of what the entry says and read out of it;
// stores of format 1 also keep it beside the entry, in SpaceAudit.
type AuditRecord struct {
	Seq       Seq
	At        slots.Instant
	Actor     Actor
	RequestID string
	Kind      Kind
	Status    Status
	Rules     string   // version of the ruleset that judged
	Objects   []Object // what was changed, in the order of the changes
	Client    string   // the peer's address, without its port, "" = none or not known
	KeyID     string   // of the key that was shown, "" = none
}

// Object names something that an entry changed, e.g. {"appointment", "apt-7"}.
type Object struct{ Type, ID string }

// keepsAudit reports whether audit records are kept beside the entries.
func (id Identity) keepsAudit() bool { return id.Format == 1 }

// AuditKey is the key of a kept audit record: tenant, a zero byte, seq as 8 bytes
// big endian. So the records of a tenant are in order of time.
func AuditKey(tenant string, seq Seq) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(tenant), 0), uint64(seq))
}

// DecodeAudit reads a kept audit record.
func DecodeAudit(value []byte) (AuditRecord, error) {
	var r AuditRecord
	c := decoder(string(value))
	c.audit(&r)
	return r, c.end()
}

func (c *codec) audit(r *AuditRecord) {
	version := c.leastVersion(r.least(), auditVersion)
	natural(c, &r.Seq)
	integer(c, &r.At)
	c.actor(&r.Actor)
	c.str(&r.RequestID)
	natural(c, &r.Kind)
	natural(c, &r.Status)
	c.str(&r.Rules)
	list(c, &r.Objects, func(c *codec, o *Object) {
		c.str(&o.Type)
		c.str(&o.ID)
	})
	if version >= 2 {
		from := origin{r.Client, r.KeyID}
		c.origin(&from)
		r.Client, r.KeyID = from.client, from.keyID
	}
	c.leastEnd(version, r.least())
}

// least returns the lowest version that holds the record: from where came with the second.
func (r *AuditRecord) least() uint8 {
	if r.Client != "" || r.KeyID != "" {
		return 2
	}
	return 1
}

// auditRecord derives the audit record of an entry.
func (e *entry) auditRecord() AuditRecord {
	r := AuditRecord{
		Seq: e.seq, At: e.now, Actor: e.actor, RequestID: e.requestID,
		Kind: e.kind, Status: e.status, Rules: e.rules, Client: e.from.client, KeyID: e.from.keyID,
	}
	for _, f := range e.effects {
		if o := objectOf(f); o.Type != "" {
			r.Objects = append(r.Objects, o)
		}
	}
	return r
}

func objectOf(f effect) Object {
	switch f := f.(type) {
	case *putReviewer:
		return Object{"reviewer", f.image.ID}
	case *putCase:
		return Object{"case", f.image.ID}
	case *putHold:
		return Object{"hold", f.image.ID}
	case *dropHold:
		return Object{"hold", f.id}
	case *putAppointment:
		return Object{"appointment", f.image.ID}
	case *putProfile:
		return Object{"profile", f.image.Principal}
	case *putCallback:
		return Object{"callback", f.image.ID}
	case *noteOffer:
		if f.digest != [32]byte{} {
			return Object{"offer", f.record.CaseID}
		}
	case *setRules:
		return Object{"rules", f.version}
	case *putTenant:
		return Object{"tenant", f.image.ID}
	case *putAPIKey:
		return Object{"key", f.image.ID}
	case *putConduct:
		return Object{} // what follows from a hold or a booking, which is named
	case *dropAPIKey:
		return Object{"key", f.id}
	}
	return Object{}
}
