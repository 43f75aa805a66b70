package main_test

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
)

// logList is where the fields of log lines are listed, as the keys of a map.
const (
	logList     = "cmd/parley/logkeys.go"
	logListName = "logKeys"
)

// Methods that take a message and then keys and values; functions of slog that take a key and a value.
var (
	logMethods = []string{"Debug", "Info", "Warn", "Error", "logf", "Logf"}
	logAttrs   = []string{"String", "Int", "Int64", "Uint64", "Float64", "Bool", "Time", "Duration", "Any", "Group"}
)

func logRules() []rule {
	list := "package main\n\nvar logKeys = map[string]bool{\n\t\"seq\": true,\n}\n"
	use := func(line string) map[string]string {
		return map[string]string{logList: list, "engine/a.go": "package engine\n\nfunc f() {\n\tl.Info(\"one\", \"seq\", 1)\n\t" + line + "\n}\n"}
	}
	return []rule{{
		name:  "log fields",
		why:   "a log line is read by more people than may read a case: its fields are a short list, and none of them holds personal data",
		check: checkLogFields,
		plants: []plant{
			{use(`l.Warn("two", "member", 2)`), ":5: member is not on the list"},
			{use(`l.s.Log.Error("two", "seq", 1, "member", 2)`), "member is not on the list"},
			{use(`o.logf("two", key, 2)`), ":5: the name of a field must be written out"},
			{use(`l.LogAttrs(ctx, slog.LevelInfo, "two", slog.String("member", x))`), "member is not on the list"},
			{use(`l.Info("two", args...)`), ":5: the name of a field must be written out"},
			{use(`l.With("member", 2)`), ""}, // a name of many meanings; the logger itself withholds the field
			{map[string]string{logList: list}, "seq is not used"},
			{map[string]string{"engine/a.go": "package engine\n"}, "logKeys is missing"},
			{use(`_, _ = err.Error(), slog.LevelInfo.String()`), ""},
			{use(`l.LogAttrs(ctx, slog.LevelInfo, "two", slog.Int("seq", 3))`), ""},
		},
	}}
}

func checkLogFields(m *module) (found []finding) {
	listed := listedLogFields(m)
	if listed == nil {
		return []finding{{logList, 1, logListName + " is missing"}}
	}
	used := map[string]bool{}
	for _, f := range m.files {
		if !f.goCode() || f.test() || f.rival() || f.path == logList {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			for _, key := range logFields(call) {
				name, written := literal(key)
				switch {
				case !written:
					if !forwards(f) {
						found = append(found, m.at(f, key, "the name of a field must be written out"))
					}
				case !listed[name]:
					found = append(found, m.at(f, key, "%s is not on the list of %s", name, logList))
				}
				used[name] = true
			}
			return true
		})
	}
	for name := range listed {
		if !used[name] {
			found = append(found, finding{logList, 1, name + " is not used"})
		}
	}
	return found
}

// forwards reports whether a file hands on what others log, whose fields are checked where they are made.
func forwards(f *file) bool { return f.path == "engine/observer.go" || f.path == logList }

// logFields returns the names of the fields that a call logs.
func logFields(call *ast.CallExpr) (keys []ast.Expr) {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 {
		return nil
	}
	if from, ok := method.X.(*ast.Ident); ok && from.Name == "slog" {
		if slices.Contains(logAttrs, method.Sel.Name) {
			return call.Args[:1]
		}
		return nil
	}
	if !slices.Contains(logMethods, method.Sel.Name) {
		return nil
	}
	for i := 1; i < len(call.Args); i += 2 {
		keys = append(keys, call.Args[i])
	}
	return keys
}

// literal returns the text of a string that is written out.
func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// listedLogFields reads the list; nil if there is none.
func listedLogFields(m *module) map[string]bool {
	f := m.named(logList)
	if f == nil || !f.goCode() {
		return nil
	}
	var listed map[string]bool
	ast.Inspect(f.ast, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != logListName || len(spec.Values) != 1 {
			return true
		}
		body, ok := spec.Values[0].(*ast.CompositeLit)
		if !ok {
			return true
		}
		listed = map[string]bool{}
		for _, e := range body.Elts {
			if pair, ok := e.(*ast.KeyValueExpr); ok {
				if name, written := literal(pair.Key); written {
					listed[name] = true
				}
			}
		}
		return false
	})
	return listed
}
