package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// shippedFolder writes the shipped rules into a new folder.
func shippedFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "rules")
	if out, errs, code := parley(t, "", "rules", "init", dir); code != 0 || !strings.Contains(out, dir) {
		t.Fatalf("init: exit code %d\n%s%s", code, out, errs)
	}
	return dir
}

// edit replaces text in a file, all of it, and returns the line of the first place.
func edit(t *testing.T, name, old, text string) int {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, _, found := strings.Cut(string(b), old)
	if !found {
		t.Fatalf("%s has no %q", name, old)
	}
	if err := os.WriteFile(name, []byte(strings.ReplaceAll(string(b), old, text)), 0o600); err != nil {
		t.Fatal(err)
	}
	return 1 + strings.Count(before, "\n")
}

// says runs a command and demands an exit code and texts of its output.
func says(t *testing.T, code int, args []string, wants ...string) string {
	t.Helper()
	out, errs, got := parley(t, "", args...)
	if got != code {
		t.Errorf("parley %v: exit code %d, want %d\n%s%s", args, got, code, out, errs)
	}
	for _, want := range wants {
		if !strings.Contains(out+errs, want) {
			t.Errorf("parley %v lacks %q:\n%s%s", args, want, out, errs)
		}
	}
	return out
}

var ruleVersion = regexp.MustCompile(`rules-[0-9a-f]{12}`)

func TestRulesFolder(t *testing.T) {
	t.Parallel()
	dir := shippedFolder(t)
	payers := filepath.Join(dir, "payers.json")
	version := ruleVersion.FindString(says(t, 0, []string{"version"}))
	says(t, 0, []string{"rules", "check", dir}, version+": ", "rows applied", " 0 differ",
		"jurisdictions/tx-hmo-ppo-hours beside tx-commercial, tx-specialty-agent", "jurisdictions/tx-specialty-agent replaces tx-commercial")
	says(t, 0, []string{"rules", "test"}, " 0 differ")
	says(t, 0, []string{"rules", "diff", dir}, "rows: 0 added, 0 removed, 0 changed")
	says(t, 0, []string{"rules", "show"}, version, "payers/hne", "jurisdictions/tx-commercial, requests from 2021-09-01", "28 TAC 19.1710", "          replaces tx-commercial\n")
	says(t, 0, []string{"rules", "show", "--row=payers/hne"}, `"healthPlan": "hne"`)
	says(t, exitUsage, []string{"rules", "show", "--row=payers/nobody"}, "no row payers/nobody")
	says(t, exitUsage, []string{"rules", "show", "--row=payers"}, "SECTION/ID")
	says(t, exitUsage, []string{"rules", "init", dir}, "not empty")
	says(t, exitUsage, []string{"rules", "check", payers}, "not a folder")
	says(t, exitUsage, []string{"rules", "check", filepath.Join(dir, "none")}, "none")
	says(t, exitUsage, []string{"rules", "check", dir, "--data=a", "--url=b"}, "together")
	says(t, exitUsage, []string{"rules", "test", "--rewrite"}, "cannot be rewritten")

	line := edit(t, payers, `"holdMinutes": 5`, `"holdMinutes": 6`)
	says(t, 0, []string{"rules", "diff", dir}, "before: "+version, "changed payers hne\n  /call/holdMinutes: 5 → 6")
	says(t, 0, []string{"rules", "diff", dir, "--against=" + dir}, "0 changed")
	edit(t, payers, `"holdMinutes": 6`, `"holdMinutes": 0`)
	says(t, exitNotWhole, []string{"rules", "check", dir}, filepath.Join(dir, "payers.json")+":"+strconv.Itoa(line)+": row default: call.holdMinutes: 0, want 1 to")
	says(t, exitNotWhole, []string{"rules", "load", dir, "--to=http://127.0.0.1:1"}, "call.holdMinutes")
}

func TestRulesExamples(t *testing.T) {
	t.Parallel()
	dir := shippedFolder(t)
	laws, example := filepath.Join(dir, "jurisdictions.json"), filepath.Join(dir, "examples", "texas.txt")
	before, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	edit(t, laws, `"relation": "similar"`, `"relation": "same"`)
	for _, command := range []string{"test", "check"} {
		says(t, exitNotWhole, []string{"rules", command, dir}, "texas.txt:", "- similar, relation similar (", "+ specialty_waived, relation similar, unmet specialty", "differ")
	}
	says(t, 0, []string{"rules", "test", dir, "--rewrite"}, "steps written")
	says(t, 0, []string{"rules", "test", dir}, " 0 differ")
	after, err := os.ReadFile(example)
	if err != nil || string(after) == string(before) {
		t.Errorf("rewriting changed nothing: %v", err)
	}
	edit(t, example, "full, relation same_subspecialty (hne)", "none")
	says(t, exitNotWhole, []string{"rules", "test", dir}, " 1 differ", "1 step of the examples differs")
	edit(t, example, "----", "---")
	says(t, exitNotWhole, []string{"rules", "test", dir}, "texas.txt: line ", "four hyphens")
}

