package main_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// rivalPlants are tried on checkRivals; table makes docs/dependencies.md, mod is a
// go.mod of the program.
func rivalPlants(table func(section, rows string) string, mod string) []plant {
	const rivals = "module r\n\nrequire " + modulePath + " v0.0.0\n\nrequire (\n\tgithub.com/tidwall/btree v1.8.2\n\texample.com/db/v5 v5.1.0\n)\n"
	const uses = "package main\nimport (\n_ \"" + modulePath + "/bench\"\n_ \"github.com/tidwall/btree\"\n_ \"example.com/db/v5\"\n)\n"
	const row = "| example.com/db/v5 | v5.1.0 | MIT | rivals | speaks to it | none |\n"
	planted := func(rivals, doc, code string) map[string]string {
		return map[string]string{manifest: mod, rivalsManifest: rivals, dependencies: doc, rivalsFolder + "/a.go": code}
	}
	return []plant{
		{planted(rivals, table(inRivals, ""), uses), "no row for example.com/db/v5"},
		{planted(rivals, table(inProgram, row), uses), "no row for example.com/db/v5"},
		{planted(rivals, table(inRivals, strings.Replace(row, "5.1.0", "5.0.0", 1)), uses), "bench/baselines/go.mod has v5.1.0"},
		{planted(rivals, table(inRivals, row), "package main\n"), "nothing there imports"},
		{planted(strings.Replace(rivals, "v1.8.2", "v1.9.0", 1), table(inRivals, row), uses), "go.mod has v1.8.2"},
		{planted(rivals, table(inRivals, row), uses), ""},
	}
}

// checkRivals compares the rivals' module with its rows, and the versions of what
// it shares with the program.
func checkRivals(m *module) (found []finding) {
	f := m.named(rivalsManifest)
	if f == nil {
		return nil
	}
	ours, theirs := required(m.named(manifest)), required(f)
	used := map[string]bool{}
	for _, f := range m.files {
		if !f.goCode() || !f.rival() {
			continue
		}
		for imp := range f.imports() {
			if mod := provider(imp, theirs); mod != "" && mod != modulePath {
				used[mod] = true
			}
		}
	}
	var rows []row
	if doc := m.named(dependencies); doc != nil {
		rows, _ = readRows(doc) // what is wrong with them is found elsewhere
	}
	listed := map[string]bool{}
	for _, r := range rows {
		if r.section != inRivals {
			continue
		}
		listed[r.module()] = true
		switch {
		case theirs[r.module()] != r.version():
			found = append(found, finding{dependencies, r.line, fmt.Sprintf("%s is %s here, %s has %s", r.module(), r.version(), rivalsManifest, theirs[r.module()])})
		case !used[r.module()]:
			found = append(found, finding{dependencies, r.line, r.module() + " is listed, but nothing there imports it"})
		}
	}
	for _, mod := range slices.Sorted(maps.Keys(used)) {
		switch {
		case ours[mod] != "" && ours[mod] != theirs[mod]:
			found = append(found, finding{rivalsManifest, 1, fmt.Sprintf("%s is %s here, go.mod has %s", mod, theirs[mod], ours[mod])})
		case ours[mod] == "" && !listed[mod]:
			found = append(found, finding{dependencies, 1, "no row for " + mod + " under " + inRivals})
		}
	}
	return found
}
