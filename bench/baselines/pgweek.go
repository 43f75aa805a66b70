package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// weekDesign is one way to answer a week from tables: a query, its arguments,
// and how a reviewer's starts are read from the last column of a row.
type weekDesign struct {
	name string
	// added: not one of the three designs that the targets were set against, but a
	// stronger one that we found when we gave the rival its best.
	added bool
	// given: what the rules say of each reviewer is at hand. Otherwise it is worked
	// out in the query, as the product does in each search.
	given bool
	sql   string
	args  func(q *question) []any
	read  func(q *question) (target any, starts func(yield func(cell) bool))
}

// page ends every design: rank within the tier by relation and first start, look
// the firm calls up only where the rank can depend on them, cut to the page.
const page = `
, ranked AS (SELECT *, rank() OVER (PARTITION BY tier ORDER BY relation DESC, first) AS place FROM firsts)
, tied AS (SELECT ranked.*, (%s) AS firm FROM ranked WHERE place <= 10)
, lines AS (SELECT *, row_number() OVER (PARTITION BY tier ORDER BY relation DESC, first, firm, reviewer) AS line FROM tied)
SELECT l.tier, l.relation, l.reviewer, v.code, v.name, v.credential, %s
FROM lines l JOIN reviewer v USING (reviewer) WHERE l.line <= 10 ORDER BY l.tier, l.line`

// weekDesigns are all of them, with the rules joined and then with them given.
func weekDesigns() []weekDesign {
	list := []weekDesign{
		{"bit string per reviewer", true, true, bitRowSQL, bitRowArgs, readBitRow},
		{"bit string per reviewer and day", false, true, bitDaySQL, bitDayArgs, readBitDays},
		{"ranges with exclusion constraint", false, true, rangeSQL, rangeArgs, readRanges},
		{"slot table", false, true, slotSQL, slotArgs, readSlots},
	}
	for _, d := range list[:4] {
		d.given = false
		d.sql = strings.Replace(d.sql, "WITH ", "WITH "+rosterFit, 1)
		list = append(list, d)
	}
	return list
}

// title names a design and where it has the rules from.
func (d *weekDesign) title() string {
	if d.given {
		return "PostgreSQL, " + d.name + ", verdicts given"
	}
	return "PostgreSQL, " + d.name + ", roster and rules joined"
}

// hullDays is what the ticked starts of a question span, whole days of UTC.
func (q *question) hullDays() (from, to cell) {
	from = q.ticked[0].from / dayCells
	to = (q.ticked[len(q.ticked)-1].to + dayCells - 1) / dayCells
	return from, to
}

// maskOf sets the bits of a list in a string that begins at base.
func maskOf(list []cells, base cell, n int) pgtype.Bits {
	b := bitRow(n)
	for _, c := range list {
		for at := c.from; at < c.to; at++ {
			setBit(b, at-base)
		}
	}
	return b
}

// bitRowSQL reads one row a candidate. $1 question, $2 mask, $3 place of the
// first cell in the string, $4 number of cells, $5 first cell, $6 ones, $7 and $8
// place and number of the cells of the asked week.
var bitRowSQL = `
WITH found AS MATERIALIZED (
  SELECT f.reviewer, f.tier, f.relation,
    CASE WHEN f.lo <= $5 AND f.hi >= $5 + $4 THEN substring(r.free FROM $3 FOR $4) & $2
    ELSE substring(r.free FROM $3 FOR $4) & $2 & ($6::varbit >> greatest(f.lo - $5, 0)) & ($6::varbit << greatest($5 + $4 - f.hi, 0)) END AS bits
  FROM fit f JOIN free_row r USING (reviewer) WHERE f.question = $1 AND f.lo < $5 + $4 AND f.hi > $5)
, placed AS (SELECT *, position(B'1' IN bits) AS first FROM found)
, firsts AS (SELECT * FROM placed WHERE first > 0)` +
	fmt.Sprintf(page, `SELECT bit_count(substring(r.firm FROM $7 FOR $8)) FROM free_row r WHERE r.reviewer = ranked.reviewer`, `l.bits`)

func bitRowArgs(q *question) []any {
	from, to := q.hullDays()
	base, n := from*dayCells, int((to-from)*dayCells)
	ones := bitRow(n)
	for i := range ones.Bytes {
		ones.Bytes[i] = 0xFF
	}
	return []any{
		q.number, maskOf(q.ticked, base, n), base - rowBase() + 1, n, base, ones,
		q.week.from - rowBase() + 1, q.week.to - q.week.from,
	}
}

