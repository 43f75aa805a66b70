//go:build plant12

package engine

const planted = plantKeyShort
