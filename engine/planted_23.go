//go:build plant23

package engine

const planted = plantLate