func readBitRow(q *question) (any, func(func(cell) bool)) {
	from, _ := q.hullDays()
	var bits pgtype.Bits
	return &bits, func(yield func(cell) bool) { eachBit(&bits, from*dayCells, yield) }
}

// eachBit yields the cells whose bits are set.
func eachBit(b *pgtype.Bits, base cell, yield func(cell) bool) bool {
	for i := range b.Len {
		if b.Bytes[i/8]&(0x80>>(i%8)) != 0 && !yield(base+i) {
			return false
		}
	}
	return true
}

// bitDaySQL reads a row a candidate and day. $1 question, $2 days, $3 masks of
// the ticked starts, $4 masks of the asked week, $5 and $6 first and last day, $7 a
// day of ones.
var bitDaySQL = `
WITH days AS MATERIALIZED (SELECT * FROM unnest($2::int[], $3::bit(96)[], $4::bit(96)[]) AS d(day, mask, week))
, found AS MATERIALIZED (
  SELECT f.reviewer, f.tier, f.relation, d.day,
    CASE WHEN f.lo <= d.day * 96 AND f.hi >= d.day * 96 + 96 THEN d.free & w.mask
    ELSE d.free & w.mask & ($7::bit(96) >> greatest(f.lo - d.day * 96, 0)) & ($7::bit(96) << greatest(d.day * 96 + 96 - f.hi, 0)) END AS bits
  FROM fit f JOIN free_day d ON d.reviewer = f.reviewer AND d.day BETWEEN $5 AND $6 JOIN days w ON w.day = d.day
  WHERE f.question = $1 AND f.lo < ($6 + 1) * 96 AND f.hi > $5 * 96)
, firsts AS (
  SELECT reviewer, tier, relation, min(day * 96 + position(B'1' IN bits)) FILTER (WHERE position(B'1' IN bits) > 0) AS first,
    array_agg(day ORDER BY day) AS days, array_agg(bits ORDER BY day) AS bits
  FROM found WHERE position(B'1' IN bits) > 0 GROUP BY reviewer, tier, relation)` +
	fmt.Sprintf(page, `SELECT sum(bit_count(d.firm & w.week)) FROM free_day d JOIN days w ON w.day = d.day
   WHERE d.reviewer = ranked.reviewer AND d.day BETWEEN $5 AND $6`, `l.days, l.bits`)

// bitDayArgs covers the asked week, not only its ticked part: firm calls count
// there.
func bitDayArgs(q *question) []any {
	from, to := q.week.from/dayCells, (q.week.to+dayCells-1)/dayCells
	var days []int32
	var masks, weeks []pgtype.Bits
	for d := from; d < to; d++ {
		days = append(days, d)
		masks = append(masks, maskOf(q.ticked, d*dayCells, dayCells))
		weeks = append(weeks, maskOf([]cells{q.week}, d*dayCells, dayCells))
	}
	ones := maskOf([]cells{{0, dayCells}}, 0, dayCells)
	return []any{q.number, days, masks, weeks, from, to - 1, ones}
}

// dayBits is what readBitDays fills: two columns of a row.
type dayBits struct {
	days []int32
	bits []pgtype.Bits
}

func readBitDays(*question) (any, func(func(cell) bool)) {
	var d dayBits
	return &d, func(yield func(cell) bool) {
		for i := range d.days {
			if !eachBit(&d.bits[i], d.days[i]*dayCells, yield) {
				return
			}
		}
	}
}

// rangeSQL takes appointments off working hours as multiranges. $1 question, $2
// ticked starts, $3 what they span, $4 the asked week.
var rangeSQL = `
WITH found AS MATERIALIZED (
  SELECT f.reviewer, f.tier, f.relation, m.free FROM fit f, LATERAL (
    SELECT range_agg(int4range(h.lo, h.hi)) * $2::int4multirange * int4multirange(int4range(f.lo, f.hi))
      - coalesce((SELECT range_agg(a.during) FROM appointment a WHERE a.reviewer = f.reviewer AND a.during && $3::int4range), '{}'::int4multirange) AS free
    FROM hours h WHERE h.reviewer = f.reviewer AND h.lo < upper($3::int4range) AND h.hi > lower($3::int4range)) m
  WHERE f.question = $1 AND f.lo < upper($3::int4range) AND f.hi > lower($3::int4range))
, firsts AS (SELECT *, lower(free) AS first FROM found WHERE NOT isempty(free))` +
	fmt.Sprintf(page, `SELECT count(*) FROM appointment a WHERE a.reviewer = ranked.reviewer
   AND lower(a.during) >= lower($4::int4range) AND lower(a.during) < upper($4::int4range)`, `l.free`)

