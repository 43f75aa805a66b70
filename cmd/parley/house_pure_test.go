package main_test

import (
	"go/ast"
	"path"
	"slices"
	"strconv"
	"strings"
)

// ban forbids names of one package, or the whole package if names is empty,
// in the pure rooms outside the files listed in except.
type ban struct {
	pkg     string
	names   []string
	except  []string
	support bool // packages for tests only must keep it too
	why     string
}

const (
	whyClock  = "the writer stamps Now; a replay must not meet a clock"
	whyZone   = "what zone tables say is resolved in one file, before state"
	whyRandom = "random choices reach the state as values in a command, or never"
	whyWorld  = "a pure room meets no disk, network or terminal"
)

// bans are what the pure rooms must not call. The exceptions are the only
// doors: the clock that the writer reads, the time that a simulated write takes,
// and the zones.
var bans = []ban{
	{"time", []string{"Now", "Since", "Until"}, []string{"engine/clock.go"}, true, whyClock},
	{"time", []string{"After", "AfterFunc", "Sleep", "Tick", "NewTicker", "NewTimer", "Timer", "Ticker"}, []string{"engine/clock.go", "engine/enginetest/faultlog.go"}, true, whyClock},
	{"time", []string{"LoadLocation", "LoadLocationFromTZData", "FixedZone", "Location", "Local"}, []string{"slots/zone.go"}, true, whyZone},
	{"time/tzdata", nil, []string{"slots/zone.go"}, true, whyZone},
	{"math/rand", nil, nil, false, whyRandom},
	{"math/rand/v2", nil, nil, false, whyRandom},
	{"crypto/rand", nil, nil, true, whyRandom},
	{"hash/maphash", nil, nil, true, whyRandom},
	{"os", nil, nil, false, whyWorld},
	{"os/exec", nil, nil, true, whyWorld},
	{"os/signal", nil, nil, true, whyWorld},
	{"syscall", nil, nil, true, whyWorld},
	{"net", nil, nil, true, whyWorld},
	{"net/http", nil, nil, true, whyWorld},
	{"log", nil, nil, true, whyWorld},
	{"log/slog", nil, nil, true, whyWorld},
	{"fmt", []string{"Print", "Printf", "Println"}, nil, true, whyWorld},
	{"unsafe", nil, nil, true, "an address is different in every run"},
}

// goroutineFiles are the files of the pure rooms that may start a goroutine:
// the single writer's.
var goroutineFiles = []string{"engine/writer.go"}