// TestRulesRollOut plays what docs/rules.md describes on a running server.
func TestRulesRollOut(t *testing.T) {
	t.Parallel()
	dir, store := shippedFolder(t), filepath.Join(t.TempDir(), "store")
	p := serve(t, store, "--demo=deck")
	p.must(201, "POST", "/v1/appointments", "one", booking("1004567", "rev-bryce", "2020-05-19T15:00:00-04:00"))
	says(t, 0, []string{"rules", "check", dir, "--url=" + p.url}, "are in force at")
	says(t, 0, []string{"rules", "load", dir, "--to=" + p.url}, "in force already")

	payers := filepath.Join(dir, "payers.json")
	edit(t, payers, `{"in": ["MD", "DO"]}`, `{"in": ["DO"]}`)
	says(t, exitNotWhole, []string{"rules", "load", dir, "--to=" + p.url}, "steps of the examples differ")
	says(t, 1, []string{"rules", "load", dir, "--skip-examples", "--to=" + p.url + "/nowhere"}, "404", "route_not_found")
	says(t, exitUsage, []string{"rules", "load", dir, "--to=nowhere"}, "http")
	says(t, 0, []string{"rules", "test", dir, "--rewrite"})
	out := says(t, 0, []string{"rules", "check", dir, "--url=" + p.url}, "changed payers hne\n  /requires/credential/in", "touches 0 of 2 cases and 1 of 1 booked calls",
		"verdict: bookable → not qualified: credential")
	version := ruleVersion.FindString(out)
	says(t, 1, []string{"rules", "check", dir, "--data=" + store}, "") // a server is using it
	says(t, 0, []string{"rules", "load", dir, "--to=" + p.url}, version+" are in force now")
	if got := p.must(200, "GET", "/v1/rules", "", ""); !strings.Contains(string(got.body), version) {
		t.Errorf("in force: %s", got.body)
	}
	if code := p.stop(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, p.stderr)
	}

	// The store alone, with nobody at it.
	says(t, 0, []string{"rules", "check", dir, "--data=" + store}, version+" are in force in")
	says(t, 0, []string{"rules", "show", "--data=" + store, "--row=payers/hne"}, `"DO"`)
	says(t, 0, []string{"rules", "diff", "embedded", "--data=" + store}, "before: "+version, "not qualified: credential → bookable", "touches 0 of 2 cases and 1 of 1")
	says(t, 0, []string{"rules", "diff", dir, "--data=" + store, "--against=embedded", "--limit=0", "--at=2020-05-16T09:00:00-04:00"},
		"touches 0 of 2 cases and 1 of 1 booked calls, judged at 2020-05-16T13:00:00Z", "and 1 more")
	says(t, exitUsage, []string{"rules", "diff", dir, "--data=" + store, "--at=noon"}, "--at")

	// A start changes no rules, neither with those inside the program nor with a folder.
	state := func() string {
		out := says(t, 0, []string{"verify", "--data=" + store}, "rules "+version)
		return regexp.MustCompile(`state .*`).FindString(out)
	}
	was := state()
	edit(t, payers, `"holdMinutes": 5`, `"holdMinutes": 7`)
	for _, args := range [][]string{nil, {"--rules=" + dir}} {
		p = serve(t, store, append([]string{sandbox}, args...)...)
		if got := p.must(200, "GET", "/readyz", "", ""); !strings.Contains(string(got.body), version) {
			t.Errorf("start %v: in force %s", args, got.body)
		}
		if p.stop(); !strings.Contains(p.stderr.String(), "not applied") || !strings.Contains(p.stderr.String(), version) {
			t.Errorf("start %v does not tell of other rules:\n%s", args, p.stderr)
		}
		if now := state(); now != was {
			t.Errorf("start %v: %s, before %s", args, now, was)
		}
	}
}

// TestServeRules: a new store starts with the rules of a folder, and faulty ones start nothing.
func TestServeRules(t *testing.T) {
	t.Parallel()
	dir, store := shippedFolder(t), filepath.Join(t.TempDir(), "store")
	line := edit(t, filepath.Join(dir, "payers.json"), `"holdMinutes": 5`, `"holdMinutes": 0`)
	says(t, exitNotWhole, []string{"serve", "--listen=127.0.0.1:0", "--data=" + store, "--rules=" + dir}, "payers.json:"+strconv.Itoa(line)+": row default")
	if _, err := os.Stat(store); !os.IsNotExist(err) {
		t.Errorf("faulty rules made a store: %v", err)
	}
	edit(t, filepath.Join(dir, "payers.json"), `"holdMinutes": 0`, `"holdMinutes": 8`)
	says(t, 0, []string{"rules", "test", dir, "--rewrite"})
	version := ruleVersion.FindString(says(t, 0, []string{"rules", "check", dir}))
	p := serve(t, store, sandbox, "--rules="+dir)
	if got := p.must(200, "GET", "/readyz", "", ""); !strings.Contains(string(got.body), version) {
		t.Errorf("in force %s, want %s", got.body, version)
	}
}
