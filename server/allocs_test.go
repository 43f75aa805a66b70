//go:build !race

package server

import "testing"

// allocations counts those of a run of f, on average.
func allocations(f func()) float64 { return testing.AllocsPerRun(100, f) }
