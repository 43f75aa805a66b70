package server

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// FHIR R4 AuditEvent, in the manner of IHE's Basic Audit Log Patterns: type, subtype, action, recorded, outcome, the agent who asked
// and from where, the source, and the entities that it was about. What our own form says beside that stands in extensions.

type coding struct {
	System  string `json:"system"`
	Code    string `json:"code"`
	Display string `json:"display,omitempty"`
}

type concept struct {
	Coding []coding `json:"coding,omitempty"`
	Text   string   `json:"text,omitempty"`
}

type identifier struct {
	System string `json:"system"`
	Value  string `json:"value"`
}

type reference struct {
	Identifier identifier `json:"identifier"`
	Display    string     `json:"display,omitempty"`
}

type network struct {
	Address string `json:"address"`
	Type    string `json:"type"` // 1: a machine's name, 2: an IP address
}

type fhirAgent struct {
	Type      concept   `json:"type"`
	Role      []concept `json:"role,omitempty"`
	Who       reference `json:"who"`
	Requestor bool      `json:"requestor"`
	Network   *network  `json:"network,omitempty"`
}

type fhirSource struct {
	Observer reference `json:"observer"`
}

type fhirEntity struct {
	What reference `json:"what"`
	Type coding    `json:"type"`
	Role *coding   `json:"role,omitempty"`
}

type extension struct {
	URL   string `json:"url"`
	Value string `json:"valueString"`
}

type auditEvent struct {
	ResourceType string       `json:"resourceType"`
	Extension    []extension  `json:"extension"`
	Type         coding       `json:"type"`
	Subtype      []coding     `json:"subtype"`
	Action       string       `json:"action"` // C R U D E
	Recorded     string       `json:"recorded"`
	Outcome      string       `json:"outcome"` // 0 success, 4 minor, 8 serious failure
	OutcomeDesc  string       `json:"outcomeDesc,omitempty"`
	Agent        []fhirAgent  `json:"agent"`
	Source       fhirSource   `json:"source"`
	Entity       []fhirEntity `json:"entity,omitempty"`
}

// Code systems.
const (
	systemDICOM  = "http://dicom.nema.org/resources/ontology/DCM"
	systemEvent  = "http://terminology.hl7.org/CodeSystem/audit-event-type"
	systemREST   = "http://hl7.org/fhir/restful-interaction"
	systemEntity = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
	systemRole   = "http://terminology.hl7.org/CodeSystem/object-role"
	systemPart   = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
	systemBALP   = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
	systemOwn    = "urn:parley:"
)

var (
	eventREST   = coding{systemEvent, "rest", "RESTful Operation"}
	eventExport = coding{systemDICOM, "110106", "Export"}
	eventLogin  = coding{systemDICOM, "110114", "User Authentication"}
	eventAudit  = coding{systemDICOM, "110101", "Audit Log Used"}
)

// interactions are what kinds of commands do, as FHIR says it; the others update.
var interactions = map[engine.Kind]string{
	engine.KindHold: "create", engine.KindBook: "create", engine.KindAdHoc: "create", engine.KindCreateCallback: "create", engine.KindCreateKey: "create",
	engine.KindRecordOffer: "create", engine.KindRecordAnswer: "create", engine.KindReleaseHold: "delete", engine.KindRevokeKey: "delete",
}

var actionOf = map[string]string{"create": "C", "read": "R", "search": "R", "update": "U", "delete": "D"}

// fhirForm is one AuditEvent a line.
type fhirForm struct{}

func (fhirForm) media() string { return typeFHIR }

// start is an event too: that the trail was read, and behind what.
func (fhirForm) start(out *bytes.Buffer, at engine.JournalHead) {
	e := newEvent(eventAudit, coding{systemOwn + "line", lineStart, ""}, "R", "1970-01-01T00:00:00Z", "0", "", "", nil)
	e.extend("tenant", at.Tenant)
	e.extend("n", strconv.FormatUint(at.N, 10))
	e.extend("chain", hexOf(at.Chain))
	line1(out, e)
}

