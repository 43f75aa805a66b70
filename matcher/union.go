package matcher

import "slices"

// join returns the sorted union of two sorted lists of codes, one of them if the
// other adds nothing.
func join(a, b []string) []string {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0 || slices.Equal(a, b):
		return a
	}
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// unions makes unions of lists that verdicts share, each once: reviewers are many, what
// they lack is not.
type unions struct {
	known []union
	words slab[string]
}

type union struct{ a, b, all []string }

func (u *unions) reset() {
	u.known = u.known[:0]
	u.words.reset()
}

// of is join for lists that do not change. The union is valid until reset.
func (u *unions) of(a, b []string) []string {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 || shared(a, b) {
		return a
	}
	for i := range u.known {
		if k := &u.known[i]; shared(k.a, a) && shared(k.b, b) {
			return k.all
		}
	}
	all := append(append(u.words.take(len(a)+len(b)), a...), b...)
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) == len(a) {
		all = a // b adds nothing
	}
	u.known = append(u.known, union{a, b, all})
	return all
}

// shared reports whether two lists, not empty, are one.
func shared(a, b []string) bool { return len(a) == len(b) && &a[0] == &b[0] }
