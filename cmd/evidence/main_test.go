package main

import (
	"bytes"
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// repository makes a repository with one commit, and a make that does what a script says. It has the packages that
// the parts name: server and persist/simlog stand on engine, persist does not.
func repository(t *testing.T, script string) *options {
	t.Helper()
	root := t.TempDir()
	write(t, filepath.Join(root, "go.mod"), "module example.com/a\n\ngo 1.26\n")
	targets := map[string]bool{}
	for i := range parts {
		for _, args := range parts[i].steps("") {
			targets[args[0]] = true
		}
		for _, pkg := range parts[i].packages {
			write(t, filepath.Join(root, strings.TrimSuffix(pkg, "/..."), "a.go"), "package a\n")
		}
	}
	on := "package a\n\nimport _ \"example.com/a/engine\"\n"
	write(t, filepath.Join(root, "persist", "simlog", "a.go"), on)
	write(t, filepath.Join(root, "server", "a_test.go"), on)
	write(t, filepath.Join(root, "engine", "testdata", "one.txt"), "1\n")
	rules := "SEEDS ?= 1\nERRORS ?= 1\n"
	for _, target := range slices.Sorted(maps.Keys(targets)) {
		rules += target + ":\n\techo " + target + " $(SEEDS)\n"
	}
	write(t, filepath.Join(root, "Makefile"), rules)
	write(t, filepath.Join(root, "docs", "a.md"), "a\n")
	write(t, filepath.Join(root, ".gitignore"), "/.cache/\n")
	git(t, root, "init", "-q")
	commit(t, root)
	command := filepath.Join(t.TempDir(), "make")
	write(t, command, "#!/bin/sh\n[ \"$1\" = -n ] && exec make \"$@\"\n"+script)
	if err := os.Chmod(command, 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	return &options{root: root, make: command, goCommand: "go", page: "docs/evidence.md", limit: time.Hour}
}

func commit(t *testing.T, root string) {
	t.Helper()
	git(t, root, "add", "-A")
	git(t, root, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "a")
}

func git(t *testing.T, root string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// evidenceOf runs the driver and returns what it said and the page.
func evidenceOf(t *testing.T, o *options) (said, page string, err error) {
	t.Helper()
	var out bytes.Buffer
	err = o.run(context.WithoutCancel(t.Context()), &out)
	text, _ := os.ReadFile(filepath.Join(o.root, o.page)) // "" = none was written
	return out.String(), string(text), err
}

func wants(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%s: %q is not in\n%s", what, p, text)
		}
	}
}

func TestEvidenceGoesOn(t *testing.T) {
	t.Parallel()
	// Each call stores a line of the range that is asked for; the third fails.
	o := repository(t, `for a; do case $a in SEEDS=*) n=${a#SEEDS=};; SIM_OUT=*) f=${a#SIM_OUT=};; esac; done
[ -e "$f.broken" ] && exit 1
echo "{\"test\":\"sim\",\"from\":$((n-999)),\"to\":$n,\"commands\":500000,\"counts\":RARE,\"violations\":[]}" >> "$f"
[ $n = 3000 ] && exit 1
exit 0
`)
	write(t, o.make, strings.Replace(read(t, o.make), "RARE", strings.ReplaceAll(rareCounts(t), `"`, `\"`), 1))
	o.names = "sim"
	said, page, err := evidenceOf(t, o)
	if err == nil {
		t.Error("a step that failed is no error")
	}
	wants(t, "first run", said, "step 3 of 20: make sim SEEDS=3000 STEPS=500\n", "wrote docs/evidence.md")
	wants(t, "a failed step", page, "| Deterministic simulation | FAILED |", "| kill -9 under load, receipts outside | not run |")
	if strings.Contains(said, "SIM_OUT") || strings.Contains(page, o.root) {
		t.Errorf("the place of results is told:\n%s", said+page)
	}

	write(t, o.make, strings.ReplaceAll(read(t, o.make), "[ $n = 3000 ] && exit 1\n", ""))
	said, page, err = evidenceOf(t, o)
	if err != nil {
		t.Error(err)
	}
	if strings.Contains(said, "step 2 of 20") {
		t.Errorf("a step that is done is done again:\n%s", said)
	}
	wants(t, "second run", said, "step 3 of 20", "step 20 of 20")
	wants(t, "all steps", page, "| Deterministic simulation | **reached** | `make sim SEEDS=20000 STEPS=500` | `", "seeds 20,000; commands 10,000,000; rare states never met 0; violations 0")

	commit(t, o.root)
	newest := filepath.Join(o.root, ".cache", "evidence", "sim")
	older := 0
	for _, path := range mustGlob(t, filepath.Join(newest, "*", "runs.jsonl")) {
		text := read(t, path)
		older += strings.Count(text, `"rare states":`)
		write(t, path, regexp.MustCompile(`"rare states[^,]*,`).ReplaceAllString(text, ""))
	}
	if older == 0 {
		t.Error("the rare states are not noted")
	}
	o.limit = 0
	if _, again, err := evidenceOf(t, o); err != nil || again != page {
		t.Errorf("after a commit of the page alone: %v\n%s", err, again)
	}
	write(t, filepath.Join(o.root, "engine", "a.go"), "package b\n")
	if _, _, err := evidenceOf(t, o); err == nil || !strings.Contains(err.Error(), "have changed") {
		t.Errorf("changed files: %v", err)
	}
	commit(t, o.root)
	if _, page, err = evidenceOf(t, o); err != nil {
		t.Error(err)
	}
	wants(t, "other code", page, "| Deterministic simulation | not run |")
}

// TestCodeMayNotChange lets the first step change the code: the second is not run on other code, and the first is not kept,
// for nobody knows which code it was run on. A commit elsewhere changes nothing of that.
func TestCodeMayNotChange(t *testing.T) {
	t.Parallel()
	const step = `for a; do case $a in CRASH_OUT=*) f=${a#CRASH_OUT=};; SCENARIOS=*) n=${a#SCENARIOS=};; esac; done
[ $n = 25 ] || exit 1
echo '{"test":"crash","from":1,"to":1,"steps":1,"violations":[]}' >> "$f"
cd 'ROOT'
`
	const commits = "git add -A && git -c user.name=a -c user.email=a@example.com commit -q -m b --allow-empty\n"
	f := func(name, script string, dirty, kept bool) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := repository(t, step+script)
			before := read(t, filepath.Join(o.root, "persist", "a.go"))
			write(t, o.make, strings.ReplaceAll(read(t, o.make), "ROOT", o.root))
			o.names, o.dirty = "crash", dirty
			if dirty {
				write(t, filepath.Join(o.root, "engine", "new.go"), "package a\n")
			}
			said, page, err := evidenceOf(t, o)
			if kept {
				if err == nil || !strings.Contains(err.Error(), "SCENARIOS=50") { // where the script ends
					t.Errorf("%v\n%s", err, said)
				}
				wants(t, "the first step", page, "scenarios 1;")
				return
			}
			if err == nil || !strings.Contains(err.Error(), "the code has changed while a step ran") || strings.Contains(said, "step 2") {
				t.Errorf("%v\n%s", err, said)
			}
			wants(t, "what was mixed", page, "errors at every disk operation of Pebble | not run |")

			// As it was before, the first step is still to be done, and nothing that the mixed run has left is there.
			write(t, filepath.Join(o.root, "persist", "a.go"), before)
			if !dirty {
				commit(t, o.root)
			}
			write(t, o.make, "#!/bin/sh\n[ \"$1\" = -n ] && exec make \"$@\"\nexit 1\n")
			said, page, err = evidenceOf(t, o)
			if err == nil {
				t.Error("a step that failed is no error")
			}
			wants(t, "on the code as it was", said, "step 1 of 8")
			if strings.Contains(page, "scenarios 1;") {
				t.Errorf("what a mixed step has left counts:\n%s", page)
			}
		})
	}
	f("edited", "echo 'package c' > persist/a.go\n", false, false)
	f("committed", "echo 'package c' > persist/a.go\n"+commits, false, false)
	f("edited while dirty", "echo 'package c' > persist/a.go\n", true, false)
	f("other code committed", "echo 'package c' > cmd/planted/a.go\n"+commits, false, true)
}

