package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestPartialBackups starts a server on a directory that others use, too: of what has the name of a backup, it removes what nobody makes.
func TestPartialBackups(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "[ab]ckups") // a pattern of file names, were it read as one
	const cut, made, own = "parley-20260101T000000.000Z.partial", "parley-20260102T000000.000Z.partial", "parley-mine.partial"
	for _, name := range []string{cut, made, own} {
		if err := os.MkdirAll(filepath.Join(dir, name, "store"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	lock, err := os.Create(filepath.Join(dir, made, "LOCK"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.FcntlFlock(lock.Fd(), syscall.F_SETLK, &syscall.Flock_t{Type: syscall.F_WRLCK}); err != nil {
		t.Fatal(err)
	}
	p := serve(t, t.TempDir()+"/store", "--admin-listen="+freeAddress(t), "--backup-dir="+dir)
	p.stop()
	for name, want := range map[string]bool{cut: false, made: true, own: true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s: %v, want it there: %t", name, err, want)
		}
	}
}

// TestRestoreThroughLink restores to an empty directory behind a symbolic link: the link stays.
func TestRestoreThroughLink(t *testing.T) {
	t.Parallel()
	dir, backup := t.TempDir(), t.TempDir()+"/backup"
	if out, errs, code := parley(t, "", "backup", "--data="+unpacked(t, 1), "--to="+backup); code != 0 {
		t.Fatalf("backup: %d %s %s", code, out, errs)
	}
	if err := os.Mkdir(dir+"/disk", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir+"/disk", dir+"/data"); err != nil {
		t.Fatal(err)
	}
	if out, errs, code := parley(t, "", "restore", backup, "--data="+dir+"/data"); code != 0 {
		t.Fatalf("restore: %d %s %s", code, out, errs)
	}
	if link, err := os.Readlink(dir + "/data"); err != nil || link != dir+"/disk" {
		t.Fatalf("%q, %v: the link is gone", link, err)
	}
	if _, err := os.Stat(dir + "/disk/IDENTITY"); err != nil {
		t.Fatal(err)
	}
}
