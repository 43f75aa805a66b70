package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// Limits of an export of the audit trail.
const (
	defaultAudit  = 1000
	maxAudit      = 10_000   // lines of one answer; the seal that passes it comes whole, with its changes
	maxAuditBytes = 16 << 20 // the record that passes it included
	// auditSlack is by how much the instants of neighbouring records may go back, in seconds: what is
	// written behind an answer comes later than it was, and a seal later than the changes that it seals.
	auditSlack = slots.Instant((2*journalPatience+journalAnchor)/1e9) + 2
)

const typeFHIR = "application/fhir+ndjson"

// auditWalk writes a stretch of one tenant's audit trail: the records of its journal in order, and before each
// seal the changes that it seals.
type auditWalk struct {
	engine *engine.Engine
	tenant string
	form   auditForm
	limit  int           // lines
	to     slots.Instant // records from here on end the stretch, 0 = none do

	out   bytes.Buffer
	lines int
	last  engine.JournalHead // of what was written
}

var (
	errAuditFull = errors.New("server: the page is full")
	errAuditPast = errors.New("server: the stretch is over")
)

// write writes from record n on, 1 or more. It reports whether it came to the end of the stretch.
func (w *auditWalk) write(j engine.Journal, n uint64) (ended bool, err error) {
	before := engine.JournalHead{Tenant: w.tenant}
	if n > 1 {
		if before, err = journalAt(j, w.tenant, n-1); err != nil {
			return false, err
		}
	}
	w.last = before
	w.form.start(&w.out, before)
	err = j.WalkJournal(w.tenant, n, func(at engine.JournalHead, payload []byte) error {
		if w.lines >= w.limit || w.out.Len() >= maxAuditBytes {
			return errAuditFull
		}
		r, err := engine.DecodeAccess(payload)
		if err != nil {
			return err
		}
		if w.to != 0 && r.At >= w.to+auditSlack {
			return errAuditPast
		}
		if r.Kind == engine.AccessSeal {
			if err := w.changes(&r); err != nil {
				return err
			}
		}
		w.form.access(&w.out, at, &r, payload)
		w.lines, w.last = w.lines+1, at
		return nil
	})
	switch {
	case errors.Is(err, errAuditFull):
		return false, nil
	case errors.Is(err, errAuditPast):
		return true, nil
	}
	return err == nil, err
}

// changes writes what a seal seals.
func (w *auditWalk) changes(r *engine.AccessRecord) error {
	return w.engine.Changes(r.From, r.Through, func(c *engine.Change) error {
		if !c.Of(w.tenant) {
			return nil
		}
		record, err := c.Encode()
		w.form.change(&w.out, &c.AuditRecord, record)
		w.lines++
		return err
	})
}

// journalAt returns the chain of a tenant at record n.
func journalAt(j engine.Journal, tenant string, n uint64) (head engine.JournalHead, err error) {
	err = j.WalkJournal(tenant, n, func(at engine.JournalHead, _ []byte) error {
		head = at
		return errAuditFull
	})
	if errors.Is(err, errAuditFull) {
		err = nil
	}
	return head, err
}

// headOf returns the head of a tenant's chain.
func headOf(j engine.Journal, tenant string) engine.JournalHead {
	for _, h := range j.JournalHeads() {
		if h.Tenant == tenant {
			return h
		}
	}
	return engine.JournalHead{Tenant: tenant}
}

// firstFrom finds the first record that may be of an instant or later.
func firstFrom(j engine.Journal, tenant string, from slots.Instant) (uint64, error) {
	low, high := uint64(1), headOf(j, tenant).N+1 // the first one is in [low, high]
	for low < high {
		middle := low + (high-low)/2
		earlier := false
		err := j.WalkJournal(tenant, middle, func(_ engine.JournalHead, payload []byte) error {
			r, err := engine.DecodeAccess(payload)
			if err != nil {
				return err
			}
			earlier = r.At < from-auditSlack
			return errAuditFull
		})
		switch {
		case err != nil && !errors.Is(err, errAuditFull):
			return 0, err
		case earlier:
			low = middle + 1
		default:
			high = middle
		}
	}
	return low, nil
}

