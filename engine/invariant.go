package engine

import "fmt"

// broken crashes the process. A broken invariant must not reach the log, and
// nobody may recover from it: the log, replayed, is what can be trusted.
func broken(invariant string, left, right any) {
	panic(fmt.Sprintf("engine: invariant broken: %s: %v, %v", invariant, left, right))
}
