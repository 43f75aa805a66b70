package persist

import (
	"runtime/debug"
	"sync"
)

// loadingGarbage is the percentage by which the heap may grow before garbage is
// collected while a checkpoint is loaded. Next to nothing of what is read then is
// garbage, and to find that out again and again takes a third of a start.
const loadingGarbage = 400

// resting counts who loads a checkpoint; the setting belongs to the process.
var resting struct {
	sync.Mutex
	loads  int
	before int // the percentage as it was
}

// restGarbage lets the heap grow further until the returned function is called.
func restGarbage() (end func()) {
	resting.Lock()
	defer resting.Unlock()
	if resting.loads++; resting.loads == 1 {
		resting.before = debug.SetGCPercent(loadingGarbage)
		if resting.before < 0 || resting.before > loadingGarbage {
			debug.SetGCPercent(resting.before)
		}
	}
	return sync.OnceFunc(func() {
		resting.Lock()
		defer resting.Unlock()
		if resting.loads--; resting.loads == 0 {
			debug.SetGCPercent(resting.before)
		}
	})
}
