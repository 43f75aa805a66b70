package matcher

import "slices"

// series is a persistent map from whole numbers, most of which lie close together, such
// as the dates of a few months. It shares and copies as a vec does, page by page.
type series[L any] struct {
	edition uint64 // that owns pages
	pages   []page[L]
}

// page holds the numbers from number·fanout on.
type page[L any] struct {
	number int
	of     *branch[L]
}

// pageOf numbers the page of a key.
func pageOf(key int) int { return (key - within(key)) / fanout }

// within is the key's place on its page.
func within(key int) int { return (key%fanout + fanout) % fanout }

func (s *series[L]) find(number int) (i int, found bool) {
	for i < len(s.pages) && s.pages[i].number < number { // few, and what is asked for is early
		i++
	}
	return i, i < len(s.pages) && s.pages[i].number == number
}

// at returns what there is at key to read, nil if nothing was ever put there.
func (s *series[L]) at(key int) *L {
	if i, found := s.find(pageOf(key)); found {
		if l := s.pages[i].of.leaves[within(key)]; l != nil {
			return &l.v
		}
	}
	return nil
}

// own returns what there is at key to change in an edition, a zero one if there was none.
func (s *series[L]) own(key int, edition uint64) *L {
	if s.edition != edition {
		s.pages, s.edition = slices.Clone(s.pages), edition
	}
	i, found := s.find(pageOf(key))
	if !found {
		s.pages = slices.Insert(s.pages, i, page[L]{number: pageOf(key)})
	}
	p := &s.pages[i]
	p.of = p.of.own(edition)
	return p.of.leaf(within(key), edition)
}

// forget drops the pages that hold only keys below key.
func (s *series[L]) forget(key int) {
	i, _ := s.find(pageOf(key))
	s.pages = s.pages[i:]
}

// all yields what was put, in order of keys, until yield returns false.
func (s *series[L]) all(yield func(key int, l *L) bool) {
	for _, p := range s.pages {
		for i, l := range p.of.leaves {
			if l != nil && !yield(p.number*fanout+i, &l.v) {
				return
			}
		}
	}
}
