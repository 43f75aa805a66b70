//go:build plant13

package engine

const planted = plantKeysOfAll
