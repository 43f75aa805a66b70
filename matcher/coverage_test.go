package matcher

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// maxRounds bounds how often a property is checked again for kinds that no draw has
// met: one that every second round meets is missed in all of them once in 1e9 runs.
const maxRounds = 30

// coverage counts, by kind, what the checks of a property have met.
type coverage map[string]int

// missing lists those of kinds that were not met.
func (c coverage) missing(kinds []string) []string {
	return slices.DeleteFunc(slices.Clone(kinds), func(kind string) bool { return c[kind] > 0 })
}

// checkAll checks a property in rounds until its checks have met every kind. A kind
// that the draws can no longer lead to fails the test; one that a round happens to
// miss does not.
func checkAll(t *testing.T, met coverage, kinds []string, property func(*rapid.T)) {
	t.Helper()
	for range maxRounds {
		rapid.Check(t, property)
		if len(met.missing(kinds)) == 0 {
			return
		}
	}
	t.Errorf("never came up: %v; met %v", met.missing(kinds), met)
}
