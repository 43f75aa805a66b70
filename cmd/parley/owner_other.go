//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd

package main

// ownedBy refuses nothing where files have no owner by number.
func ownedBy(string, int) error { return nil }
