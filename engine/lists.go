package engine

import (
	"sync"
	"sync/atomic"
)

// lists are the indexes of the cases and appointments that a checkpoint held. They
// are made by whoever asks for one first, while others who ask wait, and then never
// changed; what happens after the checkpoint is in the trees of the indexes (see index).
type lists struct {
	making       sync.Mutex
	made         atomic.Bool
	cases        *past[Case]
	appointments *past[Appointment]

	casesByNumber, casesByMember, casesByNPI                  listed
	byCase, byReviewer, byPrincipal, byNPI, upcoming, results listed
}

func newLists(cases *past[Case], appointments *past[Appointment]) *lists {
	l := &lists{cases: cases, appointments: appointments}
	for _, x := range l.all() {
		x.of = l
	}
	return l
}

func (l *lists) all() []*listed {
	return []*listed{
		&l.casesByNumber, &l.casesByMember, &l.casesByNPI,
		&l.byCase, &l.byReviewer, &l.byPrincipal, &l.byNPI, &l.upcoming, &l.results,
	}
}

// make makes the lists unless they are there, or gives it up once stop is closed; a
// nil stop never is.
func (l *lists) make(stop <-chan struct{}) {
	if l.made.Load() {
		return
	}
	l.making.Lock()
	defer l.making.Unlock()
	if l.made.Load() {
		return
	}
	fresh := &lists{cases: l.cases, appointments: l.appointments}
	if !fresh.fill(stop) {
		return
	}
	for i, x := range fresh.all() {
		l.all()[i].tenants = x.tenants
	}
	l.made.Store(true)
}

// fill reports whether it came to its end.
func (l *lists) fill(stop <-chan struct{}) bool {
	cases := map[string]*listedCases{}
	for i, t := range l.cases.tenants {
		of := &listedCases{}
		if !readSpan(l.cases, t.from, l.cases.end(i), stop, of.add) {
			return false
		}
		of.close(l, t)
		cases[t.name] = of
	}
	for i, t := range l.appointments.tenants {
		of := &listedCalls{cases: cases[t.name], finger: l.cases.finger(t.name)}
		if !readSpan(l.appointments, t.from, l.appointments.end(i), stop, of.add) {
			return false
		}
		of.close(l, t)
	}
	return true
}

// attachLists lets the indexes of a state that nobody has changed yet begin with l.
func (s *state) attachLists(l *lists) {
	s.lists = l
	s.casesByNumber.past, s.casesByMember.past, s.casesByNPI.past = &l.casesByNumber, &l.casesByMember, &l.casesByNPI
	s.byCase.past, s.byReviewer.past, s.byPrincipal.past, s.byNPI.past = &l.byCase, &l.byReviewer, &l.byPrincipal, &l.byNPI
	s.upcoming.past, s.results.past = &l.upcoming, &l.results
}

// stopEvery is how many records are read before it is asked whether to stop.
const stopEvery = 4096

// readSpan reads the records from one number up to another, and reports whether it came
// to the end. add must not keep what it is given.
func readSpan[T any](p *past[T], from, to int, stop <-chan struct{}, add func(number uint32, v *T)) bool {
	scratch := new(T)
	var c codec
	for n := from; n < to; n++ {
		if n%stopEvery == 0 && isClosed(stop) {
			return false
		}
		*scratch = *new(T)
		c = codec{in: p.row(n).lazy.record, reading: true, scratch: c.scratch.again()}
		p.fields(&c, scratch)
		if err := c.end(); err != nil {
			broken("a record that agrees with its digest can be read", p.id(n), err)
		}
		add(uint32(n-from), scratch)
	}
	return true
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// listedCases are the cases of one tenant, numbered in order of their ids.
type listedCases struct {
	ids      []string
	npis     [][3]uint32 // numbers in names; noNPI = none
	names    names
	byNumber bulk
	byMember bulk
	byNPI    bulk
}

const noNPI = ^uint32(0)

func (of *listedCases) add(number uint32, c *Case) {
	of.ids = append(of.ids, c.ID)
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

func (of *listedCases) close(l *lists, t pastTenant) {
	id := func(n int) string { return l.cases.id(n) }
	of.byNumber.list(&l.casesByNumber, t, id)
	of.byMember.list(&l.casesByMember, t, id)
	of.byNPI.list(&l.casesByNPI, t, id)
}

// listedCalls are the appointments of one tenant, numbered in order of their ids.
type listedCalls struct {
	cases       *listedCases
	finger      finger[Case]
	byCase      []bulkItem // key: the case's number
	byNPI       []bulkItem // key: the provider's number
	byReviewer  bulk
	byPrincipal bulk
	upcoming    bulk
	due         []uint32 // with results that were due
}

func (of *listedCalls) add(number uint32, a *Appointment) {
	order := -int64(a.Span.Start)
	for _, id := range a.CaseIDs {
		n, ok := of.finger.find(id)
		if !ok {
			broken("the case of a call that was loaded is there", a.ID, id)
		}
		about := uint32(n - of.finger.from)
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
	if len(a.ResultsDue) > 0 {
		of.due = append(of.due, number)
	}
}

func (of *listedCalls) close(l *lists, t pastTenant) {
	id := func(n int) string { return l.appointments.id(n) }
	if of.cases == nil { // none of its calls is about a case
		of.cases = &listedCases{}
	}
	byCase := listTenant(of.byCase, of.cases.ids, t, id)
	l.byCase.tenants = append(l.byCase.tenants, byCase)
	byNPI := bulk{keys: of.cases.names, items: of.byNPI}
	byNPI.list(&l.byNPI, t, id)
	of.byReviewer.list(&l.byReviewer, t, id)
	of.byPrincipal.list(&l.byPrincipal, t, id)
	of.upcoming.list(&l.upcoming, t, id)
	if len(of.due) == 0 {
		return
	}
	// As it was then, with nothing but what tells which results are there.
	then := newState()
	then.cases.past, then.appointments.past = l.cases, l.appointments
	then.byCase.past = &listed{tenants: []listedTenant{byCase}}
	var awaited bulk
	for _, number := range of.due {
		if d := then.awaited(l.appointments.row(t.from + int(number)).lazy.get()); d != nil {
			awaited.add("", int64(d.By), number)
		}
	}
	awaited.list(&l.results, t, id)
}
