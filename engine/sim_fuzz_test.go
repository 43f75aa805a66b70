package engine_test

import (
	"testing"

	"github.com/parleyhq/parley/engine/enginetest"
)

// mostSteps keeps an input far below the 10 s after which Go takes a fuzzing process for dead, on a loaded machine, too.
const mostSteps = 100

// FuzzOperations runs sequences of operations against the auditor's model: the seed chooses them.
func FuzzOperations(f *testing.F) {
	f.Add(uint64(1), uint8(20))
	f.Fuzz(func(t *testing.T, seed uint64, steps uint8) {
		enginetest.Run(t, enginetest.Config{Seed: seed, Steps: min(int(steps), mostSteps), Batch: simBatch, Faults: true})
	})
}
