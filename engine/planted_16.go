//go:build plant16

package engine

const planted = plantHeldCase
