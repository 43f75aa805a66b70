//go:build plant18

package matcher

const planted = plantOverflow
