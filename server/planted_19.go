//go:build plant19

package server

const planted = plantOpenRoute
