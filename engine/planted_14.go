//go:build plant14

package engine

const planted = plantMapOrder
