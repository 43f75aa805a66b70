//go:build plant24

package engine

const planted = plantHoldsUnbounded
