package main

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
)

// Canaries are texts that occur nowhere else. They are put into every field, header, path
// and query of every route; then whatever the program leaves behind is searched for them.

var canaryDeep = flag.Bool("canary.deep", false, "put a canary into each field of each route by itself, too")

// canaries makes tokens and knows where each was put.
type canaries struct {
	n     int
	where map[string]string // operation and place, by token
	taken map[string]bool   // tokens in personal fields that the server has taken
}

func newCanaries() *canaries { return &canaries{where: map[string]string{}, taken: map[string]bool{}} }

var canaryForm = regexp.MustCompile(`(?i)zq7canary\d{5}x|\+1907\d{7}`)

func (c *canaries) note(token, where string) string {
	c.where[strings.ToLower(token)] = where
	return token
}

// text is a token that is a name, a word, an id and a part of a sentence.
func (c *canaries) text(where string) string {
	c.n++
	return c.note(fmt.Sprintf("Zq7canary%05dx", c.n), where)
}

func (c *canaries) phone(where string) string {
	c.n++
	return c.note(fmt.Sprintf("+1907%07d", 2000000+c.n), where)
}

// found lists the tokens in some bytes.
func (c *canaries) found(b []byte) (tokens []string) {
	seen := map[string]bool{}
	for _, m := range canaryForm.FindAll(b, -1) {
		token := strings.ToLower(string(m))
		if _, ours := c.where[token]; ours && !seen[token] {
			seen[token] = true
			tokens = append(tokens, token)
		}
	}
	return tokens
}

// keptClear are the places whose content is stored in clear, by the last name of a place:
// docs/encryption.md lists the same, and why. Everything else is sealed, or kept nowhere.
func keptClear(t *testing.T) func(where string) bool {
	t.Helper()
	page := readText(t, "../../docs/encryption.md")
	_, page, ok := strings.Cut(page, "<!-- kept in clear -->")
	page, _, end := strings.Cut(page, "<!-- end -->")
	names := map[string]bool{}
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(page, -1) {
		names[m[1]] = true
	}
	if !ok || !end || len(names) < 10 {
		t.Fatal("docs/encryption.md does not list what is kept in clear")
	}
	return func(where string) bool {
		operation, place, _ := strings.Cut(where, " ")
		parts := strings.Split(place, "/")
		last := parts[len(parts)-1]
		if strings.Trim(last, "0123456789") == "" && len(parts) > 1 { // an item of a list
			last = parts[len(parts)-2]
		}
		return names[last] || names[operation+" "+place] || names[operation]
	}
}

