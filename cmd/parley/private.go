package main

import (
	"errors"
	"io"
	"os"
)

// newPrivateFile makes a file that its owner alone may read. It is made before fill is called, which may do what cannot be
// undone; it is durable when this returns nil, and not there after an error.
func newPrivateFile(name string, fill func(io.Writer) error) (err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err = errors.Join(fill(f), f.Sync(), f.Close()); err != nil {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}
