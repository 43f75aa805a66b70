package server

import (
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// Formatter writes the answers of searches as the routes do, for those who search
// in the same process. Safe for concurrent use.
type Formatter struct {
	call  call
	plain bool
}

// NewFormatter returns a formatter for a tenant of an engine.
func NewFormatter(e *engine.Engine, tenant string) *Formatter {
	return &Formatter{call: call{
		server: &Server{engine: e, tenant: tenant},
		actor:  engine.Actor{Tenant: tenant, Principal: "local", Role: "all", Source: "cli"},
	}}
}

// Plain returns a formatter that writes the same bytes and spells every start out, where the
// routes make them of what their day has in common: the yardstick of measurements, which
// must not move with what they measure.
func (f *Formatter) Plain() *Formatter { return &Formatter{f.call, true} }

// AppendWeek appends the body of an answer of POST /v1/search: times and labels in
// zone z, names from the snapshot that the answer comes from, calls of minutes.
func (f *Formatter) AppendWeek(dst []byte, s *engine.Snapshot, z *slots.Zone, week *matcher.WeekAnswer, minutes int) []byte {
	w := f.writer(s, z)
	defer w.done()
	return w.week(dst, week, minutes)
}

// AppendEarliest is AppendWeek for POST /v1/search/earliest.
func (f *Formatter) AppendEarliest(dst []byte, s *engine.Snapshot, z *slots.Zone, found *matcher.OffersAnswer, minutes int) []byte {
	w := f.writer(s, z)
	defer w.done()
	return w.earliest(dst, found, minutes)
}

func (f *Formatter) writer(s *engine.Snapshot, z *slots.Zone) *offerWriter {
	w := f.call.offerWriter(z)
	w.snap, w.plain = s, f.plain
	return w
}
