package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// TestRulesDoc does what docs/rules.md says, step by step, on the deck demo: it
// writes the files that the page shows, runs its commands, and compares what they
// print. An ellipsis on the page stands for any text.
func TestRulesDoc(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, ok := strings.Cut(string(page), "## A worked example\n")
	if !ok {
		t.Fatal("the page has no worked example")
	}
	p := serve(t, t.TempDir()+"/deck", "--demo=deck")
	dir := t.TempDir()
	steps := 0
	for _, block := range regexp.MustCompile("(?s)\n```(\\w+) ?(\\S*)\n(.*?)\n```").FindAllStringSubmatch(example, -1) {
		kind, name, text := block[1], block[2], block[3]
		steps++
		switch kind {
		case "sh":
			command := regexp.MustCompile(`http://[^/]*(\S*) .*Idempotency-Key: (\S*)' -d '(.*)'$`).FindStringSubmatch(text)
			p.must(201, "POST", command[1], command[2], command[3])
		case "console":
			command, want, _ := strings.Cut(text, "\n")
			got := runIn(t, dir, strings.ReplaceAll(command, "http://127.0.0.1:8081", p.url))
			got = strings.ReplaceAll(got, p.url, "http://127.0.0.1:8081")
			if !wild(want).MatchString(strings.TrimSpace(got)) {
				t.Fatalf("%s\nprints\n%s\nthe page says\n%s", command, got, want)
			}
		case "text":
			if err := os.WriteFile(filepath.Join(dir, "acme-rules", name), []byte(text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		case "json":
			addRow(t, filepath.Join(dir, "acme-rules", name), text)
		default:
			t.Fatalf("a block of %s", kind)
		}
	}
	if steps < 8 {
		t.Errorf("only %d steps were found", steps)
	}
}

// TestRulesFormatDoc compares the row that docs/rules-format.md reads aloud with the shipped one.
func TestRulesFormatDoc(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/rules-format.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)\n```json (\\S+)\n(.*?)\n```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) == 0 {
		t.Fatal("the page shows no row")
	}
	for _, b := range blocks {
		shipped, errs, code := parley(t, "", "rules", "show", "--row", b[1])
		if code != 0 {
			t.Fatalf("%s: %s", b[1], errs)
		}
		var want, got any
		if err := errors.Join(json.Unmarshal([]byte(shipped), &want), json.Unmarshal([]byte(b[2]), &got)); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("the page shows %s as\n%s\nit is\n%s", b[1], b[2], shipped)
		}
	}
}

// wild makes a pattern of a text in which … stands for anything on a line.
func wild(text string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(text), "…", ".*") + "$")
}

// addRow puts a row at the end of a rule file, as an editor would.
func addRow(t *testing.T, name, row string) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	head, ok := strings.CutSuffix(strings.TrimSpace(string(b)), "\n  ]\n}")
	if !ok {
		t.Fatalf("%s does not end as expected", name)
	}
	if err := os.WriteFile(name, []byte(head+",\n"+row+"\n  ]\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// runIn runs "$ parley …" in a folder and returns what it prints, errors included.
func runIn(t *testing.T, dir, line string) string {
	t.Helper()
	args, ok := strings.CutPrefix(line, "$ parley ")
	if !ok {
		t.Fatalf("not a command of parley: %s", line)
	}
	ctx, cancel := context.WithTimeout(t.Context(), startLimit)
	defer cancel()
	cmd := command(ctx, strings.Fields(args)...)
	cmd.Dir = dir
	cmd.Path, _ = filepath.Abs(cmd.Path)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		return fmt.Sprint(err)
	}
	return out.String()
}
