//go:build plant20

package server

const planted = plantBufferKept
