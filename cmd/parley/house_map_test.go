package main_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func mapRules() []rule {
	const q = `"` + modulePath + `/`
	return []rule{{
		name:  "map of rooms",
		why:   "ARCHITECTURE.md is read before the code; a map that differs from the land is worse than none",
		check: checkArchitecture,
		plants: []plant{
			{map[string]string{"slots/a.go": "package slots\n"}, "ARCHITECTURE.md has no block"},
			{map[string]string{"ARCHITECTURE.md": "```imports\nslots:\n```\n", "matcher/a.go": "package matcher\nimport _ " + q + "slots\"\n"}, "matcher imports slots"},
			{map[string]string{"ARCHITECTURE.md": "text\n\n```imports\nslots:\nmatcher: slots\n```\n", "matcher/a.go": "package matcher\n"}, "matcher does not import slots"},
			{map[string]string{"ARCHITECTURE.md": "```imports\nattic:\n```\n"}, "attic is not a room"},
			{map[string]string{"ARCHITECTURE.md": "```imports\nslots:\nmatcher: slots\n```\n", "slots/a.go": "package slots\n",
				"matcher/a.go":         "package matcher\nimport _ " + q + "slots/sub\"\n",
				"matcher/a_test.go":    "package matcher\nimport _ " + q + "engine\"\n",
				"bench/baselines/a.go": "package main\nimport _ " + q + "persist\"\n"}, ""},
		},
	}}
}

// roomImports returns the rooms that each room's code, without its tests and the
// rivals' module, imports.
func roomImports(m *module) map[string][]string {
	sets := map[string]map[string]bool{}
	for _, f := range m.files {
		if !f.goCode() || f.test() || f.rival() || f.room() == "tools" {
			continue
		}
		if sets[f.room()] == nil {
			sets[f.room()] = map[string]bool{}
		}
		for imp := range f.imports() {
			if to := roomOf(imp); to != "" && to != f.room() {
				sets[f.room()][to] = true
			}
		}
	}
	all := map[string][]string{}
	for room, set := range sets {
		all[room] = slices.Sorted(maps.Keys(set))
	}
	return all
}

// checkArchitecture compares the fenced block "imports" of ARCHITECTURE.md,
// whose lines read `room: room room`, with the imports of the code.
func checkArchitecture(m *module) (found []finding) {
	const name, opening = "ARCHITECTURE.md", "```imports\n"
	var text string
	if f := m.named(name); f != nil {
		text = "\n" + string(f.text)
	}
	before, block, ok := strings.Cut(text, "\n"+opening)
	block, _, closed := strings.Cut(block, "\n```")
	if !ok || !closed {
		return []finding{{name, 1, name + " has no block that opens with " + strings.TrimSpace(opening)}}
	}
	actual := roomImports(m)
	line := strings.Count(before, "\n") + 1
	written := map[string]bool{}
	for row := range strings.Lines(block) {
		line++
		room, list, _ := strings.Cut(strings.TrimSpace(row), ":")
		written[room] = true
		if !slices.Contains(allRooms, room) {
			found = append(found, finding{name, line, room + " is not a room"})
			continue
		}
		said := strings.Fields(list)
		for _, to := range actual[room] {
			if !slices.Contains(said, to) {
				found = append(found, finding{name, line, fmt.Sprintf("%s imports %s, which the block leaves out", room, to)})
			}
		}
		for _, to := range said {
			if !slices.Contains(actual[room], to) {
				found = append(found, finding{name, line, fmt.Sprintf("%s does not import %s", room, to)})
			}
		}
	}
	for room, to := range actual {
		if !written[room] {
			found = append(found, finding{name, line, fmt.Sprintf("%s imports %s, but has no line", room, strings.Join(to, " "))})
		}
	}
	return found
}
