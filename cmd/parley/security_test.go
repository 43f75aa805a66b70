package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSecurityNamesProofs: what SECURITY.md calls a proof is a test or a target that there is.
func TestSecurityNamesProofs(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root:
			return fs.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		source, err := os.ReadFile(path)
		for _, m := range declared.FindAllSubmatch(source, -1) {
			there[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	proofs := regexp.MustCompile("`(Test\\w+|make [\\w-]+)`").FindAllSubmatch(text, -1)
	if len(proofs) < 40 {
		t.Errorf("%d proofs are named", len(proofs))
	}
	for _, m := range proofs {
		name := string(m[1])
		target, isTarget := strings.CutPrefix(name, "make ")
		if isTarget && !strings.Contains(string(makefile), "\n"+target+":") || !isTarget && !there[name] {
			t.Errorf("there is no %s", name)
		}
	}
}
