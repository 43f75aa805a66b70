package server

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// offerRecordOut is one line of the proof of what was offered. It names reviewers by
// id and callers by role.
type offerRecordOut struct {
	Seq           uint64             `json:"seq"`
	At            string             `json:"at"`
	Kind          string             `json:"kind"`
	CaseID        string             `json:"caseId"`
	Mode          *string            `json:"mode"`
	Ruleset       string             `json:"ruleset"`
	AsOf          *uint64            `json:"asOf"`
	Range         *spanOut           `json:"range"`
	Days          []string           `json:"days"`
	Hours         []int              `json:"hours"`
	Windows       []spanOut          `json:"windows"`
	Offers        []recordedOfferOut `json:"offers"`
	Codes         []string           `json:"codes"`
	AppointmentID *string            `json:"appointmentId"`
	ReviewerID    *string            `json:"reviewerId"`
	Start         *string            `json:"start"`
	Tier          *string            `json:"tier"`
	Outcome       *string            `json:"outcome"`
	Detail        *string            `json:"detail"`
	Role          string             `json:"role"`
	Source        string             `json:"source"`
}

type recordedOfferOut struct {
	ReviewerID string `json:"reviewerId"`
	Start      string `json:"start"`
	Tier       string `json:"tier"`
}

func offerRecordOf(r *engine.OfferRecord, z *slots.Zone) offerRecordOut {
	out := offerRecordOut{
		Seq: uint64(r.Seq), At: string(slots.AppendInstant(nil, r.At, z)), Kind: r.Kind, CaseID: r.CaseID,
		Mode: textOrNull(r.Mode), Ruleset: r.Ruleset, Days: []string{}, Hours: []int{}, Windows: intervalsOut(r.Windows, z),
		Offers: make([]recordedOfferOut, len(r.Offers)), Codes: r.Codes,
		AppointmentID: textOrNull(r.AppointmentID), ReviewerID: textOrNull(r.ReviewerID), Start: instantText(r.Start, z),
		Tier: tierOrNull(r.Tier), Outcome: textOrNull(r.Outcome), Detail: textOrNull(r.Detail), Role: r.Actor.Role, Source: r.Actor.Source,
	}
	if r.AsOf != 0 {
		n := uint64(r.AsOf)
		out.AsOf = &n
	}
	if !r.Range.Empty() {
		span := intervalOut(r.Range, z)
		out.Range = &span
	}
	if r.Kind == engine.OfferMade || r.Kind == engine.OfferNone {
		out.ticks(r.Ticks)
	}
	for i, o := range r.Offers {
		out.Offers[i] = recordedOfferOut{ReviewerID: o.ReviewerID, Start: string(slots.AppendInstant(nil, o.Start, z)), Tier: o.Tier.String()}
	}
	return out
}

func (out *offerRecordOut) ticks(t slots.Ticks) {
	if t == (slots.Ticks{}) {
		t = slots.AllTicks
	}
	out.Days = daysOut(t.Days)
	for h := range 24 {
		if t.Hours&(1<<h) != 0 {
			out.Hours = append(out.Hours, h)
		}
	}
}

// exportAsked is a checked export.
type exportAsked struct {
	caseID   string
	from, to slots.Instant
	limit    int // 0 = everything
	zone     *slots.Zone
	csv      bool
}

func (c *call) exportAsked(k *check) exportAsked {
	q := exportAsked{zone: k.queryZone(c.query), csv: prefersCSV(c.accept)}
	if s, given := c.query["caseId"]; given {
		q.caseID = k.id("caseId", s)
	}
	if s, given := c.query["from"]; given {
		q.from = k.instant("from", s)
	}
	if s, given := c.query["to"]; given {
		q.to = k.instant("to", s)
	}
	if s, given := c.query["limit"]; given {
		n, err := strconv.Atoi(s)
		if err != nil || strconv.Itoa(n) != s {
			k.unclear("limit", "must be an integer")
		}
		q.limit = k.within("limit", n, 1, maxExport)
	}
	if q.from != 0 && q.to != 0 && q.to <= q.from && k.faults() == 0 {
		k.wrong("to", "must be later than from")
	}
	if q.zone == nil {
		q.zone = slots.UTC()
	}
	return q
}

func exportOfferRecords(c *call) answer {
	if !acceptable(c.accept, typeNDJSON) && !acceptable(c.accept, typeCSV) {
		return refuse(&problem{code: codeNotAcceptable, detail: "The operation answers with " + typeNDJSON + " or " + typeCSV + "."})
	}
	k := check{ofQuery: true}
	q := c.exportAsked(&k)
	list := "offers " + q.caseID + " " + c.query["from"] + " " + c.query["to"]
	cursor, cp := c.readCursor(list)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	if cp != nil {
		return refuse(cp)
	}
	if _, found := c.snap.Case(c.actor.Tenant, q.caseID); q.caseID != "" && !found {
		return notFound()
	}
	x := export{zone: q.zone, limit: q.limit, after: exportPlaceOf(cursor)}
	x.rows = newExportRows(q.csv)
	if err := c.server.engine.OfferRecords(c.actor.Tenant, q.caseID, max(q.from, cursor.start), q.to, x.take); err != nil {
		c.server.log.Error("offer records cannot be read", "error", err, "request", c.requestID)
		return refuse(&problem{code: codeInternal})
	}
	if x.more && q.limit == 0 {
		k.wrong("limit", "the range holds more than one answer takes: narrow from and to, or ask for pages with limit")
		return refuse(k.problem())
	}
	a := answer{status: http.StatusOK, body: x.rows.bytes(), contentType: x.rows.media()}
	if x.more {
		a.headers = append(a.headers, [2]string{"Next-Cursor", c.writeCursor(list, x.last.position())})
	}
	return a
}

