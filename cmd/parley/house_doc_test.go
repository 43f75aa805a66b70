package main_test

import (
	"go/ast"
	"path"
	"strings"
)

func docRules() []rule {
	return []rule{{
		name:  "package comments",
		why:   "doc.go is where a package says what it knows and what it must never know",
		check: checkPackageDoc,
		plants: []plant{
			{map[string]string{"slots/a.go": "// Package slots is time.\npackage slots\n"}, "no doc.go"},
			{map[string]string{"slots/doc.go": "package slots\n"}, "Package slots"},
			{map[string]string{"slots/doc.go": "// Slots are time.\npackage slots\n"}, "Package slots"},
			{map[string]string{"cmd/parley/doc.go": "// Package main.\npackage main\n"}, "Command parley"},
			{map[string]string{
				"slots/doc.go":         "// Package slots is time.\npackage slots\n",
				"cmd/parley/doc.go":    "// Command parley schedules.\npackage main\n",
				"cmd/house/a_test.go":  "package house_test\n",
				"slots/slotstest/b.go": "package slotstest\n", "slots/slotstest/doc.go": "// Package slotstest helps.\npackage slotstest\n",
			}, ""},
		},
	}, {
		name:  "doc comments",
		why:   "an exported name is a promise; its comment says in what units, in what range, with what errors",
		check: checkDoc,
		plants: []plant{
			{map[string]string{"slots/a.go": "package slots\nfunc F() {}\n"}, "F has no comment"},
			{map[string]string{"slots/a.go": "package slots\n// T is a thing.\ntype T struct{}\nfunc (t *T) M() {}\n"}, "M has no comment"},
			{map[string]string{"slots/a.go": "package slots\n// G is a thing.\ntype G[K any] struct{}\nfunc (g G[K]) M() {}\n"}, "M has no comment"},
			{map[string]string{"slots/a.go": "package slots\ntype T struct{}\n"}, "T has no comment"},
			{map[string]string{"slots/a.go": "package slots\nvar V = 1\n"}, "V has no comment"},
			{map[string]string{"slots/a.go": "package slots\nconst (\n\ta = 1\n\tC = 2\n)\n"}, "C has no comment"},
			{map[string]string{
				"slots/a.go":      "package slots\n\n// Kinds of it.\nconst (\n\tA = iota\n\tB\n)\n\nvar (\n\tV = 1 // in seconds\n)\n\nfunc f() {}\n\ntype t struct{}\n\nfunc (t) M() {}\n",
				"slots/a_test.go": "package slots\nfunc F() {}\n",
			}, ""},
		},
	}}
}

func checkPackageDoc(m *module) (found []finding) {
	docs := map[string]*file{} // folder with a package -> its doc.go
	for _, f := range m.files {
		if !f.goCode() || f.test() {
			continue
		}
		if docs[f.dir()] == nil || path.Base(f.path) == "doc.go" {
			docs[f.dir()] = f
		}
	}
	for dir, f := range docs {
		opening := "Package " + f.ast.Name.Name + " "
		if f.ast.Name.Name == "main" {
			opening = "Command " + path.Base(dir) + " "
		}
		switch {
		case path.Base(f.path) != "doc.go":
			found = append(found, finding{dir, 0, "no doc.go"})
		case f.ast.Doc == nil || !strings.HasPrefix(f.ast.Doc.Text(), opening):
			found = append(found, m.at(f, f.ast.Name, "the package comment must open with %q", strings.TrimSpace(opening)))
		}
	}
	return found
}

func checkDoc(m *module) (found []finding) {
	for _, f := range m.files {
		if !f.goCode() || f.test() || f.generated() {
			continue
		}
		missing := func(id *ast.Ident) {
			if id.IsExported() {
				found = append(found, m.at(f, id, "%s has no comment", id.Name))
			}
		}
		for _, d := range f.ast.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Doc == nil && (d.Recv == nil || ast.IsExported(receiver(d))) {
					missing(d.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					undocumented(d, spec, missing)
				}
			}
		}
	}
	return found
}

// undocumented calls missing for each name of spec that neither its group nor
// its own comment covers.
func undocumented(d *ast.GenDecl, spec ast.Spec, missing func(*ast.Ident)) {
	if d.Doc != nil {
		return
	}
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Doc == nil {
			missing(s.Name)
		}
	case *ast.ValueSpec:
		if s.Doc == nil && s.Comment == nil {
			for _, name := range s.Names {
				missing(name)
			}
		}
	}
}

// receiver names the type that a method belongs to.
func receiver(d *ast.FuncDecl) string {
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}
