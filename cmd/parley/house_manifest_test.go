package main_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const (
	manifest      = "go.mod"
	toolsManifest = "tools/go.mod"
	dependencies  = "docs/dependencies.md"

	rivalsFolder   = "bench/baselines"
	rivalsManifest = rivalsFolder + "/go.mod"
)

// requirement is one line `module version` of a go.mod file.
var requirement = regexp.MustCompile(`(?m)^(?:require)?\s+(\S+\.\S+/\S+) (v\S+)`)

// row is one line of the tables in docs/dependencies.md, whose columns are
// module, version, licence, used in, why, risk and exit.
type row struct {
	section string // the heading it stands under
	line    int
	cells   []string
}

func (r row) module() string  { return strings.Trim(r.cells[0], "`") }
func (r row) version() string { return r.cells[1] }
func (r row) usedIn() string  { return r.cells[3] }

// Sections of docs/dependencies.md.
const (
	inProgram = "In the program"
	inTests   = "In tests only"
	inTools   = "Tools"
	inRivals  = "Rivals"
)

func manifestRules() []rule {
	table := func(section, rows string) string {
		return "# Dependencies\n\n## " + section + "\n| Module | Version | Licence | Used in | Why | Risk and exit |\n|---|---|---|---|---|---|\n" + rows
	}
	const mod = "module m\n\nrequire (\n\tgithub.com/tidwall/btree v1.8.2\n\texample.com/b/v2 v2.1.0 // indirect\n)\n"
	const btree = "| github.com/tidwall/btree | v1.8.2 | MIT | slots | trees | small |\n"
	const uses = "package slots\nimport _ \"github.com/tidwall/btree\"\n"
	tools := "module t\n\ntool (\n\texample.com/lint/v2/cmd/lint\n)\n\nrequire (\n\texample.com/lint/v2 v2.15.0 // indirect\n)\n"
	lint := "| example.com/lint/v2 | v2.15.0 | GPL-3.0 | make | lints | none |\n"
	return []rule{{
		name:  "dependencies",
		why:   "a dependency is taken for a reason, by a room, under a licence; docs/dependencies.md is where each is answered for",
		check: checkDependencies,
		plants: []plant{
			{map[string]string{manifest: mod, "slots/a.go": uses}, dependencies},
			{map[string]string{manifest: mod, dependencies: table(inProgram, ""), "slots/a.go": uses}, "no row for github.com/tidwall/btree"},
			{map[string]string{manifest: mod, dependencies: table(inProgram, btree)}, "nothing imports"},
			{map[string]string{manifest: mod, dependencies: table(inProgram, strings.Replace(btree, "8.2", "8.1", 1)), "slots/a.go": uses}, "go.mod has v1.8.2"},
			{map[string]string{manifest: mod, dependencies: table(inProgram, btree), "engine/a.go": strings.Replace(uses, "slots", "engine", 1)}, "used in engine"},
			{map[string]string{manifest: mod, dependencies: table(inProgram, btree), "slots/a_test.go": uses}, "belongs under " + inTests},
			{map[string]string{manifest: mod, dependencies: table(inTests, btree), "slots/a.go": uses}, "belongs under " + inProgram},
			{map[string]string{manifest: mod, dependencies: table(inProgram, "| a | b |\n")}, "6 columns"},
			{map[string]string{manifest: mod, dependencies: table(inProgram, strings.Replace(btree, "MIT", "", 1)), "slots/a.go": uses}, "empty"},
			{map[string]string{manifest: mod, dependencies: table("Else", btree), "slots/a.go": uses}, "no section Else"},
			{map[string]string{manifest: mod, toolsManifest: tools, dependencies: table(inTools, "")}, "no row for example.com/lint/v2"},
			{map[string]string{manifest: mod, toolsManifest: tools, dependencies: table(inTools, strings.Replace(lint, "15", "14", 1))}, "tools/go.mod has v2.15.0"},
			{map[string]string{manifest: mod, toolsManifest: tools, dependencies: table(inProgram, btree) + "\n" + table(inTools, lint), "slots/a.go": uses}, ""},
			{map[string]string{manifest: mod, dependencies: table(inTests, btree), "slots/a_test.go": uses, "slots/slotstest/a.go": uses}, ""},
		},
	}, {
		name:   "rivals",
		why:    "what Parley is compared with is answered for as well, and what both use must be the same, or the comparison is not of Parley",
		check:  checkRivals,
		plants: rivalPlants(table, mod),
	}, {
		name:  "fasthttp",
		why:   "1.73 is the first with the framing fixes that the server counts on; the newer need a codec that is not taken",
		check: checkFasthttp,
		plants: []plant{
			{map[string]string{manifest: "module m\n"}, "not required"},
			{map[string]string{manifest: "module m\n\nrequire github.com/valyala/fasthttp v1.72.0\n"}, "v1.72.0"},
			{map[string]string{manifest: "module m\n\nrequire (\n\tgithub.com/valyala/fasthttp v1.75.0\n)\n"}, "v1.75.0"},
			{map[string]string{manifest: "module m\n\nrequire (\n\tgithub.com/valyala/fasthttp v2.73.0\n)\n"}, "v2.73.0"},
			{map[string]string{manifest: "module m\n\nrequire (\n\tgithub.com/valyala/fasthttp v1.74.0 // indirect\n)\n"}, ""},
		},
	}}
}

