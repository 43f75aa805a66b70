package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestKeys makes the first key of a stopped store, and the others through the server that it guards; client commands
// send theirs.
func TestKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, root, desk := filepath.Join(dir, "store"), filepath.Join(dir, "root.key"), filepath.Join(dir, "desk.key")
	p := serve(t, store, sandbox)
	if code := p.stop(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	must := func(code int, want string, args ...string) string {
		t.Helper()
		out, errs, got := parley(t, "", args...)
		if got != code || !strings.Contains(out+errs, want) {
			t.Fatalf("parley %v: exit code %d, lacks %q\n%s%s", args, got, want, out, errs)
		}
		return out
	}
	must(2, "role", "key", "create", "root", "--data", store)
	must(2, "1 to 366", "key", "create", "root", "--role=operator", "--days=367", "--data", store)
	must(2, "no operation", "key", "create", "x", "--role=operator", "--scope=getCase", "--data", store)
	must(0, "default/root", "key", "create", "root", "--role=operator", "--data", store, "--out", root)
	if info, err := os.Stat(root); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("key file %v, %v", info, err)
	}
	must(0, "default/root", "key", "list", "--data", store)

	p = serve(t, store, sandbox)
	p.must(401, "GET", "/v1/reviewers", "", "")
	must(1, "401", "key", "list", "--to", p.url)
	secret := must(0, "default/desk", "key", "create", "desk", "--role=coordinator", "--to", p.url, "--key-file", root)
	if err := os.WriteFile(desk, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	lines := filepath.Join(dir, "lines.ndjson")
	if err := os.WriteFile(lines, []byte(`{"kind":"case","value":`+strings.Join(strings.Fields(killCase("c-1")), " ")+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	must(1, "401", "import", lines, "--to", p.url)
	must(0, "1 lines taken", "import", lines, "--to", p.url, "--key-file", desk)
	must(1, "403", "rules", "load", "embedded", "--to", p.url, "--key-file", desk)
	id, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(secret), "parley_"), "_")
	must(0, "default/desk", "key", "rotate", id, "--to", p.url, "--key-file", root)
	must(1, "too_many_keys", "key", "rotate", id, "--to", p.url, "--key-file", root)
	must(0, "revoked", "key", "revoke", id, "--to", p.url, "--key-file", root)
	must(1, "401", "import", lines, "--to", p.url, "--key-file", desk)
	must(0, "revoked 2020", "key", "list", "--to", p.url, "--key-file", root)

	if err := os.Chmod(desk, 0o644); err != nil {
		t.Fatal(err)
	}
	must(2, "chmod 600", "import", lines, "--to", p.url, "--key-file", desk)
	must(2, "https", "import", lines, "--to", "http://parley.example", "--key-file", root)
	must(1, "in use", "key", "list", "--data", store)
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	must(0, "whole", "verify", "--data", store, "--deep")
}

// TestServeTakesTokens: a server that takes tokens lets nobody in without, also before the first key.
func TestServeTakesTokens(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keys := filepath.Join(dir, "keys.json")
	const set = `{"keys":[{"kty":"EC","kid":"1","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}`
	if err := os.WriteFile(keys, []byte(set), 0o600); err != nil {
		t.Fatal(err)
	}
	p := serve(t, filepath.Join(dir, "store"), sandbox, "--jwks="+keys, "--jwt-issuer=https://login.example", "--jwt-audience=parley", "--jwt-claim=role=groups")
	p.must(401, "GET", "/v1/reviewers", "", "")
	p.must(200, "GET", "/healthz", "", "")
	p.kill()
	for _, args := range [][]string{{"--jwks=" + keys}, {"--jwks=" + dir + "/none", "--jwt-issuer=i", "--jwt-audience=a"}, {"--jwks=http://login.example/keys", "--jwt-issuer=i", "--jwt-audience=a"}} {
		_, errs, code := parley(t, "", append([]string{"serve", "--listen=127.0.0.1:0", "--min-free-mib=1", sandbox, "--data=" + filepath.Join(dir, "store")}, args...)...)
		if code == 0 || errs == "" {
			t.Errorf("%v: exit code %d", args, code)
		}
	}
}

// TestServeApart: metrics have a listener of their own, and other machines are listened to on purpose alone.
func TestServeApart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := filepath.Join(dir, "store")
	p := serve(t, store, sandbox, "--admin-listen=127.0.0.1:0")
	p.must(404, "GET", "/metrics", "", "")
	p.must(200, "GET", "/healthz", "", "")
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.stderr)
	}
	f := func(want string, args ...string) {
		t.Helper()
		_, errs, code := parley(t, "", append([]string{"serve", "--min-free-mib=1", sandbox, "--data=" + store}, args...)...)
		if code == 0 || !strings.Contains(errs, want) {
			t.Errorf("%v: exit code %d\n%s", args, code, errs)
		}
	}
	if _, errs, code := parley(t, "", "key", "create", "x", "--role=auditor", "--data="+store); code == 0 || !strings.Contains(errs, "operator") {
		t.Errorf("a first key of an auditor: exit code %d\n%s", code, errs)
	}
	f("credentials are required", "--listen=0.0.0.0:0", "--behind-proxy")
	f("credentials are required", "--listen=127.0.0.1:0", "--behind-proxy")
	f("go together", "--listen=127.0.0.1:0", "--tls-cert="+store)
	f("certificate", "--listen=127.0.0.1:0", "--tls-cert="+dir+"/none", "--tls-key="+dir+"/none")
	f("loopback", "--listen=127.0.0.1:0", "--admin-listen=0.0.0.0:0")
}
