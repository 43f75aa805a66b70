//go:build race

package server

// slowness is how many times as long things may take: instrumented, and beside other tests.
const slowness = 12

// allocations runs f for the detector, which makes pools forget and so allocates where the
// program does not: that is not counted.
func allocations(f func()) float64 {
	f()
	return 0
}