// TestDirtyCode runs on files that are not committed: what was done on other such files is not done on these.
func TestDirtyCode(t *testing.T) {
	t.Parallel()
	o := repository(t, "exit 0\n")
	o.names, o.dirty = "matrix", true // one step
	engineFile, added := filepath.Join(o.root, "engine", "a.go"), filepath.Join(o.root, "server", "new.go")
	f := func(what string, again bool) {
		t.Helper()
		said, page, err := evidenceOf(t, o)
		if err != nil {
			t.Error(err)
		}
		if got := strings.Contains(said, "step 1 of 1"); got != again {
			t.Errorf("%s: run: %t, want %t", what, got, again)
		}
		if what != "clean" {
			wants(t, what, page, "| `dirty-")
		}
	}
	write(t, engineFile, "package a // 1\n")
	f("changed", true)
	f("the same again", false)
	write(t, engineFile, "package a // 2\n")
	f("changed otherwise", true)
	write(t, added, "package a // 1\n")
	f("added", true)
	write(t, added, "package a // 2\n")
	f("what was added has changed", true)
	if err := os.Remove(engineFile); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(o.root, "engine", "b.go"), "package a\n")
	f("deleted", true)
	git(t, o.root, "add", "-A")
	f("staged", true)
	git(t, o.root, "reset", "-q", "--hard")
	f("clean", true)
}

