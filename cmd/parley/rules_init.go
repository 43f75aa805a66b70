package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/parleyhq/parley/matcher"
)

type rulesInitCmd struct {
	Dir string `arg:"" help:"Folder to write; it must be missing or empty."`
}

// Run copies the shipped files as they are written.
func (c *rulesInitCmd) Run(s streams) error {
	switch entries, err := os.ReadDir(c.Dir); {
	case err == nil && len(entries) > 0:
		return &failure{exitUsage, fmt.Errorf("%s is not empty; nothing was written", c.Dir)}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return &failure{exitUsage, err}
	}
	if err := os.CopyFS(c.Dir, matcher.EmbeddedFiles()); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "The shipped rules are in %s. Change them there, then: parley rules check %s\n", c.Dir, c.Dir)
	return nil
}
