//go:build plant07

package matcher

const planted = plantBuffer
