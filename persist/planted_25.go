//go:build plant25

package persist

const planted = plantNoWatermark
