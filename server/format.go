package server

import (
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// Formatter writes the answers of searches as the routes do, for those who search
// in the same process. Safe for concurrent use.
type Formatter struct{ call call }

// NewFormatter returns a formatter for a tenant of an engine.
func NewFormatter(e *engine.Engine, tenant string) *Formatter {
	return &Formatter{call{
		server: &Server{engine: e, tenant: tenant},
		actor:  engine.Actor{Tenant: tenant, Principal: "local", Role: "all", Source: "cli"},
	}}
}

// AppendWeek appends the body of an answer of POST /v1/search: times and labels in
// zone z, names from the snapshot that the answer comes from, calls of minutes.
func (f *Formatter) AppendWeek(dst []byte, s *engine.Snapshot, z *slots.Zone, week *matcher.WeekAnswer, minutes int) []byte {
	w := offerWriter{call: &f.call, snap: s, zone: z}
	return w.week(dst, week, minutes)
}

// AppendEarliest is AppendWeek for POST /v1/search/earliest.
func (f *Formatter) AppendEarliest(dst []byte, s *engine.Snapshot, z *slots.Zone, found *matcher.OffersAnswer, minutes int) []byte {
	w := offerWriter{call: &f.call, snap: s, zone: z}
	return w.earliest(dst, found, minutes)
}
