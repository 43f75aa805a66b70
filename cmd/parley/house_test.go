// House rules: what no compiler checks and every change must keep. Each rule
// says why it exists and carries plants: small modules that break it, which it
// must catch, and their lawful neighbours, which it must let pass.
package main_test

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// modulePath is what import paths of this module begin with.
const modulePath = "github.com/parleyhq/parley"

// pureRooms are deterministic: their state is a function of the log.
var pureRooms = []string{"slots", "matcher", "engine"}

// allRooms are the folders at the top that may hold packages.
var allRooms = []string{"slots", "matcher", "engine", "persist", "server", "bench", "cmd"}

// file is one text file of the module. ast is nil unless it is Go.
type file struct {
	path string // relative to the module's root, with slashes
	text []byte
	ast  *ast.File
}

func (f *file) room() string { first, _, _ := strings.Cut(f.path, "/"); return first }
func (f *file) dir() string  { return path.Dir(f.path) }
func (f *file) goCode() bool { return f.ast != nil }

// rival tells whether f belongs to the module that compares Parley with rivals: it
// may use what the program must not, and has requirements of its own.
func (f *file) rival() bool { return strings.HasPrefix(f.path, rivalsFolder+"/") }
func (f *file) test() bool  { return strings.HasSuffix(f.path, "_test.go") }

// support tells whether f belongs to a package that exists for tests only.
func (f *file) support() bool { return strings.HasSuffix(f.dir(), "test") }

func (f *file) generated() bool { return f.goCode() && ast.IsGenerated(f.ast) }

// imports lists the import paths of f with the node to point at.
func (f *file) imports() map[string]*ast.ImportSpec {
	all := make(map[string]*ast.ImportSpec, len(f.ast.Imports))
	for _, spec := range f.ast.Imports {
		all[strings.Trim(spec.Path.Value, `"`)] = spec
	}
	return all
}

// module is all that the rules look at.
type module struct {
	fset  *token.FileSet
	files []*file // sorted by path
}

// add parses text if it is Go and takes it in.
func (m *module) add(name string, text []byte) error {
	f := &file{path: name, text: text}
	if strings.HasSuffix(name, ".go") {
		var err error
		if f.ast, err = parser.ParseFile(m.fset, name, text, parser.ParseComments); err != nil {
			return err
		}
	}
	m.files = append(m.files, f)
	return nil
}

// named returns the file at the given path, or nil.
func (m *module) named(name string) *file {
	i := slices.IndexFunc(m.files, func(f *file) bool { return f.path == name })
	if i < 0 {
		return nil
	}
	return m.files[i]
}

// at makes a finding for a node of f.
func (m *module) at(f *file, n ast.Node, format string, args ...any) finding {
	return finding{f.path, m.fset.Position(n.Pos()).Line, fmt.Sprintf(format, args...)}
}

// finding is one breach of a rule.
type finding struct {
	path string
	line int
	text string
}

func (f finding) String() string { return fmt.Sprintf("%s:%d: %s", f.path, f.line, f.text) }

// plant is a module, given as path and text, that a rule is tried on. want is
// part of the finding that it must cause; an empty want asks for no finding.
type plant struct {
	files map[string]string
	want  string
}

// rule is one house rule.
type rule struct {
	name   string
	why    string
	check  func(m *module) []finding
	plants []plant
}

func houseRules() []rule {
	return slices.Concat(arrowRules(), mapRules(), manifestRules(), pureRules(), orderRules(), formRules(), docRules(), wordRules(), testRules(), logRules(), fuzzRules(), plantedRules())
}

// readModule loads every text file under root but those of the tools module,
// of hidden folders, and what `make` builds.
func readModule(root string) (*module, error) {
	m := &module{fset: token.NewFileSet()}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			hidden := rel != "." && rel != ".ci" && strings.HasPrefix(d.Name(), ".")
			if hidden || slices.Contains([]string{"bin", "data"}, rel) || d.Name() == "node_modules" {
				return filepath.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || slices.Contains([]string{".git", "go.sum", "LICENSE"}, d.Name()) {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
			return nil // not text
		}
		return m.add(rel, text)
	})
	return m, err
}

func TestHouse(t *testing.T) {
	t.Parallel()
	m, err := readModule(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	// A walker that finds nothing would make every rule hold.
	for _, room := range allRooms {
		if !slices.ContainsFunc(m.files, func(f *file) bool { return f.goCode() && f.room() == room }) {
			t.Errorf("no Go file found in %s: looking in the wrong place?", room)
		}
	}
	for _, r := range houseRules() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			found := r.check(m)
			slices.SortFunc(found, func(a, b finding) int {
				return cmp.Or(strings.Compare(a.path, b.path), a.line-b.line)
			})
			for _, f := range found {
				t.Error(f)
			}
			if len(found) > 0 {
				t.Logf("the rule: %s", r.why)
			}
		})
	}
}

func TestHousePlants(t *testing.T) {
	t.Parallel()
	for _, r := range houseRules() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			caught := 0
			for i, p := range r.plants {
				tryPlant(t, r, i, p)
				if p.want != "" {
					caught++
				}
			}
			if caught == 0 {
				t.Error("no plant breaks this rule: nothing shows that it can fail")
			}
		})
	}
}

// tryPlant runs r on one plant and compares its findings with what p wants.
func tryPlant(t *testing.T, r rule, i int, p plant) {
	t.Helper()
	m := &module{fset: token.NewFileSet()}
	for name, text := range p.files {
		if err := m.add(name, []byte(text)); err != nil {
			t.Fatalf("plant %d: %v", i, err)
		}
	}
	slices.SortFunc(m.files, func(a, b *file) int { return strings.Compare(a.path, b.path) })
	found := r.check(m)
	switch {
	case p.want == "" && len(found) > 0:
		t.Errorf("plant %d is lawful, yet: %v", i, found)
	case p.want != "" && !slices.ContainsFunc(found, func(f finding) bool { return strings.Contains(f.String(), p.want) }):
		t.Errorf("plant %d: want a finding with %q, got %v", i, p.want, found)
	}
}
