//go:build plant21

package server

const planted = plantEcho
