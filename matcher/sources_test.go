package matcher

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	sourceRow = regexp.MustCompile(`^\| (S[1-5]:\d+) \| [^|]+ \| ([^|]+) \|$`)
	namedPath = regexp.MustCompile("`([^`]+/[^`]+)`")
	sourceTag = regexp.MustCompile(`\bS[1-5]:\d+\b`)
)

// TestSources: the table of docs/sources.md is whole. Each script that it names
// for a sentence exists and cites the sentence, and each citation in a golden or
// search script is in the table.
func TestSources(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/sources.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		row := sourceRow.FindStringSubmatch(strings.TrimSpace(line))
		if row == nil {
			if strings.HasPrefix(line, "| S") && sourceTag.MatchString(line) {
				t.Errorf("not a row of three cells: %s", line)
			}
			continue
		}
		tag, places := row[1], row[2]
		if listed[tag] {
			t.Errorf("%s: listed twice", tag)
		}
		listed[tag] = true
		paths := namedPath.FindAllStringSubmatch(places, -1)
		if len(paths) == 0 && !strings.Contains(places, "scenario ") {
			t.Errorf("%s: played by nothing", tag)
		}
		for _, path := range paths {
			citesIn(t, path[1], tag)
		}
	}
	if len(listed) == 0 {
		t.Fatal("no rows in docs/sources.md")
	}
	scripts, err := filepath.Glob("testdata/*/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range scripts {
		for _, tag := range sourceTag.FindAllString(read(t, script), -1) {
			if !listed[tag] {
				t.Errorf("%s cites %s, which docs/sources.md does not list", script, tag)
			}
		}
	}
}

// citesIn demands that a script, by its path in the repository, cites a sentence.
// A Go test that is named need only exist.
func citesIn(t *testing.T, path, tag string) {
	t.Helper()
	script := filepath.Join("..", filepath.FromSlash(path))
	if _, err := os.Stat(script); err != nil {
		t.Errorf("%s: %v", tag, err)
		return
	}
	if strings.HasSuffix(path, ".go") {
		return
	}
	for _, found := range sourceTag.FindAllString(read(t, script), -1) {
		if found == tag {
			return
		}
	}
	t.Errorf("%s is named for %s and does not cite it", path, tag)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
