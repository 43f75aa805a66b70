//go:build !plant06 && !plant07 && !plant15 && !plant18

package matcher

const planted = 0
