package server

import (
	"bytes"
	"encoding/csv"
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
