package main_test

import (
	"fmt"
	"slices"
	"strings"
)

// arrows gives, for each room, the rooms that its code may import. Tests may
// import more, within the limits of testArrows.
var arrows = map[string][]string{
	"slots":   {},
	"matcher": {"slots"},
	"engine":  {"matcher", "slots"},
	"persist": {"engine"},
	"server":  {"engine", "matcher", "slots"},
	"bench":   {"engine", "matcher", "persist", "server", "slots"},
	"cmd":     {"bench", "engine", "matcher", "persist", "server", "slots"},
}

// testArrows are the imports that not even a test may have.
var testArrows = map[string][]string{
	"persist": {"server"},
	"server":  {"persist"},
}

// libraryRooms keeps a library where it can be replaced. Keys are prefixes of
// import paths.
var libraryRooms = map[string][]string{
	"github.com/cockroachdb/pebble": {"persist"},
	"github.com/valyala/fasthttp":   {"server", "cmd", "bench"},
	"github.com/prometheus/":        {"server", "cmd"},
	"github.com/alecthomas/kong":    {"cmd"},
	"github.com/schollz/progress":   {"cmd"},
	"github.com/swaggest/swgui":     {"server"},
	"github.com/arran4/golang-ical": {"server"},
	"go.opentelemetry.io/":          {"cmd"},
	"google.golang.org/protobuf":    {"cmd"},
}

// roomOf returns the room that an import path belongs to, or "" if it is not
// of this module.
func roomOf(importPath string) string {
	rest, ok := strings.CutPrefix(importPath, modulePath+"/")
	if !ok {
		return ""
	}
	room, _, _ := strings.Cut(rest, "/")
	return room
}

func arrowRules() []rule {
	const q = `"` + modulePath + `/`
	return []rule{{
		name:  "arrows",
		why:   "a room knows one thing more than the rooms it imports; an arrow back makes two rooms one",
		check: checkArrows,
		plants: []plant{
			{map[string]string{"slots/a.go": "package slots\nimport _ " + q + "matcher\"\n"}, "slots may not import matcher"},
			{map[string]string{"matcher/rank/a.go": "package rank\nimport _ " + q + "engine\"\n"}, "matcher may not import engine"},
			{map[string]string{"persist/a.go": "package persist\nimport _ " + q + "matcher\"\n"}, "persist may not import matcher"},
			{map[string]string{"persist/a_test.go": "package persist_test\nimport _ " + q + "server/web\"\n"}, "persist may not import server"},
			{map[string]string{"server/a_test.go": "package server\nimport _ " + q + "persist\"\n"}, "server may not import persist"},
			{map[string]string{"engine/a_test.go": "package engine\nimport _ " + q + "bench\"\n"}, "nobody imports bench"},
			{map[string]string{"bench/a.go": "package bench\nimport _ " + q + "cmd/parley\"\n"}, "nobody imports cmd"},
			{map[string]string{"slots/a.go": "package slots\nimport . \"strings\"\n"}, "dot import"},
			{map[string]string{"util/a.go": "package util\n"}, "util is not a room"},
			{map[string]string{"a.go": "package parley\n"}, "is not a room"},
			{map[string]string{
				"server/a.go":       "package server\nimport (\n_ " + q + "engine\"\n_ " + q + "slots\"\n)\n",
				"slots/a_test.go":   "package slots_test\nimport _ " + q + "engine/enginetest\"\n",
				"matcher/x/y/a.go":  "package y\nimport _ " + q + "matcher/x\"\n",
				"cmd/parley/a.go":   "package main\nimport _ " + q + "persist\"\n",
				"persist/b_test.go": "package persist\nimport _ " + q + "engine/enginetest\"\n",
			}, ""},
		},
	}, {
		name:  "libraries",
		why:   "a library that only one room knows can be replaced in one room",
		check: checkLibraries,
		plants: []plant{
			{map[string]string{"engine/a.go": "package engine\nimport _ \"github.com/cockroachdb/pebble/v2\"\n"}, "only persist may import"},
			{map[string]string{"engine/a_test.go": "package engine\nimport _ \"github.com/cockroachdb/pebble/v2/vfs\"\n"}, "only persist may import"},
			{map[string]string{"persist/a.go": "package persist\nimport _ \"github.com/prometheus/client_golang/prometheus\"\n"}, "only server, cmd may import"},
			{map[string]string{"engine/a.go": "package engine\nimport _ \"github.com/valyala/fasthttp\"\n"}, "only server, cmd, bench may import"},
			{map[string]string{"bench/a.go": "package bench\nimport _ \"github.com/cockroachdb/pebble/v2\"\n"}, "only persist may import"},
			{map[string]string{"server/a.go": "package server\nimport _ \"go.opentelemetry.io/proto/otlp/trace/v1\"\n"}, "only cmd may import"},
			{map[string]string{
				"server/a.go":          "package server\nimport _ \"github.com/valyala/fasthttp\"\n",
				"persist/a.go":         "package persist\nimport _ \"github.com/cockroachdb/pebble/v2\"\n",
				"slots/a.go":           "package slots\nimport _ \"github.com/tidwall/btree\"\n",
				"bench/baselines/a.go": "package main\nimport _ \"github.com/cockroachdb/pebble/v2\"\n",
			}, ""},
		},
	}}
}

func checkArrows(m *module) (found []finding) {
	for _, f := range m.files {
		if !f.goCode() || f.room() == "tools" {
			continue
		}
		room := f.room()
		if !slices.Contains(allRooms, room) {
			found = append(found, finding{f.path, 1, fmt.Sprintf("%s is not a room; packages live in %s", room, strings.Join(allRooms, ", "))})
		}
		for imp, spec := range f.imports() {
			if spec.Name != nil && spec.Name.Name == "." {
				found = append(found, m.at(f, spec, "dot import of %s hides where names come from", imp))
			}
			to := roomOf(imp)
			lawful := slices.Contains(arrows[room], to)
			if f.test() {
				lawful = to != "bench" && to != "cmd" && !slices.Contains(testArrows[room], to)
			}
			switch {
			case to == "" || to == room || lawful:
			case to == "bench" || to == "cmd":
				found = append(found, m.at(f, spec, "nobody imports %s", to))
			default:
				found = append(found, m.at(f, spec, "%s may not import %s", room, to))
			}
		}
	}
	return found
}

func checkLibraries(m *module) (found []finding) {
	for _, f := range m.files {
		if !f.goCode() || f.rival() {
			continue
		}
		for imp, spec := range f.imports() {
			for prefix, rooms := range libraryRooms {
				if strings.HasPrefix(imp, prefix) && !slices.Contains(rooms, f.room()) {
					found = append(found, m.at(f, spec, "only %s may import %s", strings.Join(rooms, ", "), imp))
				}
			}
		}
	}
	return found
}