// required reads the requirements of a go.mod file, direct and indirect.
func required(f *file) map[string]string {
	versions := map[string]string{}
	if f != nil {
		for _, hit := range requirement.FindAllStringSubmatch(string(f.text), -1) {
			versions[hit[1]] = hit[2]
		}
	}
	return versions
}

// provider returns the module that an imported package comes from, or "".
func provider(imp string, versions map[string]string) string {
	best := ""
	for mod := range versions {
		if (imp == mod || strings.HasPrefix(imp, mod+"/")) && len(mod) > len(best) {
			best = mod
		}
	}
	return best
}

// users tells which rooms import each module, in the program and in tests.
func users(m *module, versions map[string]string) (program, tests map[string]map[string]bool) {
	program, tests = map[string]map[string]bool{}, map[string]map[string]bool{}
	for _, f := range m.files {
		if !f.goCode() || f.rival() {
			continue
		}
		into := program
		if f.test() || f.support() {
			into = tests
		}
		for imp := range f.imports() {
			if mod := provider(imp, versions); mod != "" {
				if into[mod] == nil {
					into[mod] = map[string]bool{}
				}
				into[mod][f.room()] = true
			}
		}
	}
	return program, tests
}

func checkDependencies(m *module) []finding {
	doc := m.named(dependencies)
	if doc == nil {
		return []finding{{dependencies, 1, "is missing"}}
	}
	rows, found := readRows(doc)
	versions := required(m.named(manifest))
	program, tests := users(m, versions)
	listed := map[string]bool{}
	for _, r := range rows {
		listed[r.module()] = listed[r.module()] || r.section != inRivals
		fault := func(format string, args ...any) {
			found = append(found, finding{dependencies, r.line, r.module() + " " + fmt.Sprintf(format, args...)})
		}
		rooms := strings.Join(slices.Sorted(maps.Keys(program[r.module()])), ", ")
		switch {
		case r.section == inTools || r.section == inRivals:
		case versions[r.module()] != r.version():
			fault("is %s here, go.mod has %s", r.version(), versions[r.module()])
		case r.section == inProgram && rooms == "" && tests[r.module()] != nil:
			fault("belongs under %s", inTests)
		case r.section == inTests && rooms != "":
			fault("belongs under %s", inProgram)
		case rooms == "" && tests[r.module()] == nil:
			fault("is listed, but nothing imports it")
		case r.section == inProgram && r.usedIn() != rooms:
			fault("is said to be used in %s, and is used in %s", r.usedIn(), rooms)
		}
	}
	for _, set := range []map[string]map[string]bool{program, tests} {
		for mod := range set {
			if !listed[mod] {
				found = append(found, finding{dependencies, 1, "no row for " + mod})
			}
		}
	}
	return append(found, checkTools(m, rows)...)
}

// readRows reads the tables of docs/dependencies.md.
func readRows(doc *file) (rows []row, found []finding) {
	section, line := "", 0
	for text := range strings.Lines(string(doc.text)) {
		line++
		text = strings.TrimSpace(text)
		if heading, ok := strings.CutPrefix(text, "## "); ok {
			section = heading
		}
		if !strings.HasPrefix(text, "|") || strings.HasPrefix(text, "|--") || strings.HasPrefix(text, "| Module") {
			continue
		}
		cells := strings.Split(strings.Trim(text, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case !slices.Contains([]string{inProgram, inTests, inTools, inRivals}, section):
			found = append(found, finding{doc.path, line, "there is no section " + section})
		case len(cells) != 6:
			found = append(found, finding{doc.path, line, fmt.Sprintf("a row has 6 columns, not %d", len(cells))})
		case slices.Contains(cells, ""):
			found = append(found, finding{doc.path, line, "a cell is empty"})
		default:
			rows = append(rows, row{section, line, cells})
		}
	}
	return rows, found
}

// checkTools compares the rows of the tools with the tool lines of
// tools/go.mod.
func checkTools(m *module, rows []row) (found []finding) {
	f := m.named(toolsManifest)
	if f == nil {
		return nil
	}
	versions := required(f)
	_, block, _ := strings.Cut(string(f.text), "\ntool (\n")
	block, _, _ = strings.Cut(block, "\n)")
	used := map[string]bool{}
	for line := range strings.Lines(block) {
		used[provider(strings.TrimSpace(line), versions)] = true
	}
	for _, r := range rows {
		switch {
		case r.section != inTools:
		case versions[r.module()] != r.version():
			found = append(found, finding{dependencies, r.line, fmt.Sprintf("%s is %s here, %s has %s", r.module(), r.version(), toolsManifest, versions[r.module()])})
		default:
			delete(used, r.module())
		}
	}
	for mod := range used {
		found = append(found, finding{dependencies, 1, "no row for " + mod})
	}
	return found
}

func checkFasthttp(m *module) []finding {
	const name = "github.com/valyala/fasthttp"
	version, ok := required(m.named(manifest))[name]
	if !ok {
		return []finding{{manifest, 1, name + " is not required"}}
	}
	var major, minor int
	if _, err := fmt.Sscanf(version, "v%d.%d.", &major, &minor); err != nil || major != 1 || minor < 73 || minor > 74 {
		return []finding{{manifest, 1, name + " " + version + " is not v1.73 or v1.74"}}
	}
	return nil
}