func rangeArgs(q *question) []any {
	hull := cells{q.ticked[0].from, q.ticked[len(q.ticked)-1].to}
	return []any{q.number, multirangeOf(q.ticked), rangeOf(hull), rangeOf(q.week)}
}

func readRanges(*question) (any, func(func(cell) bool)) {
	var free pgtype.Multirange[pgtype.Range[pgtype.Int4]]
	return &free, func(yield func(cell) bool) {
		for _, r := range free {
			for at := r.Lower.Int32; at < r.Upper.Int32; at++ {
				if !yield(at) {
					return
				}
			}
		}
	}
}

// slotSQL seeks each candidate's first free slot, and reads all slots of those on
// the page only. $1 question, $2 ticked starts, $3 and $4 what they span, $5 and
// $6 the asked week.
var slotSQL = `
WITH firsts AS MATERIALIZED (
  SELECT f.reviewer, f.tier, f.relation, f.lo, f.hi, s.start AS first FROM fit f, LATERAL (
    SELECT start FROM slot s WHERE NOT s.taken AND s.reviewer = f.reviewer AND s.start >= greatest(f.lo, $3) AND s.start < least(f.hi, $4)
      AND s.start <@ $2::int4multirange ORDER BY start LIMIT 1) s
  WHERE f.question = $1 AND f.lo < $4 AND f.hi > $3)` +
	fmt.Sprintf(page, `SELECT count(*) FROM slot s WHERE s.taken AND s.reviewer = ranked.reviewer AND s.start >= $5 AND s.start < $6`,
		`ARRAY(SELECT s.start FROM slot s WHERE NOT s.taken AND s.reviewer = l.reviewer AND s.start >= greatest(l.lo, $3) AND s.start < least(l.hi, $4)
      AND s.start <@ $2::int4multirange ORDER BY start)`)

func slotArgs(q *question) []any {
	return []any{q.number, multirangeOf(q.ticked), q.ticked[0].from, q.ticked[len(q.ticked)-1].to, q.week.from, q.week.to}
}

func readSlots(*question) (any, func(func(cell) bool)) {
	var starts []int32
	return &starts, func(yield func(cell) bool) {
		for _, at := range starts {
			if !yield(at) {
				return
			}
		}
	}
}

// week asks a design, over a connection that has prepared it on first use.
func (d *weekDesign) week(ctx context.Context, conn *pgx.Conn, q *question) ([]place, error) {
	rows, err := conn.Query(ctx, d.sql, d.args(q)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var places []place
	for rows.Next() {
		var p place
		var code, name, credential string
		target, starts := d.read(q)
		columns := []any{&p.tier, &p.relation, &p.reviewer, &code, &name, &credential, target}
		if two, ok := target.(*dayBits); ok {
			columns = append(columns[:6], &two.days, &two.bits)
		}
		if err := rows.Scan(columns...); err != nil {
			return nil, err
		}
		p.deal(&q.bounds, starts)
		places = append(places, p)
	}
	return places, rows.Err()
}

// firstSQL reads the slot table in order of rank. $1 question, $2 starts that suit.
const firstSQL = `
SELECT s.tier, s.relation, s.reviewer, s.start, v.code, v.name, v.credential
FROM (SELECT * FROM first_slot WHERE question = $1 AND start <@ $2::int4multirange
  ORDER BY tier, start, relation DESC, firm, reviewer LIMIT 20) s JOIN reviewer v USING (reviewer)
ORDER BY s.tier, s.start, s.relation DESC, s.firm, s.reviewer`

func firstFromSlots(ctx context.Context, conn *pgx.Conn, q *question) ([]offer, error) {
	rows, err := conn.Query(ctx, firstSQL, q.number, multirangeOf(q.ahead))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var offers []offer
	for rows.Next() {
		var o offer
		var code, name, credential string
		if err := rows.Scan(&o.tier, &o.relation, &o.reviewer, &o.start, &code, &name, &credential); err != nil {
			return nil, err
		}
		offers = append(offers, o)
	}
	return offers, rows.Err()
}
