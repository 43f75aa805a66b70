package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/parleyhq/parley/slots"
)

// Days of the database's bit strings are of UTC, 96 cells each.
const dayCells = 96

// firstQuestions is for how many questions the slot table of first-20 answers is
// made: a whole one would have hundreds of millions of rows.
const firstQuestions = 6

// searchSchema has the three designs side by side. fit is what the rules say,
// worked out in advance: no design pays for rules.
var searchSchema = []string{
	`CREATE EXTENSION btree_gist`,
	`CREATE TABLE reviewer (reviewer int PRIMARY KEY, code text NOT NULL, name text NOT NULL, credential text NOT NULL)`,
	`CREATE TABLE fit (question int, reviewer int, lo int, hi int, tier int2, relation int2)`,
	`CREATE TABLE free_day (reviewer int, day int, free bit(96), firm bit(96))`,
	`CREATE TABLE free_row (reviewer int, free varbit, firm varbit)`,
	`CREATE TABLE hours (reviewer int, lo int, hi int)`,
	`CREATE TABLE appointment (reviewer int, during int4range)`,
	`CREATE TABLE slot (reviewer int, start int, taken bool)`,
	`CREATE TABLE first_slot (question int, tier int2, start int, relation int2, firm int2, reviewer int)`,
}

// searchIndexes are made after the rows, so that they are dense. Each query finds
// one that has all its columns.
var searchIndexes = []string{
	`CREATE UNIQUE INDEX ON fit (question, reviewer, lo) INCLUDE (hi, tier, relation)`,
	`CREATE UNIQUE INDEX ON free_day (reviewer, day) INCLUDE (free, firm)`,
	`CREATE UNIQUE INDEX ON free_row (reviewer)`,
	`CREATE UNIQUE INDEX ON hours (reviewer, lo) INCLUDE (hi)`,
	`ALTER TABLE appointment ADD EXCLUDE USING gist (reviewer WITH =, during WITH &&)`,
	`CREATE INDEX ON appointment (reviewer, lower(during))`,
	`CREATE UNIQUE INDEX ON slot (reviewer, start) WHERE NOT taken`,
	`CREATE INDEX ON slot (reviewer, start) WHERE taken`,
	`CREATE UNIQUE INDEX ON first_slot (question, tier, start, relation DESC, firm, reviewer)`,
	`VACUUM ANALYZE`,
	`CHECKPOINT`,
}

// fillSearch loads the workload into all designs.
func (p *postgres) fillSearch(ctx context.Context, log io.Writer, w *workload) error {
	began := time.Now()
	if err := p.exec(ctx, slices.Concat(searchSchema, rosterSchema)...); err != nil {
		return err
	}
	conn, err := p.connect(ctx)
	if err != nil {
		return err
	}
	defer hangUp([]*pgx.Conn{conn})
	l := &loader{ctx: ctx, conn: conn, workload: w}
	for _, step := range []func() error{l.reviewers, l.roster, l.fits, l.bits, l.ranges, l.slots, l.firsts} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := p.exec(ctx, slices.Concat(rosterIndexes, searchIndexes)...); err != nil {
		return err
	}
	fmt.Fprintf(log, "postgres: filled and indexed in %v\n", time.Since(began).Round(time.Second))
	return nil
}

// loader copies rows into the tables.
type loader struct {
	*workload
	ctx  context.Context
	conn *pgx.Conn
}

// copyInto writes the rows that produce yields, as they come.
func (l *loader) copyInto(table string, columns []string, produce func(yield func(row ...any))) error {
	next, stop := iter.Pull(func(yield func([]any) bool) {
		more := true
		produce(func(row ...any) { more = more && yield(row) })
	})
	defer stop()
	_, err := l.conn.CopyFrom(l.ctx, pgx.Identifier{table}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		row, ok := next()
		if !ok {
			return nil, nil
		}
		return row, nil
	}))
	if err != nil {
		return fmt.Errorf("copy into %s: %w", table, err)
	}
	return nil
}

func (l *loader) reviewers() error {
	return l.copyInto("reviewer", []string{"reviewer", "code", "name", "credential"}, func(yield func(...any)) {
		for i, r := range l.workload.reviewers {
			yield(int32(i), r.ID, "Dana Ortiz", r.Credential)
		}
	})
}

func (l *loader) fits() error {
	return l.copyInto("fit", []string{"question", "reviewer", "lo", "hi", "tier", "relation"}, func(yield func(...any)) {
		for _, q := range l.plain {
			for _, f := range q.fits {
				yield(int32(q.number), int32(f.reviewer), f.from, f.to, int16(f.tier), int16(f.relation))
			}
		}
	})
}

// free calls yield with every free cell of a reviewer, in order.
func (l *loader) free(reviewer int, yield func(cell)) {
	var calls []cells
	truth := own{l.View.Calendar}
	for _, h := range l.hours[reviewer] {
		calls = truth.busy(calls[:0], reviewer, h)
		left := calls
		for at := h.from; at < h.to; at++ {
			for len(left) > 0 && left[0].to <= at {
				left = left[1:]
			}
			if len(left) == 0 || left[0].from > at {
				yield(at)
			}
		}
	}
}

