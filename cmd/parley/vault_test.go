package main

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parleyhq/parley/engine"
)

func writeFileMode(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
	return name
}

var (
	secretHex = strings.Repeat("0a", 32)
	secretB64 = "CwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCws="
)

func TestDataKeyFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := func(want, text string, mode os.FileMode) {
		t.Helper()
		name := writeFileMode(t, filepath.Join(dir, "keys"), text, mode)
		ring, err := (&dataKeyFlags{DataKeys: name}).ring(t.Context())
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Fatalf("%q, %o: got %v, want %q", text, mode, err, want)
		}
		if err != nil && (strings.Contains(err.Error(), "0a0a") || strings.Contains(err.Error(), "CwsL")) {
			t.Fatalf("the error tells a secret: %v", err)
		}
		if err == nil && ring.Active() != 1 {
			t.Fatalf("active is %d", ring.Active())
		}
	}
	good := "# two keys\n\n1 " + secretHex + " active\n2 " + secretB64 + " next\n"
	f("", good, 0o600)
	f("", good, 0o400)
	f("may be read by others", good, 0o640)
	f("may be read by others", good, 0o604)
	f("may be read by others", good, 0o620)
	f("no data key is active", "", 0o600)
	f("line 1 does not consist", "1 "+secretHex, 0o600)
	f("line 1 does not consist", "1 "+secretHex+" active now", 0o600)
	f("the id is not a number", "01 "+secretHex+" active", 0o600)
	f("the id is not a number", "-1 "+secretHex+" active", 0o600)
	f("the id is not a number", "4294967296 "+secretHex+" active", 0o600)
	f("the secret is not 32 bytes", "1 "+secretHex[2:]+" active", 0o600)
	f("the secret is not 32 bytes", "1 "+secretB64[4:]+" active", 0o600)
	f("the secret is not 32 bytes", "1 "+strings.Replace(secretB64, "s=", "t=", 1)+" active", 0o600) // stray bits
	f("all zeros", "1 "+strings.Repeat("00", 32)+" active", 0o600)
	f("neither next nor active nor old", "1 "+secretHex+" seal", 0o600)
	f("larger than", strings.Repeat("#", maxDataKeysBytes+1), 0o600)
	if _, err := (&dataKeyFlags{DataKeys: dir}).ring(t.Context()); err == nil {
		t.Fatal("took a directory")
	}
	keys, err := parseDataKeys([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := parseDataKeys(formatDataKeys(keys)); err != nil || len(again) != 2 || again[1] != keys[1] || again[0] != keys[0] {
		t.Fatal(again, err)
	}
}

// TestDataKeyCommands: no shell, hardly any environment, bounds of time and size, and
// nothing of what the program writes is told.
func TestDataKeyCommands(t *testing.T) {
	t.Setenv("PARLEY_TEST_LEFTOVER", secretHex)
	dir := t.TempDir()
	f := func(want, script string) {
		t.Helper()
		name := writeFileMode(t, filepath.Join(dir, "program"), "#!/bin/sh\n"+script+"\n", 0o700)
		began := time.Now()
		ring, err := (&dataKeyFlags{DataKeysCommand: name + " $HOME ;false"}).ring(t.Context())
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Fatalf("%s: got %v, want %q", script, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "0a0a") {
			t.Fatalf("the error tells a secret: %v", err)
		}
		if err == nil && ring.Active() != 3 || time.Since(began) > dataKeysTimeout+startLimit {
			t.Fatal(ring.Active(), time.Since(began))
		}
	}
	printed := "echo 3 " + secretHex + " active"
	f("", printed)
	f("", `[ "$1" = '$HOME' ] && [ "$2" = ';false' ] && `+printed) // arguments as they are written
	f("", `[ -z "$PARLEY_TEST_LEFTOVER" ] && `+printed)
	f("exit status 7", "echo "+secretHex+" >&2; exit 7")
	f("does not consist", "echo "+secretHex)
	f("prints more than", "yes "+secretHex)
	if _, err := (&dataKeyFlags{DataKeysCommand: "sh -c x"}).ring(t.Context()); err == nil || !strings.Contains(err.Error(), "whole path") {
		t.Fatal(err)
	}
}

// TestVaultKeyCommands makes, adds and rotates keys.
func TestVaultKeyCommands(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "keys")
	run := func(code int, args ...string) string {
		t.Helper()
		out, errs, got := parley(t, "", args...)
		if got != code {
			t.Fatalf("%v: exit code %d\n%s%s", args, got, out, errs)
		}
		return out + errs
	}
	states := func() (s string) {
		t.Helper()
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatal(info.Mode(), err)
		}
		keys, err := readKeysOf(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			s += string(k.State) + " "
		}
		return s
	}
	run(exitUsage, "vault", "rotate", name)
	run(0, "vault", "new-key", name)
	run(exitUsage, "vault", "rotate", name)
	run(0, "vault", "new-key", name)
	run(0, "vault", "new-key", name)
	if got := states(); got != "active next next " {
		t.Fatal(got)
	}
	if out := run(0, "vault", "rotate", name); !strings.Contains(out, "Data key 3 is active") || states() != "old next active " {
		t.Fatal(out, states())
	}
	if err := os.Chmod(name, 0o644); err != nil {
		t.Fatal(err)
	}
	run(exitUsage, "vault", "new-key", name)
}