// prefersCSV reports whether an Accept value asks for CSV by name and does not put
// NDJSON first.
func prefersCSV(accept string) bool {
	if !acceptable(accept, typeNDJSON) {
		return true
	}
	for item := range strings.SplitSeq(accept, ",") {
		media, parameters, _ := strings.Cut(item, ";")
		switch media = strings.ToLower(strings.Trim(media, " \t")); {
		case media == typeNDJSON:
			return false
		case media == typeCSV:
			return !excluded(parameters)
		}
	}
	return false
}

// exportPlace is where a page ended: the entry, and how many of its records were given.
type exportPlace struct {
	at     slots.Instant
	seq    engine.Seq
	number int
}

func (p exportPlace) position() position {
	return position{start: p.at, id: strconv.FormatUint(uint64(p.seq), 10) + "." + strconv.Itoa(p.number)}
}

// exportPlaceOf reads a position; a cursor that passed its check holds what position wrote.
func exportPlaceOf(p position) exportPlace {
	seq, number, _ := strings.Cut(p.id, ".")
	n, _ := strconv.ParseUint(seq, 10, 64)
	k, _ := strconv.Atoi(number)
	return exportPlace{at: p.start, seq: engine.Seq(n), number: k}
}

// export gathers a page of records.
type export struct {
	zone  *slots.Zone
	limit int
	after exportPlace // of the page before
	last  exportPlace // of the last record taken
	seen  exportPlace // of the record looked at
	taken int
	more  bool
	rows  exportRows
}

// take adds a record; false ends the walk.
func (x *export) take(r engine.OfferRecord) bool {
	if r.Seq != x.seen.seq {
		x.seen = exportPlace{at: r.At, seq: r.Seq}
	}
	x.seen.number++
	if r.Seq < x.after.seq || r.Seq == x.after.seq && x.seen.number <= x.after.number {
		return true
	}
	limit := x.limit
	if limit == 0 {
		limit = maxExport
	}
	if x.taken == limit || x.rows.size() >= maxExportBytes {
		x.more = true
		return false
	}
	x.rows.add(offerRecordOf(&r, x.zone))
	x.taken, x.last = x.taken+1, x.seen
	return true
}

// exportRows writes records in one of the formats.
type exportRows interface {
	add(r offerRecordOut)
	size() int // bytes so far
	bytes() []byte
	media() string
}

func newExportRows(asCSV bool) exportRows {
	if !asCSV {
		return &ndjsonRows{}
	}
	rows := &csvRows{}
	rows.out = csv.NewWriter(&rows.buffer)
	rows.out.UseCRLF = true
	rows.write(exportColumns)
	return rows
}

type ndjsonRows struct{ buffer bytes.Buffer }

func (n *ndjsonRows) add(r offerRecordOut) {
	n.buffer.Write(encode(r))
	n.buffer.WriteByte('\n')
}

func (n *ndjsonRows) size() int     { return n.buffer.Len() }
func (n *ndjsonRows) bytes() []byte { return n.buffer.Bytes() }
func (n *ndjsonRows) media() string { return typeNDJSON }

// exportColumns head the CSV form: the columns of a record, and of one of its offers.
var exportColumns = []string{
	"seq", "at", "kind", "caseId", "mode", "ruleset", "asOf", "rangeStart", "rangeEnd", "days", "hours", "windows", "codes",
	"reviewerId", "start", "tier", "appointmentId", "outcome", "detail", "role", "source",
}

// csvRows has a row for each offered slot, or one where a record holds none.
type csvRows struct {
	buffer bytes.Buffer
	out    *csv.Writer
}

func (w *csvRows) add(r offerRecordOut) {
	start, end, asOf := "", "", ""
	if r.Range != nil {
		start, end = r.Range.Start, r.Range.End
	}
	if r.AsOf != nil {
		asOf = strconv.FormatUint(*r.AsOf, 10)
	}
	hours := make([]string, len(r.Hours))
	for i, h := range r.Hours {
		hours[i] = strconv.Itoa(h)
	}
	windows := make([]string, len(r.Windows))
	for i, v := range r.Windows {
		windows[i] = v.Start + "/" + v.End
	}
	offers := r.Offers
	if len(offers) == 0 {
		offers = []recordedOfferOut{{ReviewerID: deref(r.ReviewerID), Start: deref(r.Start), Tier: deref(r.Tier)}}
	}
	for _, o := range offers {
		w.write([]string{
			strconv.FormatUint(r.Seq, 10), r.At, r.Kind, r.CaseID, deref(r.Mode), r.Ruleset, asOf, start, end,
			strings.Join(r.Days, " "), strings.Join(hours, " "), strings.Join(windows, " "), strings.Join(r.Codes, " "),
			o.ReviewerID, o.Start, o.Tier, deref(r.AppointmentID), deref(r.Outcome), deref(r.Detail), r.Role, r.Source,
		})
	}
}

// write writes a row. A spreadsheet takes a cell that begins like a formula for
// one, so that such a cell is marked as text.
func (w *csvRows) write(cells []string) {
	for i, s := range cells {
		if s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
			cells[i] = "'" + s
		}
	}
	if err := w.out.Write(cells); err != nil {
		panic("server: a row cannot be written to memory: " + err.Error())
	}
	w.out.Flush()
}

func (w *csvRows) size() int     { return w.buffer.Len() }
func (w *csvRows) bytes() []byte { return w.buffer.Bytes() }
func (w *csvRows) media() string { return typeCSV + "; charset=utf-8; header=present" }

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// tierOrNull is the tier's word, nil where there is none.
func tierOrNull(t matcher.Tier) *string {
	if t == matcher.TierNone {
		return nil
	}
	word := t.String()
	return &word
}
