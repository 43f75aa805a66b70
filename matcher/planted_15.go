//go:build plant15

package matcher

const planted = plantHoldsUnseen
