package matcher

// slab hands out memory that is taken back all at once: what was handed out is valid until
// reset. It keeps its last block, which is the largest: once it has met a need twice, the
// same need allocates nothing.
type slab[T any] struct {
	block []T // handed out up to its length
}

// A block has room for so many elements at least, and for twice as many as the one before.
const firstBlock = 8

// reset takes everything back.
func (s *slab[T]) reset() { s.block = s.block[:0] }

// take returns an empty list with room for n elements. What lies in another list is never
// overwritten: appending more than n moves the list elsewhere.
func (s *slab[T]) take(n int) []T {
	from := s.reserve(n)
	s.block = s.block[:from+n]
	return s.block[from : from : from+n]
}

// mark and release take back what was handed out in between; it can be read until more is
// handed out.
func (s *slab[T]) mark() int { return len(s.block) }

func (s *slab[T]) release(mark int) { s.block = s.block[:min(mark, len(s.block))] }

// one returns a zero element.
func (s *slab[T]) one() *T {
	var zero T
	list := append(s.take(1), zero)
	return &list[0]
}

// reserve makes room for n elements behind the last one and returns where it begins. Lists
// of a block that is full stay where they are: the block is left to them.
func (s *slab[T]) reserve(n int) (from int) {
	if len(s.block)+n > cap(s.block) {
		s.block = make([]T, 0, max(n, 2*cap(s.block), firstBlock))
	}
	return len(s.block)
}

// extend appends x to a list of the slab: in place while it has room or is the last one
// handed out, else to a copy that is.
func (s *slab[T]) extend(list []T, x T) []T {
	n := len(list)
	if n < cap(list) {
		return append(list, x)
	}
	last := n > 0 && len(s.block) >= n && &s.block[len(s.block)-1] == &list[n-1]
	if last && len(s.block) < cap(s.block) {
		s.block = append(s.block, x)
		return s.block[len(s.block)-n-1 : len(s.block) : len(s.block)]
	}
	return append(append(s.take(n+1), list...), x)
}

// open returns an empty list to append to, in place as long as the block has room; close
// hands out what has become of it. Nothing is taken in between.
func (s *slab[T]) open() []T { return s.block[len(s.block):] }

func (s *slab[T]) close(list []T) []T {
	n := len(list)
	if n > cap(s.block)-len(s.block) {
		return append(s.take(n), list...)
	}
	from := len(s.block)
	s.block = s.block[:from+n]
	return s.block[from : from+n : from+n]
}
