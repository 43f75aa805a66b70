//go:build race

package matcher

// allocations runs f for the detector. What it instruments is inlined less, and so
// allocates where the program does not: that is not counted.
func allocations(f func()) float64 {
	f()
	return 0
}
