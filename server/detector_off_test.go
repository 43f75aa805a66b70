//go:build !race

package server

import "testing"

// slowness is how many times as long things may take.
const slowness = 1

// allocations counts those of a run of f, on average.
func allocations(f func()) float64 { return testing.AllocsPerRun(100, f) }
