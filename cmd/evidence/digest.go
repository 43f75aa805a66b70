package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// digestRule tells on the page what the digest of a part is of.
const digestRule = "A result belongs to the code that it is about. That code's digest is over go.mod, go.sum and all files but documents in the folders of the packages that the part runs\n" +
	"and of every package of this module that they and their tests depend on (as `git ls-files -s` lists them; not tests of the latter, which are not built there, nor their\n" +
	"fuzz corpora), over the commands of the part, and over what `make -n` says that they run. A part was run at the commit beside it, and holds for every commit that has the same digest.\n"

// code is what the digests of all parts are made of: the files of the repository as they are.
type code struct {
	revision string // with a remark if files have changed since
	dirty    bool
	files    []string // lines of git ls-files -s, without documents
	packages map[string]bool
	needs    map[string]map[string]need // of folders, by the packages that need them
}

// need is what a part needs of a folder: nothing, what others build of it, or its tests, too.
type need int

const (
	needsBuild need = iota + 1
	needsTests
)

// state looks at the repository. Files that have changed since the commit are an error: nobody else could have them.
func (o *options) state(ctx context.Context) (*code, error) {
	var errs error
	git := func(args ...string) string {
		text, err := o.ask(ctx, "git", args...)
		errs = errors.Join(errs, err)
		return text
	}
	files, changed := git("ls-files", "-s"), git("status", "--porcelain")
	c := &code{revision: strings.TrimSpace(git("rev-parse", "HEAD")), packages: map[string]bool{}, needs: map[string]map[string]need{}}
	if errs != nil {
		return nil, errs
	}
	c.dirty = slices.ContainsFunc(strings.Split(changed, "\n"), func(l string) bool { return len(l) > 3 && !document(l[3:]) })
	if c.dirty && !o.dirty {
		return nil, fmt.Errorf("files have changed since %.12s; commit them, or say -dirty", c.revision)
	}
	if c.dirty {
		c.revision += ", with changes"
		changes, err := o.changes(ctx)
		if err != nil {
			return nil, err
		}
		files += changes
	}
	for line := range strings.Lines(files) {
		name := fileOf(line)
		if document(name) {
			continue
		}
		c.files = append(c.files, line)
		if strings.HasSuffix(name, ".go") && !strings.Contains("/"+name, "/testdata/") {
			c.packages[path.Dir(name)] = true
		}
	}
	return c, nil
}

// changes returns a line, like those of git ls-files -s, for each file that is not what the index says, with a hash of what it holds.
func (o *options) changes(ctx context.Context) (string, error) {
	names, err := o.ask(ctx, "git", "ls-files", "-z", "--modified", "--deleted", "--others", "--exclude-standard")
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for name := range strings.SplitSeq(strings.TrimSuffix(names, "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join(o.root, name))
		switch {
		case name == "":
		case errors.Is(err, fs.ErrNotExist):
			fmt.Fprintf(&out, "deleted\t%s\n", name)
		case err != nil:
			return "", err
		default:
			fmt.Fprintf(&out, "changed %x\t%s\n", sha256.Sum256(content), name)
		}
	}
	return out.String(), nil
}

// ask runs a command in the repository and returns what it says.
func (o *options) ask(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = o.root
	text, err := cmd.Output()
	if err != nil {
		said := ""
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			said = ": " + strings.TrimSpace(string(exit.Stderr))
		}
		err = fmt.Errorf("%s %s: %w%s", name, args[0], err, said)
	}
	return string(text), err
}

// fileOf returns the path in a line of git ls-files -s.
func fileOf(line string) string {
	_, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
	return name
}

// document reports whether a path is no part of what is proved.
func document(path string) bool {
	if slices.ContainsFunc(parts, func(p part) bool { return slices.Contains(p.files, path) }) {
		return false
	}
	return strings.HasPrefix(path, "docs/") || strings.HasPrefix(path, "bench/results/") || strings.HasSuffix(path, ".md")
}

// folder returns the package that a file belongs to: the nearest folder with Go code that it lies below, "" if there is
// none. So testdata and embedded files are of the package that has them.
func (c *code) folder(file string) string {
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		switch {
		case c.packages[dir]:
			return dir
		case dir == ".":
			return ""
		}
	}
}

// has reports whether a file of the folder is among what is needed.
func (n need) has(file string) bool {
	return n == needsTests || n == needsBuild && !strings.HasSuffix(file, "_test.go") && !strings.Contains(file, "/testdata/fuzz/")
}

// digest is what names the code that a part is about, see digestRule. If it begins with "dirty", nobody else has that code.
func (o *options) digest(ctx context.Context, c *code, p *part) (string, error) {
	folders, err := o.folders(ctx, c, p)
	if err != nil {
		return "", fmt.Errorf("%s: %w", p.name, err)
	}
	sum := sha256.New() // a hash takes everything
	for _, line := range c.files {
		name := fileOf(line)
		if name == "go.mod" || name == "go.sum" || folders[c.folder(name)].has(name) || slices.Contains(p.files, name) {
			_, _ = io.WriteString(sum, line)
		}
	}
	target := ""
	for _, args := range p.steps("") {
		_, _ = fmt.Fprintf(sum, "%q\n", args)
		if args[0] == target {
			continue
		}
		target = args[0]
		recipe, err := o.recipe(ctx, args)
		if err != nil {
			return "", fmt.Errorf("%s: %w", p.name, err)
		}
		_, _ = io.WriteString(sum, recipe)
	}
	digest := fmt.Sprintf("%x", sum.Sum(nil))[:16]
	if c.dirty {
		digest = "dirty-" + digest
	}
	return digest, nil
}

// folders returns what is needed of those of the packages of a part and of all they and their tests depend on in the repository.
func (o *options) folders(ctx context.Context, c *code, p *part) (map[string]need, error) {
	asked := strings.Join(p.packages, " ")
	if known := c.needs[asked]; known != nil {
		return known, nil
	}
	folders := map[string]need{}
	mark := func(as need, flags ...string) error {
		args := slices.Concat([]string{"list", "-f", "{{with .Module}}{{if .Main}}{{$.Dir}}{{end}}{{end}}"}, flags, p.packages)
		text, err := o.ask(ctx, o.goCommand, args...)
		if err != nil {
			return err
		}
		for dir := range strings.FieldsSeq(text) {
			rel, err := filepath.Rel(o.root, dir)
			if err != nil {
				return err
			}
			folders[filepath.ToSlash(rel)] = as
		}
		return nil
	}
	if err := mark(needsBuild, "-deps", "-test"); err != nil {
		return nil, err
	}
	if err := mark(needsTests); err != nil {
		return nil, err
	}
	c.needs[asked] = folders
	return folders, nil
}

// recipe returns what a step runs. Where the repository lies, and which commit it is at, is not part of that.
func (o *options) recipe(ctx context.Context, args []string) (string, error) {
	text, err := o.ask(ctx, o.make, append([]string{"-n", "--no-print-directory", "VERSION="}, args...)...)
	return strings.ReplaceAll(text, o.root, ""), err
}
