package enginetest

// Random is a small generator of pseudo-random numbers (splitmix64): the same
// seed gives the same numbers on every machine and in every version.
type Random struct{ state uint64 }

// NewRandom returns a generator for a seed.
func NewRandom(seed uint64) *Random { return &Random{state: seed} }

// Uint64 returns the next number.
func (r *Random) Uint64() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Below returns a number from 0 to n-1.
func (r *Random) Below(n int) int { return int(r.Uint64() % uint64(n)) }

// Chance is true once in n times.
func (r *Random) Chance(n int) bool { return r.Below(n) == 0 }

// Pick returns one of the items.
func Pick[T any](r *Random, items ...T) T { return items[r.Below(len(items))] }