// TestLeftKeyFiles: what a killed command has left beside a file of keys goes with the next write, and nothing else does.
func TestLeftKeyFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "keys")
	stays := []string{".datakeys-", ".datakeys-12x", ".datakeys-12.bak", "datakeys-12", "keys.datakeys-12", ".datakeys--12"}
	for _, left := range append([]string{".datakeys-12", ".datakeys-4294967295"}, stays...) {
		if err := os.WriteFile(filepath.Join(dir, left), []byte("1 active secret\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Mkdir(filepath.Join(dir, ".datakeys-7"), 0o700), os.Symlink("keys", filepath.Join(dir, ".datakeys-8"))); err != nil {
		t.Fatal(err)
	}
	if out, errs, code := parley(t, "", "vault", "rotate", name); code != exitUsage { // which writes nothing
		t.Fatalf("%d %s %s", code, out, errs)
	}
	if err := removeLeftKeys(dir, []int{os.Geteuid() + 1}); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{".datakeys-12", ".datakeys-4294967295"} {
		if _, err := os.Stat(filepath.Join(dir, left)); err != nil {
			t.Errorf("another owner's: %v", err)
		}
	}
	want := append([]string{"keys", ".datakeys-7", ".datakeys-8"}, stays...)
	slices.Sort(want)
	for range 2 {
		if out, errs, code := parley(t, "", "vault", "new-key", name); code != 0 {
			t.Fatalf("%d %s %s", code, out, errs)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, e.Name())
		}
		if !slices.Equal(got, want) {
			t.Errorf("there are %q, want %q", got, want)
		}
	}
}

const personName = "Marianne Winterperson"

func reviewerNamed(id, name string) string {
	return `{"id":"` + id + `","name":"` + name + `","credential":"MD","npi":"1234567893","specialties":["207XS0117X"],
		"licenses":[{"state":"TX","type":"full","status":"active","from":"2019-01-01","to":"2099-12-31"}],"programs":["msk-spine-surgery"],
		"populations":["adult"],"healthPlans":[],"modalities":[],"timeZone":"America/New_York","weeklyHours":[],"exceptions":[],"blocks":[],
		"bufferBeforeMinutes":0,"bufferAfterMinutes":0,"maxPerDay":0,"active":true}`
}