// directory is all that a store's directory holds: its files as they are, and what the
// database makes of them, since tables are compressed.
func directory(t *testing.T, dir string, keys *engine.DataKeys) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all[strings.TrimPrefix(path, dir)+" "+d.Name()] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	store, err := persist.Open(dir, persist.Options{MinFreeBytes: -1, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var log, derived, state bytes.Buffer
	if err := store.Read(1, func(_ engine.Seq, payload []byte) error { log.Write(payload); return nil }); err != nil {
		t.Fatal(err)
	}
	for _, space := range []engine.Space{engine.SpaceAudit, engine.SpaceOffers, engine.SpaceArchive, engine.SpaceAccess} {
		if err := store.Derived(space, nil, func(key, value []byte) error { derived.Write(key); derived.Write(value); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	_, checkpoint, err := store.LoadCheckpoint()
	if err != nil {
		t.Fatal(err)
	}
	_, err = state.ReadFrom(checkpoint)
	if err := checkpoint.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	all["the log"], all["derived records"], all["the checkpoint"] = log.Bytes(), derived.Bytes(), state.Bytes()
	return all
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// canaryRun is a server that every route of was driven.
type canaryRun struct {
	*canaries
	dir   string
	heard map[string][]byte // what it has written and answered elsewhere
	drive *drive
}

func runCanaries(t *testing.T, args ...string) *canaryRun {
	t.Helper()
	base := t.TempDir()
	admin := freeAddress(t)
	collector := newTraceSink(t)
	run := &canaryRun{canaries: newCanaries(), dir: filepath.Join(base, "store"), heard: map[string][]byte{}}
	p := serve(t, run.dir, append([]string{
		"--sandbox-clock=2026-11-16T08:59:01-05:00", "--admin-listen=" + admin, "--log-level=debug", "--cpu-profile=" + filepath.Join(base, "cpu"),
		"--otlp-endpoint=" + collector.URL, "--otlp-sample=1", "--otlp-trust-parent",
	}, args...)...)
	d := &drive{t: t, p: p, canaries: run.canaries}
	run.drive = d
	d.life()
	d.everyRoute()
	d.strangers()
	operators := &program{t: t, url: "http://" + admin, http: p.http, stderr: p.stderr}
	for _, path := range []string{"/metrics", "/readyz", "/debug/pprof/goroutine", "/debug/pprof/heap", "/debug/pprof/allocs", "/debug/pprof/threadcreate"} {
		run.heard["admin "+path] = operators.must(200, "GET", path, "", "").body
	}
	for _, path := range []string{"/healthz", "/readyz", "/v1/rules", "/v1/events?limit=200", "/v1/offer-records", "/openapi.json", "/docs", "/v1/vault", "/v1/audit"} {
		a, err := p.try("GET", path, "", "")
		if err != nil {
			t.Fatal(err)
		}
		run.heard["public "+path] = a.body
	}
	if code := p.stop(); code != 0 {
		t.Fatalf("graceful stop: %d\n%s", code, p.stderr)
	}
	run.heard["standard error"] = []byte(p.stderr.String())
	run.heard["refusals"] = d.refusals.Bytes()
	spans, raw, err := collector.sent()
	if err != nil || len(spans) < d.requests/2 {
		t.Fatalf("%d requests, %d spans: %v", d.requests, len(spans), err)
	}
	run.heard["traces"] = raw
	return run
}

// leaks lists what is where it must not be, allowed aside.
func (r *canaryRun) leaks(texts map[string][]byte, allowed func(where string) bool) (leaks []string) {
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		for _, token := range r.found(texts[name]) {
			if where := r.where[token]; !allowed(where) {
				leaks = append(leaks, fmt.Sprintf("%s tells %s of %s", name, token, where))
			}
		}
	}
	return leaks
}

// TestCanary drives an encrypted server and one that is not. What the first one leaves on
// the disk must hold none of the tokens but where the documentation says so, and what either
// writes or tells elsewhere none at all. The second one's disk must hold every personal
// field that was taken: so the search finds what is there, and the drive gets there.
func TestCanary(t *testing.T) {
	t.Parallel()
	allowed := keptClear(t)
	file := filepath.Join(t.TempDir(), "keys")
	if _, errs, code := parley(t, "", "vault", "new-key", file); code != 0 {
		t.Fatal(errs)
	}
	ring, err := (&dataKeyFlags{DataKeys: file}).ring(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sealed, plain := runCanaries(t, "--data-keys="+file), runCanaries(t)
	requestIDs := func(where string) bool { return strings.HasSuffix(where, " header/X-Request-Id") }
	ids := func(where string) bool { return requestIDs(where) || allowed(where) }
	// A refusal may say which of the ids and codes that were sent are at fault, and offers
	// other slots, each with its reviewer.
	refused := func(where string) bool {
		return requestIDs(where) || strings.HasSuffix(where, "/caseIds/0") || strings.HasSuffix(where, "/attestations/0") || where == "putReviewer /name"
	}
	for _, run := range []*canaryRun{sealed, plain} {
		for _, name := range slices.Sorted(maps.Keys(run.heard)) {
			may := requestIDs // a log line names its request
			switch {
			case strings.HasPrefix(name, "public /v1/"):
				may = ids // records tell ids
			case name == "refusals":
				may = refused
			case name == "traces":
				may = func(string) bool { return false }
			}
			for _, leak := range run.leaks(map[string][]byte{name: run.heard[name]}, may) {
				t.Error(leak)
			}
		}
	}
	for _, leak := range sealed.leaks(directory(t, sealed.dir, ring), allowed) {
		t.Error(leak)
	}
	there := map[string]bool{}
	for _, text := range directory(t, plain.dir, nil) {
		for _, token := range plain.found(text) {
			there[token] = true
		}
	}
	for _, token := range slices.Sorted(maps.Keys(plain.taken)) {
		if !there[strings.ToLower(token)] {
			t.Errorf("%s of %s was taken and is not found in a store in clear", token, plain.where[strings.ToLower(token)])
		}
	}
	if len(plain.taken) < 40 || len(sealed.where) < 700 {
		t.Errorf("%d personal fields were taken, %d tokens put somewhere", len(plain.taken), len(sealed.where))
	}
	t.Logf("%d tokens, %d requests, %d personal fields on record", len(sealed.where), sealed.drive.requests, len(plain.taken))
	// A leak that is planted is found, whatever it is in.
	for name, text := range sealed.heard {
		nobody := func(string) bool { return false }
		before := len(sealed.leaks(map[string][]byte{name: text}, nobody))
		planted := append(bytes.Clone(text), "member=\"Dr. "+strings.ToUpper(sealed.text("planted"))+"\""...)
		if n := len(sealed.leaks(map[string][]byte{name: planted}, nobody)); n != before+1 {
			t.Errorf("%s: %d leaks found, one more than %d was planted", name, n, before)
		}
	}
}
