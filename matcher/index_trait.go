package matcher

// trait is the set of reviewers who have something in common, by number, in one piece.
// Unlike a plane it is seldom changed and read from end to end, so that to change it is to
// copy it. Sharing it by value shares its words.
type trait struct {
	// number tells what is in it: two traits of one index with the same number have
	// the same members, and each change gives a new one. A trait of nobody has 0.
	number  uint64
	edition uint64 // that owns words
	words   []uint64
}

// at returns block i to read, nil if nobody is in it or behind it.
func (a *trait) at(i int) *block {
	if from := i * blockWords; from < len(a.words) {
		return (*block)(a.words[from:])
	}
	return nil
}

// word returns the members among the 64 reviewers from 64·w on.
func (a *trait) word(w int) uint64 {
	if w < len(a.words) {
		return a.words[w]
	}
	return 0
}

func (a *trait) has(ref int) bool { return a.word(ref/64)>>(ref%64)&1 == 1 }

// put takes a reviewer in, or out. number was given to no other change.
func (a *trait) put(ref int, in bool, edition, number uint64) {
	if a.has(ref) == in {
		return
	}
	if size := max(len(a.words), tilesOf(ref+1)*blockWords); a.edition != edition || size > len(a.words) {
		words := make([]uint64, size)
		copy(words, a.words)
		a.words, a.edition = words, edition
	}
	a.words[ref/64] ^= 1 << (ref % 64)
	a.number = number
}