// TestDigestOfAPart changes one thing after the other and looks whose results that ends.
func TestDigestOfAPart(t *testing.T) {
	t.Parallel()
	o := repository(t, "exit 1\n")
	names := []string{"sim", "matrix", "crash", "kill", "canary"}
	digests := func() map[string]string {
		t.Helper()
		now, err := o.state(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, name := range names {
			chosen, err := choose(name)
			if err == nil {
				out[name], err = o.digest(t.Context(), now, &chosen[0])
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		return out
	}
	before := digests()
	f := func(file, text string, changed ...string) {
		t.Helper()
		write(t, filepath.Join(o.root, file), text)
		commit(t, o.root)
		after := digests()
		for _, name := range names {
			if differs := after[name] != before[name]; differs != slices.Contains(changed, name) {
				t.Errorf("%s: the digest of %s has changed: %t", file, name, differs)
			}
		}
		before = after
	}
	f("engine/a.go", "package a\n\nconst A = 1\n", "sim", "matrix")
	f("engine/testdata/one.txt", "2\n", "sim", "matrix")
	f("engine/testdata/deep/two.txt", "2\n", "sim", "matrix")
	f("engine/page.html", "<p>\n", "sim", "matrix")
	f("engine/RECORDS.md", "records\n")
	f("engine/b_test.go", "package a\n")
	f("engine/testdata/fuzz/FuzzA/1", "go test fuzz v1\n")
	f("server/b_test.go", "package a\n", "matrix")
	f("server/testdata/fuzz/FuzzA/1", "go test fuzz v1\n", "matrix")
	f("docs/a.md", "b\n")
	f("docs/encryption.md", "what the canary reads\n", "canary")
	f("persist/b_test.go", "package a\n", "crash")
	f("persist/simlog/b_test.go", "package a\n", "sim")
	f("other/a.go", "package other\n")
	f("deploy/a.yml", "a: 1\n")
	f("cmd/parley/b_test.go", "package a\n\nimport _ \"example.com/a/other\"\n", "kill", "canary")
	f("other/b.go", "package other\n", "kill", "canary")
	rules := read(t, filepath.Join(o.root, "Makefile"))
	f("Makefile", rules+"another:\n\techo $(ERRORS)\n")
	f("Makefile", strings.Replace(rules, "echo sim", "nice echo sim", 1), "sim")
	f("Makefile", rules, "sim")
	f("Makefile", strings.Replace(rules, "SEEDS ?= 1", "SEEDS ?= 2", 1), "matrix", "crash", "kill", "canary") // sim says its own
	f("go.mod", "module example.com/a\n\ngo 1.25\n", names...)
}

// TestFuzzPackages finds every fuzz target of the repository in the packages of a part that fuzzes, which counts it.
func TestFuzzPackages(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	target := regexp.MustCompile(`(?m)^func Fuzz`)
	targets := map[string]float64{}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".cache" || path == filepath.Join(root, "bench", "baselines")): // scratch; another module
			return filepath.SkipDir
		case !strings.HasSuffix(path, "_test.go") || !target.MatchString(read(t, path)):
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		targets["./"+filepath.ToSlash(dir)] += float64(len(target.FindAllString(read(t, path), -1)))
		return err
	})
	if err != nil || len(targets) < 6 {
		t.Fatalf("%v: %v", targets, err)
	}
	for _, name := range []string{"fuzz-core", "fuzz-server"} {
		p, n := mustChoose(t, name), 0.0
		for dir := range targets {
			if slices.ContainsFunc(p.packages, func(pkg string) bool {
				room, below := strings.CutSuffix(pkg, "/...")
				return dir == room || below && strings.HasPrefix(dir, room+"/")
			}) {
				n += targets[dir]
				delete(targets, dir)
			}
		}
		if !slices.Contains(p.goals, least("targets", n)) {
			t.Errorf("there are %g fuzz targets in %s, and the goal is another", n, name)
		}
	}
	if len(targets) > 0 {
		t.Errorf("the fuzz targets of %v are not run", targets)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func mustGlob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestNoTimeNoStep(t *testing.T) {
	t.Parallel()
	o := repository(t, "exit 1\n")
	o.limit = 0
	said, page, err := evidenceOf(t, o)
	if err != nil || said != "wrote docs/evidence.md\n" {
		t.Errorf("%v, %q", err, said)
	}
	if got := strings.Count(page, "| not run |"); got != len(parts) {
		t.Errorf("%d parts say that they were not run, want %d", got, len(parts))
	}
	o.names = "sim,nonsense"
	if _, _, err := evidenceOf(t, o); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("an unknown part: %v", err)
	}
}
