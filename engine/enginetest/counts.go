package enginetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Counts says how often something happened in simulations. A simulation that
// never met a rare state has proved nothing about it.
type Counts map[string]int

// Add counts one more.
func (c Counts) Add(format string, args ...any) {
	if len(args) > 0 {
		format = fmt.Sprintf(format, args...)
	}
	c[format]++
}

// Merge adds the counts of d.
func (c Counts) Merge(d Counts) {
	for _, name := range slices.Sorted(maps.Keys(d)) {
		c[name] += d[name]
	}
}

// Missing lists which of names never happened.
func (c Counts) Missing(names []string) (missing []string) {
	for _, name := range names {
		if c[name] == 0 {
			missing = append(missing, name)
		}
	}
	return missing
}

// String lists all counts, one a line.
func (c Counts) String() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintf(&b, "%8d  %s\n", c[name], name)
	}
	return b.String()
}
