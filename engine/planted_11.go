//go:build plant11

package engine

const planted = plantKeyApart
