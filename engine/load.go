package engine

import (
	"fmt"
	"slices"

	"github.com/parleyhq/parley/slots"
)

// loader reads the sections of a checkpoint into an empty state. Cases,
// appointments and remembered keys, of which there may be millions, are read once
// for what the indexes need, and stay records until they are asked for. It comes
// to the same state as putting one entity after the other does, see rebuilt.
type loader struct {
	s     *state
	in    *stateReader
	cases map[string]*loadedCases // by tenant
	calls []slots.Call            // of appointments
	ended []deadline              // of keys
	due   []indexed               // appointments with results that were due
}

// loadedCases are the cases of one tenant, numbered in order of their ids.
type loadedCases struct {
	ids      []string
	numbers  map[string]uint32
	npis     [][3]uint32 // numbers in names; noNPI = none
	names    names
	byNumber bulk
	byMember bulk
	byNPI    bulk
}

const noNPI = ^uint32(0)

// readLazy reads the records of one section and keeps them as records. take
// looks at each value, which it must not keep; names must ascend.
func readLazy[T any](l *loader, t table[T], fields func(*codec, *T), take func(*T) (tenant, id string)) {
	var last row[T]
	var slab []lazy[T]
	scratch := new(T)
	var c codec
	for n := l.in.number("length of a section"); n > 0 && l.in.err == nil; n-- {
		record := l.in.text()
		if l.in.err != nil {
			return
		}
		*scratch = *new(T)
		c = codec{in: record, reading: true, scratch: c.scratch.again()}
		fields(&c, scratch)
		if l.in.err = c.end(); l.in.err != nil {
			return
		}
		if len(slab) == 0 {
			slab = make([]lazy[T], min(n, 1024))
		}
		next := row[T]{lazy: &slab[0]}
		slab = slab[1:]
		next.lazy.record, next.lazy.fields = record, fields
		next.tenant, next.id = take(scratch)
		if l.in.err == nil && t.len() > 0 && !rowBefore(last, next) {
			l.in.err = fmt.Errorf("%w: record %s out of order", errDamagedRecord, next.id)
			return
		}
		t.tree.Load(next)
		last = next
	}
}

// readCases reads the section of cases and fills their look-ups.
func (l *loader) readCases() {
	l.cases = map[string]*loadedCases{}
	tenant, of := "", (*loadedCases)(nil)
	readLazy(l, l.s.cases, (*codec).caseEntity, func(c *Case) (string, string) {
		if of == nil || c.Tenant != tenant {
			if of != nil {
				of.load(l.s, tenant)
			}
			tenant, of = c.Tenant, &loadedCases{numbers: map[string]uint32{}}
			l.cases[tenant] = of
		}
		of.add(c)
		return c.Tenant, c.ID
	})
	if of != nil {
		of.load(l.s, tenant)
	}
}

func (of *loadedCases) add(c *Case) {
	number := uint32(len(of.ids))
	of.ids = append(of.ids, c.ID)
	of.numbers[c.ID] = number
	if c.AuthorizationNumber != "" {
		of.byNumber.add(c.AuthorizationNumber, 0, number)
	}
	if c.MemberID != (Digest{}) {
		of.byMember.add(string(c.MemberID[:]), 0, number)
	}
	npis := [3]uint32{noNPI, noNPI, noNPI}
	for i, npi := range caseNPIs(c) {
		if npi != "" {
			npis[i] = of.names.number(npi)
			of.byNPI.add(npi, 0, number)
		}
	}
	of.npis = append(of.npis, npis)
}

func (of *loadedCases) load(s *state, tenant string) {
	of.byNumber.load(s.casesByNumber, tenant, of.ids)
	of.byMember.load(s.casesByMember, tenant, of.ids)
	of.byNPI.load(s.casesByNPI, tenant, of.ids)
}

// loadedCalls are the appointments of one tenant, numbered in order of their ids.
type loadedCalls struct {
	cases       *loadedCases
	ids         []string
	active      []bool
	byCase      []bulkItem // key: the case's number
	byNPI       []bulkItem // key: the provider's number
	byReviewer  bulk
	byPrincipal bulk
	upcoming    bulk
}

