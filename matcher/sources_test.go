package matcher

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	sourceRow = regexp.MustCompile(`^\| (S[1-5]:\d+|G\d+) \| [^|]+ \| ([^|]+) \|$`)
	namedPath = regexp.MustCompile("`([^`]+/[^`]+)`")
	// A script cites a sentence as S5:9, and golden case 9 at the start of a comment
	// as "9. " or in its text as "golden case 9".
	sourceTag = regexp.MustCompile(`\bS[1-5]:\d+\b`)
	goldenTag = regexp.MustCompile(`(?m)^# (\d+)\. |[Gg]olden\s(?:# )?case (\d+)`)
)

// goldenCases is how many there are.
const goldenCases = 26

// TestSources: the table of docs/sources.md is whole. Each script that it names
// for a sentence exists and cites the sentence, and each citation in a script of
// the matcher or in a scenario is in the table.
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
			if strings.HasPrefix(line, "| S") && sourceTag.MatchString(line) || strings.HasPrefix(line, "| G") {
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
	for n := range goldenCases {
		if !listed[fmt.Sprintf("G%d", n+1)] {
			t.Errorf("golden case %d is not listed", n+1)
		}
	}
	for _, glob := range []string{"testdata/*/*.txt", "../cmd/parley/testdata/scenarios/*.txt"} {
		scripts, err := filepath.Glob(glob)
		if err != nil || len(scripts) == 0 {
			t.Fatalf("no scripts in %s: %v", glob, err)
		}
		for _, script := range scripts {
			for _, tag := range cited(t, script) {
				if !listed[tag] {
					t.Errorf("%s cites %s, which docs/sources.md does not list", script, tag)
				}
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
	if !slices.Contains(cited(t, script), tag) {
		t.Errorf("%s is named for %s and does not cite it", path, tag)
	}
}

// cited lists what a script cites.
func cited(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tags := sourceTag.FindAllString(string(text), -1)
	for _, found := range goldenTag.FindAllStringSubmatch(string(text), -1) {
		tags = append(tags, "G"+found[1]+found[2])
	}
	return tags
}

// TestEveryClauseIsPlayed: what a payer's row says is said in some golden script,
// save by the last clause of a row, which some rows never come to, and every
// jurisdiction that is applied is named by a verdict.
func TestEveryClauseIsPlayed(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/golden/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var played strings.Builder
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		played.Write(text)
	}
	said := func(rule string) {
		if !strings.Contains(played.String(), "("+rule+")") {
			t.Errorf("no golden script plays %s", rule)
		}
	}
	rs := shipped(t)
	for _, rows := range rs.payers {
		for _, row := range rows {
			for i := range row.Clauses[:len(row.Clauses)-1] {
				said(row.Clauses[i].rule)
			}
			for i := range row.Limits {
				said(row.Limits[i].rule)
			}
			for i := range row.Ends {
				said(row.Ends[i].rule)
			}
		}
	}
	for _, row := range rs.jurisdictions {
		if !regexp.MustCompile(`[(,] ?` + row.ID + `[,)]`).MatchString(played.String()) {
			t.Errorf("no golden script plays %s", row.ID)
		}
	}
}
