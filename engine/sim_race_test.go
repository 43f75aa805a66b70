//go:build race

package engine_test

// simUsualSeeds is small where everything takes ten times as long: the
// simulation submits from one goroutine at a time, and what the detector is to
// look at are the tests of sim_concurrent_test.go.
const simUsualSeeds = 2
