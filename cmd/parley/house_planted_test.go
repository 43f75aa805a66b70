package main_test

import (
	"fmt"
	"go/ast"
	"go/build/constraint"
	"path"
	"regexp"
	"strings"
)

// plantTag is a build tag that plants a bug; nobody sets one but cmd/planted.
var plantTag = regexp.MustCompile(`^plant\d\d$`)

func plantedRules() []rule {
	none := "//go:build !plant07\n\npackage engine\n\nconst planted = 0\n"
	return []rule{{
		name:  "nothing planted",
		why:   "a bug that shows what a test can see must be in no build but the one that asks for it by its tag",
		check: checkPlanted,
		plants: []plant{
			{map[string]string{"engine/planted_none.go": "//go:build !plant07\n\npackage engine\n\nconst planted = 7\n"}, "planted is not 0"},
			{map[string]string{"engine/planted_none.go": "package engine\n\nvar planted = 0\n"}, "is no constant"},
			{map[string]string{"engine/a.go": "package engine\n\nconst planted = 0\n"}, "planted is declared outside"},
			{map[string]string{"engine/planted_none.go": none, "engine/planted_07.go": "package engine\n\nconst planted = 7\n"}, "needs the tag plant07"},
			{map[string]string{"engine/planted_none.go": none, "engine/planted_07.go": "//go:build plant07 || linux\n\npackage engine\n\nconst planted = 7\n"}, "needs the tag plant07"},
			{map[string]string{"engine/planted_none.go": none, "engine/a.go": "//go:build plant07\n\npackage engine\n"}, "tag plant07 outside"},
			{map[string]string{"Makefile": "build:\n\tgo build -tags plant07\n"}, "names plant07"},
			{map[string]string{
				"engine/planted_none.go": none,
				"engine/planted_07.go":   "//go:build plant07\n\npackage engine\n\nconst planted = plantX\n",
				"engine/a.go":            "package engine\n\nconst plantX = 7\n\nvar x = planted == plantX\n",
				"Makefile":               "planted:\n\tgo run ./cmd/planted\n",
			}, ""},
		},
	}}
}

// checkPlanted looks at who declares planted, with what value and under what tags, and for the tags in whatever builds.
func checkPlanted(m *module) (found []finding) {
	for _, f := range m.files {
		if !f.goCode() {
			if path.Base(f.path) == "Makefile" || strings.HasPrefix(f.path, ".ci/") || strings.HasSuffix(f.path, ".sh") || path.Base(f.path) == "Dockerfile" {
				found = append(found, grep(&module{files: []*file{f}}, regexp.MustCompile(`\bplant\d\d\b`), "names %s: only cmd/planted plants bugs")...)
			}
			continue
		}
		name := path.Base(f.path)
		number, one := strings.CutPrefix(strings.TrimSuffix(name, ".go"), "planted_")
		if one && number != "none" {
			if !needsTag(f, "plant"+number) {
				found = append(found, finding{f.path, 1, "needs the tag plant" + number + " and no other"})
			}
			continue
		}
		none := one && number == "none"
		if tag := plantTagOf(f); tag != "" && !none {
			found = append(found, finding{f.path, 1, "tag " + tag + " outside of a file of its own"})
		}
		found = append(found, declaresPlanted(m, f, none)...)
	}
	return found
}

// declaresPlanted finds declarations of planted that are not the constant 0 of a file planted_none.go.
func declaresPlanted(m *module, f *file, none bool) (found []finding) {
	for _, d := range f.ast.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, s := range g.Specs {
			v, ok := s.(*ast.ValueSpec)
			if !ok || len(v.Names) != 1 || v.Names[0].Name != "planted" {
				continue
			}
			value, _ := v.Values[0].(*ast.BasicLit)
			switch {
			case g.Tok.String() != "const":
				found = append(found, m.at(f, v, "planted is no constant"))
			case !none:
				found = append(found, m.at(f, v, "planted is declared outside planted_none.go"))
			case value == nil || value.Value != "0":
				found = append(found, m.at(f, v, "planted is not 0"))
			}
		}
	}
	return found
}

// buildLine returns the constraint of a file, nil if it has none.
func buildLine(f *file) constraint.Expr {
	for _, group := range f.ast.Comments {
		for _, c := range group.List {
			if expr, err := constraint.Parse(c.Text); err == nil && group.Pos() < f.ast.Package {
				return expr
			}
		}
	}
	return nil
}

// needsTag tells whether a file is built with exactly one tag.
func needsTag(f *file, tag string) bool {
	expr := buildLine(f)
	return expr != nil && fmt.Sprint(expr) == tag
}

// plantTagOf returns a planting tag that a file's constraint names, "" if none.
func plantTagOf(f *file) (tag string) {
	expr := buildLine(f)
	if expr == nil {
		return ""
	}
	expr.Eval(func(t string) bool {
		if plantTag.MatchString(t) {
			tag = t
		}
		return false
	})
	return tag
}
