//go:build plant22

package server

const planted = plantUnrecorded