// exportAudit hands out the caller's tenant's audit trail, page by page.
func exportAudit(c *call) answer {
	k := check{ofQuery: true}
	w := auditWalk{engine: c.server.engine, tenant: c.actor.Tenant, limit: defaultAudit}
	form, p := c.auditForm(&k)
	if p != nil {
		return refuse(p)
	}
	w.form = form
	var from slots.Instant
	if s, given := c.query["from"]; given {
		from = k.instant("from", s)
	}
	if s, given := c.query["to"]; given {
		w.to = k.instant("to", s)
	}
	if s, given := c.query["limit"]; given {
		n, err := strconv.Atoi(s)
		if err != nil || strconv.Itoa(n) != s {
			k.unclear("limit", "must be an integer")
		}
		w.limit = k.within("limit", n, 1, maxAudit)
	}
	list := "audit " + c.query["from"] + " " + c.query["to"]
	after, cp := position{}, (*problem)(nil)
	if s, given := c.query["after"]; given {
		after, cp = c.cursorIn(s, list)
	}
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	if cp != nil {
		return refuse(cp)
	}
	j := c.server.journal
	if err := j.flush(c.wait()); err != nil {
		return c.server.withheld()
	}
	if _, err := j.seal(c.wait()); err != nil {
		return c.server.withheld()
	}
	n := uint64(after.start) + 1
	var err error
	if after.start == 0 && from != 0 {
		n, err = firstFrom(j.store, w.tenant, from)
	}
	ended := false
	if err == nil {
		ended, err = w.write(j.store, n)
	}
	if err != nil {
		c.server.log.Error("the audit trail cannot be read", "error", err, "request", c.requestID)
		return refuse(&problem{code: codeInternal})
	}
	head := headOf(j.store, w.tenant)
	a := answer{status: http.StatusOK, body: w.out.Bytes(), contentType: w.form.media()}
	a.headers = append(a.headers, [2]string{"Audit-Head", strconv.FormatUint(head.N, 10) + " " + hexOf(head.Chain)})
	if w.last.N > 0 {
		a.headers = append(a.headers, [2]string{"Next-Cursor", c.writeCursor(list, position{start: slots.Instant(w.last.N), id: "n"})})
	}
	if ended {
		a.headers = append(a.headers, [2]string{"Audit-Ended", "true"})
	}
	return a
}

// auditForm is the form that a request asks for, by ?format= or its Accept header.
func (c *call) auditForm(k *check) (auditForm, *problem) {
	name, given := c.query["format"]
	if given {
		name = k.word("format", name, []string{"ndjson", "fhir"})
	}
	switch {
	case name == "fhir", !given && !acceptable(c.accept, typeNDJSON) && acceptable(c.accept, typeFHIR), !given && strings.HasPrefix(c.accept, typeFHIR):
		return fhirForm{}, nil
	case given || acceptable(c.accept, typeNDJSON):
		return ownForm{}, nil
	}
	return nil, &problem{code: codeNotAcceptable, detail: "The operation answers with " + typeNDJSON + " or " + typeFHIR + "."}
}

// ExportAudit writes the whole audit trail of a tenant of an engine that no server uses, in the form "ndjson" or "fhir",
// and returns its head. The export is recorded before it begins. A tenant that is none is refused: nothing may be recorded of it.
func ExportAudit(ctx context.Context, e *engine.Engine, storeTenant, tenant, format string, to io.Writer) (head engine.JournalHead, err error) {
	if !isTenant(e.Snapshot(), storeTenant, tenant) {
		return head, errors.New("server: the store has no such tenant")
	}
	j, err := openJournal(e, storeTenant, slog.New(slog.DiscardHandler), NewMetrics(""))
	if err != nil {
		return head, err
	}
	defer func() { err = errors.Join(err, j.close()) }()
	if _, err := j.seal(ctx); err != nil {
		return head, err
	}
	head = headOf(j.store, tenant)
	err = j.record(ctx, engine.AccessRecord{
		Kind: engine.AccessExport, At: e.Now(), Tenant: tenant, Principal: engine.LocalPrincipal, Role: engine.RoleAll,
		Action: "exportAudit", Client: "this machine", Status: http.StatusOK, RequestID: newID("req"),
	})
	for after, ended := uint64(0), false; err == nil && !ended && after < head.N; {
		w := auditWalk{engine: e, tenant: tenant, form: auditFormOf(format), limit: maxAudit}
		if ended, err = w.write(j.store, after+1); err == nil {
			_, err = to.Write(w.out.Bytes())
			after = w.last.N
		}
	}
	return head, err
}
