package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const sandbox = "--sandbox-clock=2020-05-15T09:00:00-04:00"

// TestDeckDemo plays the README's example on the deck demo: look up, search,
// book two cases in one call, survive a kill, move, cancel.
func TestDeckDemo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/deck"
	p := serve(t, dir, "--demo=deck")
	p.must(200, "POST", "/v1/cases/lookup", "", `{"caseId":"1004567","memberDateOfBirth":"1982-06-28"}`)
	found := p.must(200, "POST", "/v1/search", "", `{"caseIds":["1004567","1004568"],"timeZone":"US/Eastern","week":"2020-05-18","days":["mon","tue","wed","thu"]}`)
	for _, want := range []string{`"1st Priority by Skill"`, `"6:15 pm EDT"`, `"6:30 pm EDT"`, `"6:45 pm EDT"`, `"3:30 pm EDT"`} {
		if !strings.Contains(string(found.body), want) {
			t.Errorf("the week grid lacks %s: %s", want, found.body)
		}
	}
	body := strings.Replace(booking("1004567", "rev-ames", "2020-05-18T18:30:00-04:00"), `["1004567"]`, `["1004567","1004568"]`, 1)
	first := p.must(201, "POST", "/v1/appointments", "deck-1", body)
	var call struct {
		ID string `json:"id"`
	}
	first.into(t, &call)

	p.kill()
	p = serve(t, dir, "--demo=deck")
	again := p.must(201, "POST", "/v1/appointments", "deck-1", body)
	if string(again.body) != string(first.body) || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("retry after a restart: got %s (replayed %q), want %s", again.body, again.header.Get("Idempotent-Replayed"), first.body)
	}
	path := "/v1/appointments/" + call.ID
	p.must(200, "GET", path, "", "")
	p.must(200, "POST", path+"/reschedule", "deck-2", `{"slot":{"reviewerId":"rev-bryce","start":"2020-05-19T14:00:00-04:00"}}`)
	p.must(200, "POST", path+"/cancel", "deck-3", `{"reason":"The imaging was sent instead.","by":"provider"}`)
	if code := p.stop(); code != 0 {
		t.Errorf("graceful stop: exit code %d\n%s", code, p.stderr)
	}
	if out, errs, code := parley(t, "", "verify", "--data", dir, "--deep"); code != 0 || !strings.Contains(out, "whole") {
		t.Errorf("verify: exit code %d\n%s%s", code, out, errs)
	}
}

func TestServeRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sandboxed := filepath.Join(dir, "sandboxed")
	if code := serve(t, sandboxed, sandbox).stop(); code != 0 {
		t.Fatalf("first start: exit code %d", code)
	}
	foreign := filepath.Join(dir, "foreign")
	if err := os.MkdirAll(foreign, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(foreign, "notes.txt"), []byte("not a store"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := func(name, want string, args ...string) {
		t.Helper()
		_, errs, code := parley(t, "", append([]string{"serve", "--listen=127.0.0.1:0"}, args...)...)
		if code == 0 || !strings.Contains(errs, want) {
			t.Errorf("%s: exit code %d, stderr lacks %q:\n%s", name, code, want, errs)
		}
	}
	f("other clock", "sandbox", "--data="+sandboxed)
	f("foreign directory", "notes.txt", "--data="+foreign)
	f("open listener", "loopback", "--data="+filepath.Join(dir, "new"), "--listen=0.0.0.0:0")
	f("no data", "--data")
	f("clock", "2020-05-15T09:00:00-04:00", "--data="+filepath.Join(dir, "new"), "--sandbox-clock=yesterday")
	f("demo", "national or deck", "--data="+filepath.Join(dir, "new"), "--demo=alpine")
	if _, err := os.Stat(filepath.Join(dir, "new")); !os.IsNotExist(err) {
		t.Errorf("a refused start left a directory behind: %v", err)
	}
}

// TestDamagedStore damages each file of a store in turn; a start must refuse
// with the place, or open with everything acknowledged.
func TestDamagedStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/store"
	p := serve(t, dir, "--demo=deck")
	p.must(201, "POST", "/v1/appointments", "one", booking("1004567", "rev-bryce", "2020-05-19T15:00:00-04:00"))
	p.kill()
	files, err := filepath.Glob(dir + "/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in the store: %v", err)
	}
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.IsDir() || info.Size() == 0 {
			continue
		}
		copied := filepath.Join(t.TempDir(), "store")
		if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		damaged := filepath.Join(copied, filepath.Base(name))
		if err := os.Truncate(damaged, info.Size()/2); err != nil {
			t.Fatal(err)
		}
		out, errs, code := parley(t, "", "verify", "--data", copied)
		if code == 0 {
			// Whole after all: then nothing may be missing.
			q := serve(t, copied, sandbox)
			q.must(201, "POST", "/v1/appointments", "one", booking("1004567", "rev-bryce", "2020-05-19T15:00:00-04:00"))
			q.kill()
			continue
		}
		if strings.TrimSpace(out+errs) == "" {
			t.Errorf("%s cut in half: verify failed without a word", filepath.Base(name))
		}
	}
}

func TestImportFile(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir()+"/store", sandbox)
	lines := `{"kind":"case","value":` + strings.Join(strings.Fields(killCase("c-1")), " ") + "}\n" +
		`{"kind":"case","value":{"id":"c-2"}}` + "\n" + "not json\n"
	name := filepath.Join(t.TempDir(), "lines.ndjson")
	if err := os.WriteFile(name, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs, code := parley(t, "", "import", name, "--to", p.url)
	if code != exitNotWhole || !strings.Contains(out, "1 lines taken, 2 refused") || !strings.Contains(errs, "line 2:") || !strings.Contains(errs, "line 3:") {
		t.Errorf("import: exit code %d\n%s%s", code, out, errs)
	}
	p.must(200, "GET", "/v1/cases/c-1", "", "")
	if out, errs, code := parley(t, strings.SplitAfter(lines, "\n")[0], "import", "-", "--to", p.url); code != 0 {
		t.Errorf("import from standard input: exit code %d\n%s%s", code, out, errs)
	}
	if _, errs, code := parley(t, "", "import", name, "--to", "127.0.0.1"); code != exitUsage || !strings.Contains(errs, "http") {
		t.Errorf("import without a URL: exit code %d\n%s", code, errs)
	}
}

func TestVersionAndCompletion(t *testing.T) {
	t.Parallel()
	f := func(want string, args ...string) {
		t.Helper()
		out, errs, code := parley(t, "", args...)
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("parley %v: exit code %d, output lacks %q:\n%s%s", args, code, want, out, errs)
		}
	}
	f("rules-", "version")
	f("--sandbox-clock", "completion", "bash")
	f("bashcompinit", "completion", "zsh")
	f("complete -c parley", "completion", "fish")
	f("PARLEY_DATA", "serve", "--help")
	if _, errs, code := parley(t, "", "sreve"); code != exitUsage || !strings.Contains(errs, "serve") {
		t.Errorf("misspelt command: exit code %d\n%s", code, errs)
	}
}
