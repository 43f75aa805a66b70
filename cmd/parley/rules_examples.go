package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/parleyhq/parley/matcher/rulescript"
)

type rulesTestCmd struct {
	Dir     string `arg:"" optional:"" default:"embedded" help:"Folder with the rule files, examples in its folder examples; embedded = the shipped rules and examples."`
	Rewrite bool   `help:"Write what the rules answer now into the examples, to be reviewed as a difference."`
}

// Run fails with exitNotWhole if an example differs.
func (c *rulesTestCmd) Run(s streams) error {
	if c.Rewrite && c.Dir == shippedRules {
		return &failure{exitUsage, errors.New("the shipped examples cannot be rewritten; name a folder")}
	}
	f, err := openFolder(s, c.Dir)
	if err != nil {
		return err
	}
	differ, err := f.playExamples(s, c.Rewrite)
	return errors.Join(err, differ)
}

// examplesFolder is where a folder of rules keeps its examples.
const examplesFolder = "examples"

// playExamples plays the scripts of a folder and prints what differs. differ is
// then a failure; err says why they could not be played at all.
func (f *folder) playExamples(s streams, rewrite bool) (differ, err error) {
	names, err := fs.Glob(f.files, path.Join(examplesFolder, "*.txt"))
	if err != nil {
		return nil, err
	}
	steps, failed := 0, 0
	for _, name := range names {
		text, err := fs.ReadFile(f.files, name)
		if err != nil {
			return nil, err
		}
		got, err := rulescript.Run(f.rules, string(text))
		if err != nil {
			return nil, &failure{exitNotWhole, fmt.Errorf("%s: %w", filepath.Join(f.name, name), err)}
		}
		steps += got.Steps
		if rewrite {
			if err := rewriteFile(filepath.Join(f.name, name), string(text), got.Rewritten); err != nil {
				return nil, err
			}
			continue
		}
		failed += len(got.Failures)
		for _, x := range got.Failures {
			fmt.Fprintf(s.err, "%s:%d: %s: the rules answer otherwise\n", filepath.Join(f.name, name), x.Line, x.Command)
			printLines(s, "- ", x.Want)
			printLines(s, "+ ", x.Got)
		}
	}
	verb := "played"
	if rewrite {
		verb = "written"
	}
	fmt.Fprintf(s.out, "examples: %d files, %d steps %s, %d differ\n", len(names), steps, verb, failed)
	switch {
	case failed == 1:
		differ = &failure{exitNotWhole, errors.New("1 step of the examples differs")}
	case failed > 1:
		differ = &failure{exitNotWhole, fmt.Errorf("%d steps of the examples differ", failed)}
	}
	return differ, nil
}

func printLines(s streams, mark, text string) {
	for line := range strings.Lines(text) {
		fmt.Fprint(s.err, "  ", mark, line)
	}
}

// rewriteFile replaces a file's text, and leaves a file alone that is right.
func rewriteFile(name, old, text string) error {
	if old == text {
		return nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	return os.WriteFile(name, []byte(text), info.Mode().Perm())
}
