package server

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

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
		switch strings.ToLower(strings.Trim(media, " \t")) {
		case typeNDJSON:
			return false
		case typeCSV:
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
