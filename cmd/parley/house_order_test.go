package main_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/importer"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// orderMark, followed by a reason, excuses a walk over a map on its line or the
// next.
const orderMark = "//order:"

func orderRules() []rule {
	one := func(body string) map[string]string {
		return map[string]string{"engine/a.go": "package engine\n\nimport (\n\t\"maps\"\n\t\"slices\"\n\t\"sync\"\n)\n\n" +
			"type index map[string]int\n\nvar _ = maps.Keys[index]\nvar _ = slices.Sorted[string]\n\n" +
			"func f(m index, s []int, y *sync.Map) {\n" + body + "\n}\n"}
	}
	return []rule{{
		name:  "map order",
		why:   "a map is walked in another order every time; what comes of it must not reach state, log or reply",
		check: checkMapOrder,
		plants: []plant{
			{one("for k := range m { _ = k }"), "engine/a.go:15: walks a map"},
			{one("for _, v := range (struct{ m map[int]int }{}).m { _ = v }"), "walks a map"},
			{one("for k := range maps.Keys(m) { _ = k }"), "maps.Keys"},
			{one("_ = slices.Collect(maps.Values(m))"), "maps.Values"},
			{one("y.Range(func(any, any) bool { return true })"), "sync.Map"},
			{one("//order:\nfor k := range m { _ = k }"), "walks a map"},
			{one("//order: sorted below\n\nfor k := range m { _ = k }"), "walks a map"},
			{map[string]string{"engine/a.go": "package engine\nvar x int = \"\"\n"}, "cannot be type-checked"},
			{one("//order: sums, which commute\nfor _, v := range m { _ = v }"), ""},
			{one("for k := range m { //order: sorted below\n_ = k }"), ""},
			{one("for range m {}\nfor i := range s { _ = i }\n_ = slices.Sorted(maps.Keys(m))"), ""},
			{map[string]string{"server/a.go": "package server\nfunc f(m map[int]int) { for k := range m { _ = k } }\n"}, ""},
			{map[string]string{"engine/a_test.go": "package engine\nfunc f(m map[int]int) { for k := range m { _ = k } }\n"}, ""},
		},
	}}
}

// exportData lists, for every package that the pure rooms need, the file with
// its compiled types. The go command builds what is not in its cache.
var exportData = sync.OnceValues(func() (map[string]string, error) {
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", "maps", "slices", "sync"}
	for _, room := range pureRooms {
		args = append(args, modulePath+"/"+room+"/...")
	}
	cmd := exec.Command("go", args...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, complaint.Bytes())
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if imp, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			files[imp] = name
		}
	}
	return files, nil
})

func checkMapOrder(m *module) (found []finding) {
	exports, err := exportData()
	if err != nil {
		return []finding{{"go.mod", 1, err.Error()}}
	}
	lookup := func(imp string) (io.ReadCloser, error) {
		name, ok := exports[imp]
		if !ok {
			return nil, fmt.Errorf("no export data for %s", imp)
		}
		return os.Open(name)
	}
	packages := map[string][]*file{}
	for _, f := range m.files {
		if pure(f) && !f.support() && built(f) {
			packages[f.dir()] = append(packages[f.dir()], f)
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(packages)) {
		files := packages[dir]
		trees := make([]*ast.File, len(files))
		for i, f := range files {
			trees[i] = f.ast
		}
		info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
		conf := types.Config{Importer: importer.ForCompiler(m.fset, "gc", lookup)}
		if _, err := conf.Check(modulePath+"/"+dir, m.fset, trees, info); err != nil {
			found = append(found, finding{dir, 0, "cannot be type-checked: " + err.Error()})
			continue
		}
		for _, f := range files {
			found = append(found, mapWalks(m, f, info)...)
		}
	}
	return found
}

// built tells whether this machine would compile f.
func built(f *file) bool {
	for _, group := range f.ast.Comments {
		for _, c := range group.List {
			if expr, err := constraint.Parse(c.Text); err == nil {
				return expr.Eval(func(tag string) bool {
					return tag == runtime.GOOS || tag == runtime.GOARCH || tag == "unix" || strings.HasPrefix(tag, "go1.")
				})
			}
		}
	}
	return true
}

// mapWalks finds the places in f where the order of a map can be seen.
func mapWalks(m *module, f *file, info *types.Info) (found []finding) {
	excused := orderMarks(m, f)
	report := func(n ast.Node, format string, args ...any) {
		line := m.fset.Position(n.Pos()).Line
		if !excused[line] && !excused[line-1] {
			found = append(found, m.at(f, n, format+"; sort, or say why the order cannot be seen ("+orderMark+" reason)", args...))
		}
	}
	sorted := map[ast.Expr]bool{} // arguments of a call that sorts them
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeStmt:
			if _, ok := info.TypeOf(n.X).Underlying().(*types.Map); ok && n.Key != nil {
				report(n, "walks a map")
			}
		case *ast.CallExpr:
			switch name := calledName(n, info); name {
			case "slices.Sorted", "slices.SortedFunc", "slices.SortedStableFunc":
				sorted[n.Args[0]] = true
			case "maps.Keys", "maps.Values", "maps.All":
				if !sorted[n] {
					report(n, "%s", name)
				}
			case "(*sync.Map).Range":
				report(n, "walks a sync.Map")
			}
		}
		return true
	})
	return found
}

// calledName is the full name of the function that a call calls, or "".
func calledName(call *ast.CallExpr, info *types.Info) string {
	fun := call.Fun
	if ix, ok := fun.(*ast.IndexExpr); ok {
		fun = ix.X
	}
	sel, ok := fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if fn, ok := info.Uses[sel.Sel].(*types.Func); ok {
		return fn.FullName()
	}
	return ""
}

// orderMarks are the lines of f that carry an order mark with a reason.
func orderMarks(m *module, f *file) map[int]bool {
	lines := map[int]bool{}
	for _, group := range f.ast.Comments {
		for _, c := range group.List {
			if reason, ok := strings.CutPrefix(c.Text, orderMark); ok && strings.TrimSpace(reason) != "" {
				lines[m.fset.Position(c.Pos()).Line] = true
			}
		}
	}
	return lines
}