// taken calls yield with the start of every call of a reviewer.
func (l *loader) taken(reviewer int, yield func(cell)) {
	everything := slots.Interval{Start: 0, End: now + 2*horizonDays*24*slots.Hour}
	l.View.Calendar.Calls(slots.ReviewerRef(reviewer), everything, func(c slots.Call) bool {
		yield(cellOf(c.Span.Start))
		return true
	})
}

// bitRow is a string of n zero bits.
func bitRow(n int) pgtype.Bits {
	return pgtype.Bits{Bytes: make([]byte, (n+7)/8), Len: int32(n), Valid: true}
}

func setBit(b pgtype.Bits, i cell) {
	if i >= 0 && i < b.Len {
		b.Bytes[i/8] |= 0x80 >> (i % 8)
	}
}

// rowCells is the length of the bit string of a reviewer's whole horizon. A week
// that begins before now or ends behind the horizon still lies inside.
const rowCells = (horizonDays + 16) * dayCells

// rowBase is the first cell of those strings.
func rowBase() cell { return cellOf(now)/dayCells*dayCells - 8*dayCells }

func (l *loader) bits() error {
	if err := l.copyInto("free_row", []string{"reviewer", "free", "firm"}, func(yield func(...any)) {
		for r := range l.workload.reviewers {
			free, firm := l.rows(r)
			yield(int32(r), free, firm)
		}
	}); err != nil {
		return err
	}
	return l.copyInto("free_day", []string{"reviewer", "day", "free", "firm"}, func(yield func(...any)) {
		for r := range l.workload.reviewers {
			free, firm := l.rows(r)
			for d := range rowCells / dayCells {
				const bytes = dayCells / 8
				a, b := free.Bytes[d*bytes:(d+1)*bytes], firm.Bytes[d*bytes:(d+1)*bytes]
				if !blank(a) || !blank(b) {
					day := rowBase()/dayCells + int32(d)
					yield(int32(r), day, pgtype.Bits{Bytes: a, Len: dayCells, Valid: true}, pgtype.Bits{Bytes: b, Len: dayCells, Valid: true})
				}
			}
		}
	})
}

func (l *loader) rows(reviewer int) (free, firm pgtype.Bits) {
	free, firm = bitRow(rowCells), bitRow(rowCells)
	l.free(reviewer, func(c cell) { setBit(free, c-rowBase()) })
	l.taken(reviewer, func(c cell) { setBit(firm, c-rowBase()) })
	return free, firm
}

func blank(b []byte) bool {
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}

func (l *loader) ranges() error {
	if err := l.copyInto("hours", []string{"reviewer", "lo", "hi"}, func(yield func(...any)) {
		for r, hours := range l.hours {
			for _, h := range hours {
				yield(int32(r), h.from, h.to)
			}
		}
	}); err != nil {
		return err
	}
	return l.copyInto("appointment", []string{"reviewer", "during"}, func(yield func(...any)) {
		for r := range l.workload.reviewers {
			l.taken(r, func(c cell) { yield(int32(r), rangeOf(cells{c, c + 1})) })
		}
	})
}

func (l *loader) slots() error {
	return l.copyInto("slot", []string{"reviewer", "start", "taken"}, func(yield func(...any)) {
		for r := range l.workload.reviewers {
			l.free(r, func(c cell) { yield(int32(r), c, false) })
			l.taken(r, func(c cell) { yield(int32(r), c, true) })
		}
	})
}

// firsts makes the table of one specialty's slots, ready in order of rank: tier,
// start, relation, the reviewer's calls on his local date, and id.
func (l *loader) firsts() error {
	return l.copyInto("first_slot", []string{"question", "tier", "start", "relation", "firm", "reviewer"}, func(yield func(...any)) {
		for _, q := range l.firstQuestions() {
			for _, f := range q.fits {
				zone := l.workload.reviewers[f.reviewer].Zone
				byDate := map[slots.Date]int16{}
				l.taken(f.reviewer, func(c cell) { byDate[zone.Date(instantOf(c))]++ })
				l.free(f.reviewer, func(c cell) {
					if f.from <= c && c < f.to {
						yield(int32(q.number), int16(f.tier), c, int16(f.relation), byDate[zone.Date(instantOf(c))], int32(f.reviewer))
					}
				})
			}
		}
	})
}

// firstQuestions are those that first-20 is compared on.
func (w *workload) firstQuestions() []*question { return w.plain[:min(firstQuestions, len(w.plain))] }

func rangeOf(c cells) pgtype.Range[pgtype.Int4] {
	return pgtype.Range[pgtype.Int4]{
		Lower: pgtype.Int4{Int32: c.from, Valid: true}, Upper: pgtype.Int4{Int32: c.to, Valid: true},
		LowerType: pgtype.Inclusive, UpperType: pgtype.Exclusive, Valid: true,
	}
}

func multirangeOf(list []cells) pgtype.Multirange[pgtype.Range[pgtype.Int4]] {
	m := make(pgtype.Multirange[pgtype.Range[pgtype.Int4]], len(list))
	for i, c := range list {
		m[i] = rangeOf(c)
	}
	return m
}
