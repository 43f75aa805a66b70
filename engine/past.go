package engine

import "sort"

// past is what a checkpoint held of one kind, in order of tenant and id: records that
// become values when somebody asks for them. It is never changed once it is filled, so
// all states that come out of a checkpoint share it.
type past[T any] struct {
	fields  func(*codec, *T)
	tenants []pastTenant
	blocks  [][]pastRow[T] // all but the last one are full
	n       int
}

// pastTenant says where a tenant's rows begin; they end where the next one's begin.
type pastTenant struct {
	name string
	from int
}

type pastRow[T any] struct {
	id   string
	lazy lazy[T]
}

// pastBlock is how many rows lie together.
const pastBlock = 512

func (p *past[T]) len() int {
	if p == nil {
		return 0
	}
	return p.n
}

// add takes a record in behind the others; it reports whether that is its place.
func (p *past[T]) add(tenant, id, record string) bool {
	if last := len(p.tenants) - 1; last < 0 || p.tenants[last].name != tenant {
		if last >= 0 && p.tenants[last].name > tenant {
			return false
		}
		p.tenants = append(p.tenants, pastTenant{tenant, p.n})
	} else if p.row(p.n-1).id >= id {
		return false
	}
	if p.n%pastBlock == 0 {
		p.blocks = append(p.blocks, make([]pastRow[T], 0, pastBlock))
	}
	block := &p.blocks[len(p.blocks)-1]
	*block = (*block)[:len(*block)+1]
	r := &(*block)[len(*block)-1]
	r.id, r.lazy.record, r.lazy.fields = id, record, p.fields
	p.n++
	return true
}

func (p *past[T]) row(n int) *pastRow[T] { return &p.blocks[n/pastBlock][n%pastBlock] }

// id returns the id of a row by its number.
func (p *past[T]) id(n int) string { return p.row(n).id }

// span returns the numbers of a tenant's rows.
func (p *past[T]) span(tenant string) (from, to int) {
	i := sort.Search(len(p.tenants), func(i int) bool { return p.tenants[i].name >= tenant })
	switch {
	case i == len(p.tenants):
		return p.n, p.n
	case p.tenants[i].name != tenant:
		return p.tenants[i].from, p.tenants[i].from
	}
	return p.tenants[i].from, p.end(i)
}

// end returns where the rows of the i-th tenant end.
func (p *past[T]) end(i int) int {
	if i+1 < len(p.tenants) {
		return p.tenants[i+1].from
	}
	return p.n
}

// search returns the number of the first row of a tenant that is not before id, or
// where they end.
func (p *past[T]) search(tenant, id string) int {
	from, to := p.span(tenant)
	return from + sort.Search(to-from, func(i int) bool { return p.row(from+i).id >= id })
}

// find returns a row by name, nil if there is none.
func (p *past[T]) find(tenant, id string) *lazy[T] {
	from, to := p.span(tenant)
	n := from + sort.Search(to-from, func(i int) bool { return p.row(from+i).id >= id })
	if n == to || p.row(n).id != id {
		return nil
	}
	return &p.row(n).lazy
}

// from walks all rows that are not before a place; it reports whether it came to the end.
func (p *past[T]) from(tenant, id string, yield func(row[T]) bool) bool {
	n := p.search(tenant, id)
	i := sort.Search(len(p.tenants), func(i int) bool { return p.end(i) > n })
	for ; i < len(p.tenants); i++ {
		for ; n < p.end(i); n++ {
			r := p.row(n)
			if !yield(row[T]{name: name{p.tenants[i].name, r.id}, lazy: &r.lazy}) {
				return false
			}
		}
	}
	return true
}

// finger finds one row of a tenant after the other, fast where the next one is near.
type finger[T any] struct {
	p        *past[T]
	from, to int
	at       int
}

func (p *past[T]) finger(tenant string) finger[T] {
	from, to := p.span(tenant)
	return finger[T]{p, from, to, from}
}

// find returns the number of a row.
func (f *finger[T]) find(id string) (n int, ok bool) {
	low, high := f.from, f.to // the first row that is not before id is in [low, high]
	if f.at < f.to && f.p.row(f.at).id < id {
		low = f.at + 1
		for step := 1; low+step < f.to; step *= 2 {
			if f.p.row(low+step).id >= id {
				high = low + step
				break
			}
			low += step + 1
		}
	} else {
		high = f.at
		for step := 1; high-step > f.from; step *= 2 {
			if f.p.row(high-step).id < id {
				low = high - step + 1
				break
			}
			high -= step
		}
	}
	f.at = low + sort.Search(high-low, func(i int) bool { return f.p.row(low+i).id >= id })
	return f.at, f.at < f.to && f.p.row(f.at).id == id
}