// TestEncryptedStore lives through the life of a key: a clear store gets keys, its parts are
// sealed again, a second key takes over, the first one is destroyed.
func TestEncryptedStore(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	dir, keys := filepath.Join(base, "store"), filepath.Join(base, "keys")
	vault := func(code int, args ...string) string {
		t.Helper()
		out, errs, got := parley(t, "", append([]string{"vault"}, args...)...)
		if got != code {
			t.Fatalf("%v: exit code %d\n%s%s", args, got, out, errs)
		}
		return out
	}
	name := func(p *program, id string) string {
		t.Helper()
		var r struct {
			Name    string `json:"name"`
			Version int    `json:"version"`
		}
		p.must(http.StatusOK, "GET", "/v1/reviewers/"+id, "", "").into(t, &r)
		if r.Version != 1 {
			t.Fatalf("%s is of version %d", id, r.Version)
		}
		return r.Name
	}
	p := serve(t, dir)
	p.must(http.StatusCreated, "PUT", "/v1/reviewers/r-1", "", reviewerNamed("r-1", personName))
	p.stop()
	if out := vault(0, "status", "--data", dir); !strings.Contains(out, "no key     clear            1 parts") {
		t.Fatal(out)
	}
	vault(0, "new-key", keys)
	p = serve(t, dir, "--data-keys="+keys)
	p.must(http.StatusCreated, "PUT", "/v1/reviewers/r-2", "", reviewerNamed("r-2", personName))
	p.must(http.StatusOK, "PUT", "/v1/reviewers/r-1", "", reviewerNamed("r-1", personName)) // changes nothing
	p.must(http.StatusOK, "PUT", "/v1/reviewers/r-2", "", reviewerNamed("r-2", personName)) // nor does this
	if out := vault(0, "status", "--to", p.url); !strings.Contains(out, "clear            1 parts") || !strings.Contains(out, "active           1 parts") {
		t.Fatal(out)
	}
	vault(0, "reseal", "--to", p.url)
	if out := vault(0, "status", "--to", p.url); strings.Contains(out, "clear") || !strings.Contains(out, "key 1      active           3 parts") { // with what is remembered of the last step
		t.Fatal(out)
	}
	if out := vault(0, "status", "--to", p.url); strings.Contains(out, "missing") {
		t.Fatal(out)
	}
	if a, b := name(p, "r-1"), name(p, "r-2"); a != personName || b != personName {
		t.Fatal(a, b)
	}
	vault(0, "new-key", keys)
	vault(0, "rotate", keys)
	p.stop()
	vault(0, "reseal", "--data", dir, "--data-keys", keys)
	ring, err := readKeysOf(keys)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeKeysTo(keys, ring[1:]); err != nil { // key 1 is destroyed
		t.Fatal(err)
	}
	if out, errs, code := parley(t, "", "verify", "--deep", "--data", dir, "--data-keys", keys); code != 0 || !strings.Contains(out, " 0 would be decided otherwise") {
		t.Fatalf("verify: %d\n%s%s", code, out, errs)
	}
	p = serve(t, dir, "--data-keys="+keys)
	if got := name(p, "r-1"); got != personName {
		t.Fatal(got)
	}
	p.stop()
	withoutKeys(t, dir, keys)
}

// withoutKeys serves an encrypted store without its key: nothing personal comes or goes.
func withoutKeys(t *testing.T, dir, keys string) {
	t.Helper()
	identity, err := os.ReadFile(filepath.Join(dir, "IDENTITY"))
	if err != nil || bytes.Contains(identity, []byte("digestKey")) {
		t.Fatalf("identity file: %s, %v", identity, err)
	}
	p := serve(t, dir)
	code := func(a answer) string {
		var problem struct {
			Code string `json:"code"`
		}
		a.into(t, &problem)
		return problem.Code
	}
	ready := p.must(http.StatusServiceUnavailable, "GET", "/readyz", "", "")
	if code(ready) != "data_key_missing" || !strings.Contains(string(ready.body), `"missingDataKeys":[2]`) {
		t.Fatalf("%s", ready.body)
	}
	for _, a := range []answer{
		p.must(http.StatusServiceUnavailable, "GET", "/v1/reviewers/r-1", "", ""),
		p.must(http.StatusServiceUnavailable, "PUT", "/v1/reviewers/r-3", "", reviewerNamed("r-3", personName)),
		p.must(http.StatusServiceUnavailable, "POST", "/v1/cases/lookup", "", `{}`),
	} {
		if code(a) != "data_key_missing" {
			t.Fatalf("%s", a.body)
		}
	}
	p.must(http.StatusOK, "GET", "/healthz", "", "")
	p.must(http.StatusOK, "GET", "/v1/rules", "", "")
	if text := string(p.must(http.StatusOK, "GET", "/metrics", "", "").body); !strings.Contains(text, "\nparley_vault_missing_keys 1\n") {
		t.Fatal("the metrics do not say that a key is missing")
	}
	p.stop()
	out, _, exit := parley(t, "", "verify", "--data", dir)
	if exit != 0 || !strings.Contains(out, "3 parts need data key 2, which is not there") {
		t.Fatalf("verify without keys: %d\n%s", exit, out)
	}
	other := writeFileMode(t, keys+"-other", string(formatDataKeys([]engine.DataKey{{ID: 9, Secret: [32]byte{1}, State: engine.DataKeyActive}})), 0o600)
	if out, _, exit = parley(t, "", "verify", "--data", dir, "--data-keys", other); exit != exitNotWhole || !strings.Contains(out, "data key 2") {
		t.Fatalf("verify with another key: %d\n%s", exit, out)
	}
	wrong := writeFileMode(t, keys+"-wrong", string(formatDataKeys([]engine.DataKey{{ID: 2, Secret: [32]byte{1}, State: engine.DataKeyActive}})), 0o600)
	if _, errs, exit := parley(t, "", "serve", "--listen=127.0.0.1:0", "--data", dir, "--data-keys", wrong); exit != exitFailed || !strings.Contains(errs, "data key 2 is not the one") {
		t.Fatalf("served with a wrong key: %d\n%s", exit, errs)
	}
}
