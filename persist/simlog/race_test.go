//go:build race

package simlog_test

// simUsualSeeds is small where everything takes ten times as long.
const simUsualSeeds = 4
