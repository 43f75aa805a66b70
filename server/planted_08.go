//go:build plant08

package server

const planted = plantMoveInTwo