func newEvent(kind, sub coding, action, at, outcome, principal, client string, objects []engine.Object) *auditEvent {
	e := &auditEvent{
		ResourceType: "AuditEvent", Type: kind, Subtype: []coding{sub}, Action: action, Recorded: at, Outcome: outcome,
		Source: fhirSource{Observer: reference{Identifier: identifier{systemOwn + "system", "parley"}}},
	}
	agent := fhirAgent{Type: concept{Coding: []coding{{systemPart, "IRCP", "information recipient"}}}, Requestor: true,
		Who: reference{Identifier: identifier{systemOwn + "principal", principal}}}
	if principal == "" {
		agent.Who = reference{Identifier: identifier{systemOwn + "principal", "unknown"}, Display: "nobody who is known"}
	}
	if client != "" {
		agent.Network = &network{client, "1"}
		if _, err := netip.ParseAddr(client); err == nil {
			agent.Network.Type = "2"
		}
	}
	e.Agent = []fhirAgent{agent}
	for _, o := range objects {
		e.Entity = append(e.Entity, fhirEntity{
			What: reference{Identifier: identifier{systemOwn + strings.ReplaceAll(o.Type, " ", "-"), o.ID}}, // no URI has a space
			Type: coding{systemEntity, "2", "System Object"}, Role: &coding{systemRole, "4", "Domain Resource"},
		})
	}
	return e
}

func (e *auditEvent) extend(name, value string) {
	e.Extension = append(e.Extension, extension{systemOwn + "audit:" + name, value})
}

// asked adds the request's id and the role that asked.
func (e *auditEvent) asked(requestID, role string) {
	if requestID != "" {
		e.Entity = append(e.Entity, fhirEntity{
			What: reference{Identifier: identifier{systemOwn + "request", requestID}}, Type: coding{systemBALP, "XrequestId", ""},
		})
	}
	if role != "" {
		e.Agent[0].Role = []concept{{Coding: []coding{{systemOwn + "role", role, ""}}}}
	}
}

func (fhirForm) access(out *bytes.Buffer, at engine.JournalHead, r *engine.AccessRecord, payload []byte) {
	kind, sub, action, outcome := eventREST, coding{systemREST, "read", "read"}, "R", "0"
	switch r.Kind {
	case engine.AccessRefused:
		sub, action, outcome = coding{systemOwn + "operation", r.Action, ""}, "E", "4"
	case engine.AccessFailed:
		kind, sub, action, outcome = eventLogin, coding{systemDICOM, "110122", "Login"}, "E", "4"
	case engine.AccessExport:
		kind, sub = eventExport, coding{systemOwn + "operation", r.Action, ""}
	case engine.AccessSeal:
		kind, sub, action = eventAudit, coding{systemOwn + "line", r.Kind.String(), ""}, "E"
	case engine.AccessRead:
		if len(r.Objects) != 1 {
			sub = coding{systemREST, "search", "search"}
		}
	}
	if sub.Code == "" {
		sub.Code = "none"
	}
	e := newEvent(kind, sub, action, instantOut(r.At, slots.UTC()), outcome, r.Principal, r.Client, r.Objects)
	e.OutcomeDesc = r.Code
	if r.Kind == engine.AccessSeal {
		e.Agent[0].Requestor, e.Agent[0].Who = false, reference{Identifier: identifier{systemOwn + "system", "parley"}}
	}
	e.asked(r.RequestID, r.Role)
	e.extend("type", r.Kind.String())
	e.extend("tenant", r.Tenant)
	e.extend("n", strconv.FormatUint(at.N, 10))
	if r.Action != "" {
		e.extend("operation", r.Action)
	}
	if r.KeyID != "" {
		e.extend("key", r.KeyID)
	}
	if r.Count > 0 {
		e.extend("more", strconv.FormatUint(r.Count, 10))
	}
	e.extend("chain", hexOf(at.Chain))
	e.extend("record", textOf(payload))
	line1(out, e)
}

func (fhirForm) change(out *bytes.Buffer, r *engine.AuditRecord, payload []byte) {
	what := interactions[r.Kind]
	if what == "" {
		what = "update"
	}
	e := newEvent(eventREST, coding{systemREST, what, what}, actionOf[what], instantOut(r.At, slots.UTC()), "0", r.Actor.Principal, r.Client, r.Objects)
	e.asked(r.RequestID, r.Actor.Role)
	e.extend("type", lineChange)
	e.extend("tenant", r.Actor.Tenant)
	e.extend("operation", r.Kind.String())
	e.extend("source", r.Actor.Source)
	if r.KeyID != "" {
		e.extend("key", r.KeyID)
	}
	e.extend("record", textOf(payload))
	line1(out, e)
}
