//go:build !race

package engine_test

const simUsualSeeds = simFullSeeds
