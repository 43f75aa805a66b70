package slots

// Grid is the lattice on which calls start: every StepMinutes after the full
// UTC hour. StepMinutes divides 60. In zones whose offset is not a multiple of
// the step, the lines do not fall on the full local hour.
type Grid struct{ StepMinutes int }

// Valid reports whether StepMinutes is from 1 to 60 and divides 60. Except for
// Starts, the other methods need a valid Grid.
func (g Grid) Valid() bool { return g.StepMinutes > 0 && 60%g.StepMinutes == 0 }

func (g Grid) step() Instant { return Instant(g.StepMinutes) * Minute }

// On reports whether t is a line of the grid.
func (g Grid) On(t Instant) bool { return t%g.step() == 0 }

// Next returns the first line at or after t.
func (g Grid) Next(t Instant) Instant {
	if past := floorMod(t, g.step()); past > 0 {
		return t - past + g.step()
	}
	return t
}

// Starts calls yield for each line s, in order, with [s, s+minutes) inside free,
// until yield returns false. Calls longer than the step start on every line, so
// their slots overlap. A Grid that is not valid, and minutes below 1, give none.
func (g Grid) Starts(free Set, minutes int, yield func(Instant) bool) {
	if !g.Valid() || minutes <= 0 {
		return
	}
	length := Instant(minutes) * Minute
	for _, iv := range free.ivs {
		for s := g.Next(iv.Start); s+length <= iv.End; s += g.step() {
			if !yield(s) {
				return
			}
		}
	}
}
