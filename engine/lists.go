package engine

import "sync"

// lists are the indexes of the cases and appointments that a checkpoint held. They
// are made by whoever asks for one first, while others who ask wait, and then never
// changed; what happens after the checkpoint is in the trees of the indexes (see index).
type lists struct {
	once         sync.Once
	cases        *past[Case]
	appointments *past[Appointment]

	casesByNumber, casesByMember, casesByNPI                  listed
	byCase, byReviewer, byPrincipal, byNPI, upcoming, results listed
}

func newLists(cases *past[Case], appointments *past[Appointment]) *lists {
	l := &lists{cases: cases, appointments: appointments}
	for _, x := range []*listed{
		&l.casesByNumber, &l.casesByMember, &l.casesByNPI,
		&l.byCase, &l.byReviewer, &l.byPrincipal, &l.byNPI, &l.upcoming, &l.results,
	} {
		x.of = l
	}
	return l
}

// attachLists lets the indexes of a state that nobody has changed yet begin with l.
func (s *state) attachLists(l *lists) {
	s.lists = l
	s.casesByNumber.past, s.casesByMember.past, s.casesByNPI.past = &l.casesByNumber, &l.casesByMember, &l.casesByNPI
	s.byCase.past, s.byReviewer.past, s.byPrincipal.past, s.byNPI.past = &l.byCase, &l.byReviewer, &l.byPrincipal, &l.byNPI
	s.upcoming.past, s.results.past = &l.upcoming, &l.results
}

// make makes the lists, once.
func (l *lists) make() {
	l.once.Do(func() {
		cases := map[string]*listedCases{}
		for i, t := range l.cases.tenants {
			of := &listedCases{}
			readSpan(l.cases, t.from, l.cases.end(i), of.add)
			of.close(l, t)
			cases[t.name] = of
		}
		for i, t := range l.appointments.tenants {
			of := &listedCalls{cases: cases[t.name], finger: l.cases.finger(t.name)}
			readSpan(l.appointments, t.from, l.appointments.end(i), of.add)
			of.close(l, t)
		}
	})
}

// readSpan reads the records from one number up to another. add must not keep what
// it is given.
func readSpan[T any](p *past[T], from, to int, add func(number uint32, v *T)) {
	scratch := new(T)
	var c codec
	for n := from; n < to; n++ {
		*scratch = *new(T)
		c = codec{in: p.row(n).lazy.record, reading: true, scratch: c.scratch.again()}
		p.fields(&c, scratch)
		if err := c.end(); err != nil {
			broken("a record that agrees with its digest can be read", p.id(n), err)
		}
		add(uint32(n-from), scratch)
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
