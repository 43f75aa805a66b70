package matcher

import "slices"

// lineup is who leaves nothing unmet, as far as traits tell: what the sets of an inquiry
// come to, before anybody who is odd or barred is taken out. Nothing else is in it, neither
// times nor calls, so that it holds as long as the sets do.
type lineup struct {
	key     []uint64 // of the inquiry
	hash    uint64   // of key
	used    uint64   // when it was asked for, 0 = never
	members []wordBits
	by      [RelationSameSubspecialty + 1]part // who stands by a relation
	unsure  part                               // of whom there are doubts, by whatever relation
}

// part are the members from ≤ i < to of a lineup.
type part struct{ from, to, count int }

func (l *lineup) cast(p part) cast {
	return cast{count: p.count, members: l.members[p.from:p.to:p.to]}
}

// Bounds of the lineups that a Searcher keeps.
const (
	// keptWords bounds them all, in words of 64 reviewers that are looked through for one:
	// it takes up to two or three times as many elements of 16 bytes.
	keptWords = 1 << 18
	// mostKept and fewestKept bound their number, whatever the roster.
	mostKept, fewestKept = 1 << 12, 4 * lineupWays
	// lineupWays is how many places there are for a lineup.
	lineupWays = 4
)

// lineups are those of earlier searches. A lineup is found by all numbers of the sets that
// made it, in order, so that what is found is what would be made.
type lineups struct {
	of     *uint64 // where the sets' numbers are from
	places []lineup
	clock  uint64
}

// find returns the lineup of a key, or one to fill in for it; width is of an inquiry's sets.
// It is valid until the next call.
func (k *lineups) find(of *uint64, key []uint64, width int) (l *lineup, known bool) {
	if k.of != of {
		k.of, k.places = of, nil
	}
	k.clock++
	hash := uint64(0)
	for _, n := range key {
		hash = (hash ^ n) * 0x9e3779b97f4a7c15 // 2⁶⁴ divided by the golden ratio
		hash ^= hash >> 32
	}
	for {
		var oldest *lineup
		ways := k.placesOf(hash)
		for i := range ways {
			switch l := &ways[i]; {
			case l.used != 0 && l.hash == hash && slices.Equal(l.key, key):
				l.used = k.clock
				return l, true
			case oldest == nil || l.used < oldest.used:
				oldest = l
			}
		}
		if oldest != nil && (oldest.used == 0 || 2*len(k.places) > mostLineups(width)) {
			oldest.key, oldest.hash, oldest.used = append(oldest.key[:0], key...), hash, k.clock
			oldest.members = oldest.members[:0]
			return oldest, false
		}
		k.grow()
	}
}

// mostLineups is how many are kept of sets of so many words.
func mostLineups(width int) int { return min(max(keptWords/max(width, 1), fewestKept), mostKept) }

// placesOf returns the places for a lineup, none before the first.
func (k *lineups) placesOf(hash uint64) []lineup {
	if len(k.places) == 0 {
		return nil
	}
	from := int(hash%uint64(len(k.places)/lineupWays)) * lineupWays
	return k.places[from : from+lineupWays]
}

// grow doubles the places. The lineups of each go to two.
func (k *lineups) grow() {
	old := k.places
	k.places = make([]lineup, max(2*len(old), fewestKept))
	for i := range old {
		if old[i].used == 0 {
			continue
		}
		ways := k.placesOf(old[i].hash)
		free := slices.IndexFunc(ways, func(l lineup) bool { return l.used == 0 })
		ways[free] = old[i]
	}
}

// appendKey appends what an inquiry asks, by the numbers of the sets.
func (b *bitSearch) appendKey(key []uint64) []uint64 {
	key = append(key, b.sets.active.number)
	list := func(a ask) {
		key = append(key, uint64(a.to-a.from))
		for i := a.from; i < a.to; i++ {
			key = append(key, b.united[i].number)
		}
	}
	all := func(asks []ask) {
		key = append(key, uint64(len(asks)))
		for _, a := range asks {
			list(a)
		}
	}
	all(b.asks)
	key = append(key, uint64(len(b.doubts)))
	for _, d := range b.doubts {
		list(d.turning)
		list(d.sure)
	}
	for relation := RelationSimilar; relation <= RelationSameSubspecialty; relation++ {
		all(b.layers[relation])
	}
	return key
}

// lineUp fills in a lineup: who meets what is asked for, of narrowed or, if that is nil, of
// all who are active.
func (b *bitSearch) lineUp(l *lineup, narrowed []uint64) {
	var casts [RelationSameSubspecialty + 2]cast // one behind the relations: of whom there are doubts
	for i := range casts {
		casts[i].members = b.members.take(b.width)
	}
	unsure := &casts[len(casts)-1]
	for at := range b.width / blockWords {
		word := at * blockWords
		var who block
		if narrowed != nil {
			who = *(*block)(narrowed[word:])
		} else if one := b.sets.active.at(at); one != nil {
			who = *one
		} else {
			break
		}
		if !b.meet(b.asks, at, &who) {
			continue
		}
		doubts := b.doubtful(at)
		for k := range who {
			doubts[k] &= who[k]
			who[k] &^= doubts[k]
		}
		unsure.join(word, doubts[:])
		b.relate(at, &who, casts[:])
	}
	l.members = l.members[:0]
	add := func(c *cast) part {
		from := len(l.members)
		l.members = append(l.members, c.members...)
		return part{from, len(l.members), c.count}
	}
	for relation := range l.by {
		l.by[relation] = add(&casts[relation])
	}
	l.unsure = add(unsure)
}

// relate sorts who, of a block, into casts by relation.
func (b *bitSearch) relate(at int, who *block, casts []cast) {
	b.closer = append(b.closer[:0], make([]block, len(b.layers[RelationSimilar]))...)
	for relation := RelationSameSubspecialty; relation > RelationNone; relation-- {
		class := *who
		for i, a := range b.layers[relation] {
			closer := &b.closer[i]
			b.among(a, at, closer)
			for k := range class {
				class[k] &= closer[k]
			}
		}
		for k := range who {
			who[k] &^= class[k]
		}
		casts[relation].join(at*blockWords, class[:])
	}
	casts[RelationNone].join(at*blockWords, who[:])
}
