package engine

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// loader reads the sections of a checkpoint into an empty state. Of cases and
// appointments, of which there may be millions, it reads no more than where and when
// calls are and which cases they are about; they stay records until somebody asks for
// them, and so do their lists, see lists. It comes to the same state as putting one entity
// after the other does, see rebuilt.
type loader struct {
	s      *state
	in     *stateReader
	roster []*matcher.Reviewer
	calls  loadedBusy // of appointments
	ended  []deadline // of keys
}

// loadRoster takes the reviewers into the roster, each by a number of its own.
func (l *loader) loadRoster() {
	slices.SortFunc(l.roster, func(a, b *matcher.Reviewer) int { return cmp.Compare(a.Ref, b.Ref) })
	for i, r := range l.roster {
		if i > 0 && l.roster[i-1].Ref == r.Ref || r.Ref >= l.s.nextRef {
			l.fail(errContradiction("reviewer %s has number %d, next is %d", r.ID, r.Ref, l.s.nextRef))
		}
	}
	if l.in.err == nil {
		l.s.seats.load(l.roster)
	}
	l.roster = nil
}

// loadedBusy are calls in blocks, so that none is copied when there are more.
type loadedBusy struct {
	blocks [][]slots.Call
	n      int
}

const busyBlock = 1024

func (b *loadedBusy) add(c slots.Call) {
	if b.n%busyBlock == 0 {
		b.blocks = append(b.blocks, make([]slots.Call, 0, busyBlock))
	}
	last := &b.blocks[len(b.blocks)-1]
	*last = append(*last, c)
	b.n++
}

func (b *loadedBusy) at(i int) *slots.Call { return &b.blocks[i/busyBlock][i%busyBlock] }

// readPast reads the records of one section and keeps them as records. head reads
// the beginning of each and take looks at it, which it must not keep; names must ascend.
func readPast[T any](l *loader, p *past[T], head func(*codec, *T) uint8, take func(*T) (tenant, id string)) {
	scratch := new(T)
	var c codec
	for n := l.in.number("length of a section"); n > 0 && l.in.err == nil; n-- {
		record := l.in.text()
		if l.in.err != nil {
			return
		}
		c = codec{in: record, reading: true, scratch: c.scratch.again()}
		head(&c, scratch)
		if l.in.err = c.err; l.in.err != nil {
			return
		}
		tenant, id := take(scratch)
		if l.in.err == nil && !p.add(tenant, id, record) {
			l.in.err = fmt.Errorf("%w: record %s out of order", errDamagedRecord, id)
		}
	}
}

// readCases reads the section of cases.
func (l *loader) readCases() {
	p := &past[Case]{fields: (*codec).caseEntity}
	readPast(l, p, (*codec).caseHead, func(c *Case) (string, string) { return c.Tenant, c.ID })
	l.s.cases.past = p
}

// loadedCalls are the active appointments of one tenant.
type loadedCalls struct {
	tenant string
	cases  finger[Case]
	byCase []bulkItem // key: the case's number; id: the appointment's
}

// readAppointments reads the section of appointments and fills the calendar and the
// calls by case.
func (l *loader) readAppointments() {
	p := &past[Appointment]{fields: (*codec).appointment}
	of := (*loadedCalls)(nil)
	readPast(l, p, (*codec).appointmentHead, func(a *Appointment) (string, string) {
		if of == nil || a.Tenant != of.tenant {
			l.loadCalls(of, p)
			of = &loadedCalls{tenant: a.Tenant, cases: l.s.cases.past.finger(a.Tenant)}
		}
		l.fail(of.add(a, uint32(p.n)))
		if a.Active() {
			l.calls.add(slots.Call{Reviewer: a.Reviewer, Span: a.Span, Busy: a.Busy, ID: a.ID})
		}
		return a.Tenant, a.ID
	})
	l.loadCalls(of, p)
	l.s.appointments.past = p
	l.loadCalendar()
	l.s.attachLists(newLists(l.s.cases.past, p))
}

func (l *loader) fail(err error) {
	if l.in.err == nil {
		l.in.err = err
	}
}

func (of *loadedCalls) add(a *Appointment, number uint32) error {
	if a.Status < Booked || a.Status > Cancelled {
		return errContradiction("appointment %s has status %d", a.ID, a.Status)
	}
	for _, id := range a.CaseIDs {
		about, ok := of.cases.find(id)
		if !ok {
			return errContradiction("appointment %s is about case %s, which is not there", a.ID, id)
		}
		if a.Active() {
			of.byCase = append(of.byCase, bulkItem{key: uint32(about - of.cases.from), id: number})
		}
	}
	return nil
}

// loadCalls notes which case has which call.
func (l *loader) loadCalls(of *loadedCalls, p *past[Appointment]) {
	if of == nil || l.in.err != nil {
		return
	}
	last, values := ^uint32(0), []call(nil)
	eachInOrder(of.byCase, of.cases.to-of.cases.from, func(i bulkItem) {
		caseID, id := of.cases.p.id(of.cases.from+int(i.key)), p.id(int(i.id))
		if last == i.key {
			l.fail(errContradiction("case %s has two calls, one is %s", caseID, id))
			return
		}
		last = i.key
		if len(values) == 0 {
			values = make([]call, 1024)
		}
		values[0].id = id
		l.s.calls.load(row[call]{name: name{of.tenant, caseID}, value: &values[0]})
		values = values[1:]
	})
}

// loadCalendar puts the active appointments into the calendar, by reviewer and time.
func (l *loader) loadCalendar() {
	if l.in.err != nil {
		return
	}
	items := make([]bulkItem, l.calls.n)
	for i := range items {
		c := l.calls.at(i)
		items[i] = bulkItem{uint32(c.Reviewer), uint32(i), int64(c.Busy.Start)}
	}
	eachInOrder(items, int(l.s.nextRef), func(i bulkItem) {
		c := *l.calls.at(int(i.id))
		if conflict, ok := l.s.calendar.Append(c); !ok {
			l.fail(errContradiction("call %s overlaps call %s", c.ID, conflict.ID))
		}
	})
	l.calls = loadedBusy{}
}

// readKeys reads the section of remembered keys, of which there are those of a week.
func (l *loader) readKeys() {
	var last row[remembered]
	var c codec
	scratch := new(remembered)
	for n := l.in.number("length of a section"); n > 0 && l.in.err == nil; n-- {
		record := l.in.text()
		if l.in.err != nil {
			return
		}
		*scratch = remembered{}
		c = codec{in: record, reading: true, scratch: c.scratch.again()}
		c.remembered(scratch)
		if l.in.err = c.end(); l.in.err != nil {
			return
		}
		if scratch.key == "" {
			l.fail(errContradiction("a remembered key is empty"))
		}
		next := row[remembered]{name: name{scratch.tenant, keyID(scratch.principal, scratch.key)}}
		next.lazy = &lazy[remembered]{record: record, fields: (*codec).remembered}
		if l.in.err == nil && l.s.keys.len() > 0 && last.compare(next.name) >= 0 {
			l.in.err = fmt.Errorf("%w: record %s out of order", errDamagedRecord, next.id)
		}
		l.ended = append(l.ended, deadline{scratch.expiresAt, next.tenant, next.id})
		l.s.answerBytes += scratch.outcome.answerBytes()
		l.s.keyShares = l.s.keyShares.with(scratch.tenant, 1, scratch.outcome.answerBytes())
		l.s.keys.load(next)
		last = next
	}
	slices.SortFunc(l.ended, deadline.compare)
	for _, d := range l.ended {
		l.s.keysEnd.load(d)
	}
	l.ended = nil
}
