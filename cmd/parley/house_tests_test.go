package main_test

import (
	"go/ast"
	"slices"
)

// testHandles are the types whose Skip ends a test early, green.
var testHandles = []string{"T", "B", "F", "TB"}

func testRules() []rule {
	const head = "package slots\nimport \"testing\"\n"
	return []rule{{
		name:  "no sleep in tests",
		why:   "a test that waits for time is slow on a fast machine and fails on a slow one; wait for the event",
		check: checkSleep,
		plants: []plant{
			{map[string]string{"server/a_test.go": "package server\nimport \"time\"\nfunc f() { time.Sleep(time.Second) }\n"}, "time.Sleep"},
			{map[string]string{"server/a_test.go": "package server\nimport tm \"time\"\nvar f = tm.Sleep\n"}, "time.Sleep"},
			{map[string]string{"engine/enginetest/a.go": "package enginetest\nimport \"time\"\nvar f = time.Sleep\n"}, "time.Sleep"},
			{map[string]string{"server/a.go": "package server\nimport \"time\"\nvar f = time.Sleep\n",
				"server/a_test.go": "package server\nimport \"time\"\nvar f = time.After\n"}, ""},
		},
	}, {
		name:  "no skipped tests",
		why:   "a skipped test is green and proves nothing",
		check: checkSkip,
		plants: []plant{
			{map[string]string{"slots/a_test.go": head + "func TestA(t *testing.T) { t.Skip() }\n"}, "skips"},
			{map[string]string{"slots/a_test.go": head + "func help(tb testing.TB) { tb.SkipNow() }\n"}, "skips"},
			{map[string]string{"slots/a_test.go": head + "func FuzzA(x *testing.F) { x.Fuzz(func(t *testing.T, b []byte) { t.Skipf(\"\") }) }\n"}, "skips"},
			{map[string]string{"slots/slotstest/a.go": "package slotstest\nimport \"testing\"\nfunc A(t *testing.T) { t.Skip() }\n"}, "skips"},
			{map[string]string{"slots/a_test.go": "package slots\nfunc f(d decoder) { d.Skip() }\ntype decoder struct{}\nfunc (decoder) Skip() {}\n"}, ""},
		},
	}}
}

func checkSleep(m *module) (found []finding) {
	for _, f := range m.files {
		if !f.goCode() || (!f.test() && !f.support()) {
			continue
		}
		spec := f.imports()["time"]
		if spec == nil {
			continue
		}
		name := importName("time", spec)
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Sleep" {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == name && !shadowed(x) {
					found = append(found, m.at(f, sel, "time.Sleep in a test"))
				}
			}
			return true
		})
	}
	return found
}

func checkSkip(m *module) (found []finding) {
	for _, f := range m.files {
		if !f.goCode() || (!f.test() && !f.support()) {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if ok && slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, sel.Sel.Name) && testHandle(sel.X) {
				found = append(found, m.at(f, call, "the test skips itself"))
			}
			return true
		})
	}
	return found
}

// testHandle tells whether x is a parameter of type *T, *B, *F or TB of
// package testing, or of a library's namesake.
func testHandle(x ast.Expr) bool {
	id, ok := x.(*ast.Ident)
	if !ok || id.Obj == nil {
		return false
	}
	field, ok := id.Obj.Decl.(*ast.Field)
	if !ok {
		return false
	}
	t := field.Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	sel, ok := t.(*ast.SelectorExpr)
	return ok && slices.Contains(testHandles, sel.Sel.Name)
}
