//go:build !race

package simlog_test

const simUsualSeeds = 40
