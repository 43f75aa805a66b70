//go:build plant06

package matcher

const planted = plantTouching
