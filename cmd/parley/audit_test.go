package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAudit exports and verifies the trail of a running and of a stopped store, and finds what was done to the file.
func TestAudit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	must := func(code int, want string, args ...string) (out, errs string) {
		t.Helper()
		out, errs, got := parley(t, "", args...)
		if got != code || !strings.Contains(out+errs, want) {
			t.Fatalf("parley %v: exit code %d, lacks %q\n%s%s", args, got, want, out, errs)
		}
		return out, errs
	}
	write := func(name, text string) string {
		t.Helper()
		if err := os.WriteFile(path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path(name)
	}
	store := path("store")
	p := serve(t, store, sandbox)
	if code := p.stop(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	must(0, "", "key", "create", "root", "--role=operator", "--data", store, "--out", path("root.key"))
	must(0, "", "key", "create", "eye", "--role=auditor", "--data", store, "--out", path("eye.key"))
	p = serve(t, store, sandbox)
	p.must(401, "GET", "/v1/cases/c-1", "", "")
	must(1, "403", "audit", "export", "--to", p.url, "--key-file", path("root.key"))
	_, head := must(0, `"tenant":"default"`, "audit", "export", "--to", p.url, "--key-file", path("eye.key"), "--out", path("trail"))
	must(1, "exists", "audit", "export", "--to", p.url, "--key-file", path("eye.key"), "--out", path("trail"))
	must(0, `"type":"start"`, "audit", "export", "--until=2020-05-15T12:00:00Z", "--to", p.url, "--key-file", path("eye.key"))
	must(0, `"resourceType":"AuditEvent"`, "audit", "export", "--format=fhir", "--to", p.url, "--key-file", path("eye.key"))
	later, _ := must(0, `"tenant":"default"`, "audit", "head", "--to", p.url, "--key-file", path("eye.key"))
	must(2, "--data", "audit", "head", "--to", p.url, "--key-file", path("eye.key"), "--tenant=x")
	if code := p.stop(); code != 0 {
		t.Fatalf("exit code %d", code)
	}

	kept := write("head", head)
	must(0, "is whole: tenant default", "audit", "verify", path("trail"), "--head", kept)
	must(0, "No head was given", "audit", "verify", path("trail"))
	must(3, "ends at record", "audit", "verify", path("trail"), "--head", write("later", later))
	trail, err := os.ReadFile(path("trail"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"unauthenticated", "forbidden", "create_key"} {
		if !bytes.Contains(trail, []byte(want)) {
			t.Errorf("no %s in the trail", want)
		}
	}
	lines := strings.SplitAfter(string(trail), "\n")
	must(3, "line 3", "audit", "verify", write("edited", strings.Replace(string(trail), lines[2], strings.Replace(lines[2], "T", "t", 1), 1)))
	must(3, "line 2", "audit", "verify", write("dropped", strings.Replace(string(trail), lines[1], "", 1)))
	must(3, "is not whole: it ends", "audit", "verify", write("cut", strings.Join(lines[:len(lines)-2], "")), "--head", kept)
	must(2, "line 1 is no head", "audit", "verify", path("trail"), "--head", path("trail"))
	must(2, "holds no head", "audit", "verify", path("trail"), "--head", write("none", "\n"))
	must(2, "name a file", "audit", "verify")

	must(0, "is whole", "audit", "verify", "--data", store, "--head", path("later"))
	must(0, `"n":`, "audit", "head", "--data", store)
	must(0, `"n":`, "audit", "head", "--data", store, "--tenant=default")
	must(1, "no such tenant", "audit", "head", "--data", store, "--tenant=nowhere")
	must(2, "--from", "audit", "export", "--data", store, "--from=2020-05-15T13:00:00Z")
	_, head = must(0, `"tenant":"default"`, "audit", "export", "--data", store, "--out", path("offline"))
	must(0, "is whole", "audit", "verify", path("offline"), "--head", write("offline.head", head))
	must(3, "the head that was kept", "audit", "verify", "--data", store, "--head", write("odd", otherChain(later)))
	must(0, "whole", "verify", "--data", store, "--deep")
}

// otherChain changes the chain value in a line with a head.
func otherChain(head string) string {
	at := strings.Index(head, `"chain":"`) + len(`"chain":"`)
	digit := map[bool]string{true: "1", false: "0"}[head[at] == '0']
	return head[:at] + digit + head[at+1:]
}
