//go:build plant10

package engine

const planted = plantWallClock