func pureRules() []rule {
	return []rule{{
		name:  "pure rooms",
		why:   "the state is a function of the log: replayed elsewhere, later, it must come out the same",
		check: checkBans,
		plants: []plant{
			{map[string]string{"engine/a.go": "package engine\nimport \"time\"\nvar T = time.Now()\n"}, "time.Now"},
			{map[string]string{"slots/a.go": "package slots\nimport clock \"time\"\nfunc F() { f := clock.Since; _ = f }\n"}, "time.Since"},
			{map[string]string{"engine/writer.go": "package engine\nimport \"time\"\nfunc f() { <-time.After(1) }\n"}, "time.After"},
			{map[string]string{"matcher/a.go": "package matcher\nimport \"time\"\nfunc f() { time.Sleep(1) }\n"}, "time.Sleep"},
			{map[string]string{"matcher/a.go": "package matcher\nimport \"time\"\nfunc f(*time.Location) {}\n"}, "time.Location"},
			{map[string]string{"slots/sub/zone.go": "package sub\nimport \"time\"\nvar z, _ = time.LoadLocation(\"\")\n"}, "time.LoadLocation"},
			{map[string]string{"matcher/a.go": "package matcher\nimport _ \"math/rand/v2\"\n"}, "math/rand/v2"},
			{map[string]string{"engine/a.go": "package engine\nimport _ \"os\"\n"}, "import of os"},
			{map[string]string{"engine/a.go": "package engine\nimport \"fmt\"\nfunc f() { fmt.Println() }\n"}, "fmt.Println"},
			{map[string]string{"engine/enginetest/a.go": "package enginetest\nimport \"time\"\nvar T = time.Now()\n"}, "time.Now"},
			{map[string]string{
				"engine/clock.go":        "package engine\nimport \"time\"\nvar T = time.Now()\n",
				"slots/zone.go":          "package slots\nimport \"time\"\nvar z, _ = time.LoadLocation(\"\")\n",
				"slots/a.go":             "package slots\nimport \"time\"\nvar d = time.Date(1, 1, 1, 1, 1, 1, 1, time.UTC)\n",
				"engine/a_test.go":       "package engine\nimport \"os\"\nvar f = os.Getenv\n",
				"engine/b.go":            "package engine\ntype clock struct{}\nfunc (clock) Now() {}\nfunc f() { var time clock; time.Now() }\n",
				"engine/enginetest/a.go": "package enginetest\nimport _ \"math/rand/v2\"\n",
				"persist/a.go":           "package persist\nimport \"os\"\nvar f = os.Open\n",
			}, ""},
		},
	}, {
		name:  "one writer",
		why:   "state has one writer; a second goroutine in a pure room is a second order of events",
		check: checkGoroutines,
		plants: []plant{
			{map[string]string{"matcher/a.go": "package matcher\nfunc f() { go f() }\n"}, "goroutine"},
			{map[string]string{"engine/sub/writer.go": "package sub\nfunc f() { go func() {}() }\n"}, "goroutine"},
			{map[string]string{"engine/a.go": "package engine\nimport \"sync\"\nfunc f(g *sync.WaitGroup) { g.Go(func() {}) }\n"}, "goroutine"},
			{map[string]string{
				"engine/writer.go":       "package engine\nfunc f() { go f() }\n",
				"engine/a_test.go":       "package engine\nfunc g() { go g() }\n",
				"engine/enginetest/a.go": "package enginetest\nfunc g() { go g() }\n",
				"server/a.go":            "package server\nfunc g() { go g() }\n",
			}, ""},
		},
	}}
}

// pure tells whether f is code of a pure room.
func pure(f *file) bool { return f.goCode() && !f.test() && slices.Contains(pureRooms, f.room()) }

func checkBans(m *module) (found []finding) {
	for _, f := range m.files {
		if !pure(f) {
			continue
		}
		local := map[string]string{} // name in this file -> import path
		for imp, spec := range f.imports() {
			name := importName(imp, spec)
			local[name] = imp
			for _, b := range bans {
				if b.pkg == imp && b.names == nil && b.binds(f) {
					found = append(found, m.at(f, spec, "import of %s: %s", imp, b.why))
				}
			}
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := sel.X.(*ast.Ident)
			if !ok || shadowed(x) {
				return true
			}
			for _, b := range bans {
				if b.pkg == local[x.Name] && slices.Contains(b.names, sel.Sel.Name) && b.binds(f) {
					found = append(found, m.at(f, sel, "%s.%s: %s", b.pkg, sel.Sel.Name, b.why))
				}
			}
			return true
		})
	}
	return found
}

// binds tells whether b holds in f.
func (b ban) binds(f *file) bool {
	return !slices.Contains(b.except, f.path) && (b.support || !f.support())
}

// importName is the name by which a file speaks of an import.
func importName(imp string, spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	base := path.Base(imp)
	if rest, ok := strings.CutPrefix(base, "v"); ok { // math/rand/v2 is named rand
		if _, err := strconv.Atoi(rest); err == nil {
			return path.Base(path.Dir(imp))
		}
	}
	return base
}

// shadowed tells whether x is declared in its file, so that it does not name
// an import. The parser has resolved such names; imports it leaves open.
func shadowed(x *ast.Ident) bool { return x.Obj != nil }

func checkGoroutines(m *module) (found []finding) {
	for _, f := range m.files {
		if !pure(f) || f.support() || slices.Contains(goroutineFiles, f.path) {
			continue
		}
		_, groups := f.imports()["sync"]
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				found = append(found, m.at(f, n, "goroutine outside %s", strings.Join(goroutineFiles, ", ")))
			case *ast.CallExpr:
				sel, ok := n.Fun.(*ast.SelectorExpr)
				if ok && groups && sel.Sel.Name == "Go" && len(n.Args) == 1 {
					found = append(found, m.at(f, n, "goroutine of a WaitGroup outside %s", strings.Join(goroutineFiles, ", ")))
				}
			}
			return true
		})
	}
	return found
}
