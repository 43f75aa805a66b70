//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestOwnedBy: the directory of a store is its owner's, whoever else may write there.
func TestOwnedBy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	self := os.Geteuid()
	wantOwned := func(dir string, as int, owned bool) {
		t.Helper()
		err := ownedBy(dir, as)
		var f *failure
		if owned != (err == nil) || !owned && (!errors.As(err, &f) || f.code != exitUsage) {
			t.Errorf("the user %d in %s: %v", as, dir, err)
		}
	}
	wantOwned(filepath.Join(dir, "missing"), self+1, true)
	wantOwned(dir, self, true)
	wantOwned(dir, self+1, self == 0) // a volume's root may be root's
	if err := os.WriteFile(filepath.Join(dir, storeIdentity), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wantOwned(dir, self, true)
	wantOwned(dir, self+1, false)
	for owner, how := range map[int]string{0: "e.g. runuser -u root -- parley", 1 << 30: "e.g. setpriv --reuid=1073741824 --clear-groups -- parley"} {
		if got := anotherOwner(dir, owner, 17).Error(); !strings.Contains(got, how) {
			t.Errorf("%q does not say %q", got, how)
		}
	}
}

// nobody is a user that is not root.
const nobody = 65534

// walked returns a directory and all that is in it.
func walked(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		paths = append(paths, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// given gives a directory and all that is in it to nobody.
func given(t *testing.T, dir string) []string {
	t.Helper()
	paths := walked(t, dir)
	for _, path := range paths {
		if err := os.Lchown(path, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

// TestStoresOfOthers: no command opens, and no server serves, a store that belongs to another user, nor leaves anything there. Only root can make such a one.
func TestStoresOfOthers(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		return
	}
	dir := t.TempDir()
	store, empty, backup := filepath.Join(dir, "data"), filepath.Join(dir, "empty"), filepath.Join(dir, "backup")
	must := func(code int, want string, args ...string) {
		t.Helper()
		if out, errs, got := parley(t, "", args...); got != code || !strings.Contains(out+errs, want) {
			t.Fatalf("parley %v: exit code %d, lacks %q\n%s%s", args, got, want, out, errs)
		}
	}
	if code := serve(t, store, sandbox).stop(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	must(0, "is whole", "backup", "make", "--data", store, "--to", backup)
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	before := map[string][]string{store: given(t, store), empty: given(t, empty)}
	const refused = "belongs to the user 65534, and this program runs as the user 0"
	for _, args := range [][]string{
		{"serve", "--listen=127.0.0.1:0"}, {"verify"}, {"key", "list"}, {"key", "create", "root", "--role=operator"}, {"audit", "export"}, {"audit", "head"}, {"audit", "verify"},
		{"vault", "status"}, {"rules", "show"}, {"backup", "make", "--to", filepath.Join(dir, "second")}, {"restore", backup},
	} {
		for in := range before {
			must(2, refused, append(args, "--data", in)...)
		}
	}
	for in, paths := range before {
		for _, path := range walked(t, in) {
			info, err := os.Lstat(path)
			if err != nil {
				t.Fatal(err)
			}
			if file, ok := info.Sys().(*syscall.Stat_t); !ok || file.Uid != nobody || !slices.Contains(paths, path) {
				t.Errorf("%s was left to the owner: %v", path, file)
			}
		}
	}
	if err := os.Chown(store, 0, 0); err != nil { // as the root of a volume: the store in it still has an owner
		t.Fatal(err)
	}
	must(2, refused, "verify", "--data", store)
	must(0, "Restored", "restore", backup, "--data", filepath.Join(dir, "new"))
	must(0, "is whole", "verify", "--data", filepath.Join(dir, "new"))
}
