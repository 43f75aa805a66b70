package server

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// auditForm writes lines of an audit trail. A line is a function of the record in it, its number and its chain
// value: who verifies a file writes each line anew and compares.
type auditForm interface {
	media() string
	// start says behind what the lines begin.
	start(out *bytes.Buffer, at engine.JournalHead)
	access(out *bytes.Buffer, at engine.JournalHead, r *engine.AccessRecord, payload []byte)
	change(out *bytes.Buffer, r *engine.AuditRecord, payload []byte)
}

func auditFormOf(format string) auditForm {
	if format == "fhir" {
		return fhirForm{}
	}
	return ownForm{}
}

func hexOf(h engine.Hash) string { return hex.EncodeToString(h[:]) }

func textOf(payload []byte) string { return base64.StdEncoding.EncodeToString(payload) }

// Types of lines beside the kinds of access.
const (
	lineStart  = "start"
	lineChange = "change"
)

// startLine begins every page: the chain before its first record.
type startLine struct {
	Type   string `json:"type"`
	Tenant string `json:"tenant"`
	N      uint64 `json:"n"`
	Chain  string `json:"chain"`
}

// accessLine is a record of the journal that is no seal.
type accessLine struct {
	Type      string      `json:"type"`
	N         uint64      `json:"n"`
	At        string      `json:"at"`
	Tenant    string      `json:"tenant"`
	Principal *string     `json:"principal"`
	Role      *string     `json:"role"`
	KeyID     *string     `json:"keyId"`
	Action    *string     `json:"action"`
	Objects   []objectOut `json:"objects"`
	Client    *string     `json:"client"`
	Status    uint16      `json:"status"`
	Code      *string     `json:"code"`
	RequestID string      `json:"requestId"`
	More      uint64      `json:"more"`
	Chain     string      `json:"chain"`
	Record    string      `json:"record"`
}

// sealLine closes the changes before it.
type sealLine struct {
	Type    string `json:"type"`
	N       uint64 `json:"n"`
	At      string `json:"at"`
	Tenant  string `json:"tenant"`
	Changes uint64 `json:"changes"`
	Digest  string `json:"digest"`
	Chain   string `json:"chain"`
	Record  string `json:"record"`
}

// changeLine is an entry of the log.
type changeLine struct {
	Type      string      `json:"type"`
	At        string      `json:"at"`
	Tenant    string      `json:"tenant"`
	Principal string      `json:"principal"`
	Role      string      `json:"role"`
	Source    string      `json:"source"`
	KeyID     *string     `json:"keyId"`
	Client    *string     `json:"client"`
	Action    string      `json:"action"`
	Objects   []objectOut `json:"objects"`
	Status    string      `json:"status"`
	Rules     string      `json:"rules"`
	RequestID string      `json:"requestId"`
	Record    string      `json:"record"`
}

// ownForm is our own.
type ownForm struct{}

func (ownForm) media() string { return typeNDJSON }

// line1 writes one line. A file that is verified may hold anything, text that is no UTF-8 included.
func line1(out *bytes.Buffer, v any) {
	text, err := json.Marshal(v, jsontext.AllowInvalidUTF8(true))
	must(err)
	out.Write(append(text, '\n'))
}

func (ownForm) start(out *bytes.Buffer, at engine.JournalHead) {
	line1(out, startLine{Type: lineStart, Tenant: at.Tenant, N: at.N, Chain: hexOf(at.Chain)})
}

func (ownForm) access(out *bytes.Buffer, at engine.JournalHead, r *engine.AccessRecord, payload []byte) {
	if r.Kind == engine.AccessSeal {
		line1(out, sealLine{
			Type: r.Kind.String(), N: at.N, At: instantOut(r.At, slots.UTC()), Tenant: r.Tenant, Changes: r.Changes, Digest: hexOf(r.Digest),
			Chain: hexOf(at.Chain), Record: textOf(payload),
		})
		return
	}
	line1(out, accessLine{
		Type: r.Kind.String(), N: at.N, At: instantOut(r.At, slots.UTC()), Tenant: r.Tenant, Principal: textOrNull(r.Principal), Role: textOrNull(r.Role),
		KeyID: textOrNull(r.KeyID), Action: textOrNull(r.Action), Objects: objectsOut(r.Objects), Client: textOrNull(r.Client),
		Status: r.Status, Code: textOrNull(r.Code), RequestID: r.RequestID, More: r.Count, Chain: hexOf(at.Chain), Record: textOf(payload),
	})
}

func (ownForm) change(out *bytes.Buffer, r *engine.AuditRecord, payload []byte) {
	line1(out, changeLine{
		Type: lineChange, At: instantOut(r.At, slots.UTC()), Tenant: r.Actor.Tenant, Principal: r.Actor.Principal, Role: r.Actor.Role, Source: r.Actor.Source,
		KeyID: textOrNull(r.KeyID), Client: textOrNull(r.Client), Action: r.Kind.String(), Objects: objectsOut(r.Objects), Status: r.Status.String(), Rules: r.Rules, RequestID: r.RequestID,
		Record: textOf(payload),
	})
}

func objectsOut(objects []engine.Object) []objectOut {
	out := make([]objectOut, len(objects))
	for i, o := range objects {
		out[i] = objectOut(o)
	}
	return out
}
