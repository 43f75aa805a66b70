package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestBackupsAreNotOpened: no command opens the store in a backup, which is whole afterwards; its journal is verified in a copy.
func TestBackupsAreNotOpened(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, backup := filepath.Join(dir, "data"), filepath.Join(dir, "backup")
	must := func(code int, want string, args ...string) {
		t.Helper()
		if out, errs, got := parley(t, "", args...); got != code || !strings.Contains(out+errs, want) {
			t.Fatalf("parley %v: exit code %d, lacks %q\n%s%s", args, got, want, out, errs)
		}
	}
	p := serve(t, store, sandbox)
	p.must(404, "GET", "/v1/cases/c-1", "", "")
	if code := p.stop(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	must(0, "is whole", "backup", "make", "--data", store, "--to", backup)
	for _, in := range []string{backup, filepath.Join(backup, "store")} {
		must(0, "is whole", "audit", "verify", "--data", in)
		must(0, "is whole", "backup", "verify", backup)
		for _, args := range [][]string{{"audit", "export"}, {"audit", "head"}, {"key", "list"}, {"vault", "status"}, {"verify"}, {"serve", "--listen=127.0.0.1:0"}} {
			must(2, "would change the backup", append(args, "--data", in)...)
		}
		must(2, "would change the backup", "backup", "make", "--data", in, "--to", filepath.Join(dir, "second"))
	}
	must(0, "is whole", "backup", "verify", backup)
	must(0, "Restored", "restore", backup, "--data", filepath.Join(dir, "again"))
	must(0, "is whole", "audit", "verify", "--data", filepath.Join(dir, "again"))
}
