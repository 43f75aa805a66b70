//go:build !plant08 && !plant19 && !plant20 && !plant21 && !plant22

package server

const planted = 0
