//go:build !linux

package main

// pin is nil where a process cannot be kept on a processor.
var pin func(core int) (restore func() error, err error)