// readAppointments reads the section of appointments and fills their lists, the
// calendar and the calls by case.
func (l *loader) readAppointments() {
	tenant, of := "", (*loadedCalls)(nil)
	readLazy(l, l.s.appointments, (*codec).appointment, func(a *Appointment) (string, string) {
		if of == nil || a.Tenant != tenant {
			if of != nil {
				l.fail(of.load(l.s, tenant))
			}
			tenant, of = a.Tenant, &loadedCalls{cases: l.cases[a.Tenant]}
			if of.cases == nil {
				of.cases = &loadedCases{}
			}
		}
		l.fail(of.add(a))
		if a.Active() {
			l.calls = append(l.calls, slots.Call{Reviewer: a.Reviewer, Span: a.Span, Busy: a.Busy, ID: a.ID})
		}
		if len(a.ResultsDue) > 0 {
			l.due = append(l.due, indexed{tenant: a.Tenant, id: a.ID})
		}
		return a.Tenant, a.ID
	})
	if of != nil {
		l.fail(of.load(l.s, tenant))
	}
	l.cases = nil
	l.loadCalendar()
	l.loadResults()
}

// loadResults lists the calls whose results are awaited, once all calls are there.
func (l *loader) loadResults() {
	for _, d := range l.due {
		if l.in.err != nil {
			return
		}
		a, _ := l.s.appointments.get(d.tenant, d.id)
		l.s.listResult(a)
	}
	l.due = nil
}

func (l *loader) fail(err error) {
	if l.in.err == nil {
		l.in.err = err
	}
}

func (of *loadedCalls) add(a *Appointment) error {
	if a.Status < Booked || a.Status > Cancelled {
		return errContradiction("appointment %s has status %d", a.ID, a.Status)
	}
	number, order := uint32(len(of.ids)), -int64(a.Span.Start)
	of.ids, of.active = append(of.ids, a.ID), append(of.active, a.Active())
	for _, id := range a.CaseIDs {
		about, ok := of.cases.numbers[id]
		if !ok {
			return errContradiction("appointment %s is about case %s, which is not there", a.ID, id)
		}
		of.byCase = append(of.byCase, bulkItem{about, number, order})
		for _, npi := range of.cases.npis[about] {
			if npi != noNPI {
				of.byNPI = append(of.byNPI, bulkItem{npi, number, order})
			}
		}
	}
	of.byReviewer.add(a.ReviewerID, order, number)
	of.byPrincipal.add(a.CreatedBy, order, number)
	if a.Status == Booked {
		of.upcoming.add("", int64(a.Span.Start), number)
	}
	return nil
}

func (of *loadedCalls) load(s *state, tenant string) (err error) {
	occupied, calls := ^uint32(0), []call(nil)
	eachInOrder(of.byCase, len(of.cases.ids), func(i bulkItem) {
		s.byCase.load(indexed{tenant, of.cases.ids[i.key], i.order, of.ids[i.id]})
		if !of.active[i.id] {
			return
		}
		if occupied == i.key && err == nil {
			err = errContradiction("case %s has two calls, one is %s", of.cases.ids[i.key], of.ids[i.id])
		}
		occupied = i.key
		if len(calls) == 0 {
			calls = make([]call, 1024)
		}
		calls[0].id = of.ids[i.id]
		s.calls.tree.Load(row[call]{tenant: tenant, id: of.cases.ids[i.key], value: &calls[0]})
		calls = calls[1:]
	})
	byNPI := bulk{keys: of.cases.names, items: of.byNPI}
	byNPI.load(s.byNPI, tenant, of.ids)
	of.byReviewer.load(s.byReviewer, tenant, of.ids)
	of.byPrincipal.load(s.byPrincipal, tenant, of.ids)
	of.upcoming.load(s.upcoming, tenant, of.ids)
	return err
}

// loadCalendar puts the active appointments into the calendar, by reviewer and time.
func (l *loader) loadCalendar() {
	items := make([]bulkItem, len(l.calls))
	for i, c := range l.calls {
		items[i] = bulkItem{uint32(c.Reviewer), uint32(i), int64(c.Busy.Start)}
	}
	eachInOrder(items, int(l.s.nextRef), func(i bulkItem) {
		c := l.calls[i.id]
		if conflict, ok := l.s.calendar.Append(c); !ok {
			l.fail(errContradiction("call %s overlaps call %s", c.ID, conflict.ID))
		}
	})
	l.calls = nil
}

// readKeys reads the section of remembered keys.
func (l *loader) readKeys() {
	readLazy(l, l.s.keys, (*codec).remembered, func(r *remembered) (string, string) {
		if r.key == "" {
			l.fail(errContradiction("a remembered key is empty"))
		}
		id := keyID(r.principal, r.key)
		l.ended = append(l.ended, deadline{r.expiresAt, r.tenant, id})
		l.s.answerBytes += len(r.outcome.Answer)
		return r.tenant, id
	})
	slices.SortFunc(l.ended, deadline.compare)
	for _, d := range l.ended {
		l.s.keysEnd.load(d)
	}
	l.ended = nil
}
