package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/parleyhq/parley/persist"
)

var madeLine = regexp.MustCompile(`Backup (\S+) is whole: entries 1 to (\d+),`)

// TestBackupAndRestore backs a running server up, breaks its store, and restores: what was
// acknowledged before the backup is there, also under its Idempotency-Key, and what a restore to
// an earlier entry leaves out is not.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	admin := freeAddress(t)
	p := serve(t, dir+"/store", "--demo=deck", "--admin-listen="+admin, "--backup-dir="+dir+"/backups", "--check-every=10ms")
	book := booking("1004567", "rev-bryce", "2020-05-19T15:00:00-04:00")
	first := p.must(201, "POST", "/v1/appointments", "one", book)
	var ready struct {
		Sequence uint64 `json:"sequence"`
	}
	p.must(200, "GET", "/readyz", "", "").into(t, &ready)

	out, errs, code := parley(t, "", "backup", "--from=http://"+admin)
	m := madeLine.FindStringSubmatch(out)
	if code != 0 || m == nil || m[2] != fmt.Sprint(ready.Sequence) || !strings.HasPrefix(m[1], dir+"/backups/parley-") {
		t.Fatalf("backup: %d %s %s, want up to entry %d", code, out, errs, ready.Sequence)
	}
	for out = ""; !strings.Contains(out, "checked"); { // until a check has come to its end
		out, errs, code = parley(t, "", "verify", "--online", "--to=http://"+admin)
		if code != 0 && code != 1 {
			t.Fatalf("verify --online: %d %s %s", code, out, errs)
		}
	}
	if code != 0 || !strings.Contains(out, "agrees with itself") {
		t.Fatalf("verify --online: %d %s %s", code, out, errs)
	}
	p.must(200, "POST", "/v1/search/earliest", "", `{"caseIds":["1004567"],"timeZone":"US/Eastern"}`)
	if code := p.stop(); code != 0 {
		t.Fatalf("stop: %d %s", code, p.stderr)
	}
	if out, errs, code = parley(t, "", "backup", "verify", m[1]); code != 0 || madeLine.FindStringSubmatch(out) == nil {
		t.Fatalf("verify: %d %s %s", code, out, errs)
	}
	if out, errs, code = parley(t, "", "restore", m[1], "--data="+dir+"/store"); code != 1 || !strings.Contains(errs, "is there already") {
		t.Fatalf("restore onto a store: %d %s %s", code, out, errs)
	}
	if out, errs, code = parley(t, "", "restore", m[1], "--data="+dir+"/again"); code != 0 || !strings.Contains(out, "Restored") || strings.Contains(errs, "The backup ends") {
		t.Fatalf("restore: %d %s %s", code, out, errs)
	}
	p = serve(t, dir+"/again", "--sandbox-clock=2020-05-15T09:00:00-04:00")
	if again := p.must(201, "POST", "/v1/appointments", "one", book); string(again.body) != string(first.body) || again.header.Get("Idempotent-Replayed") != "true" {
		t.Fatalf("repeated after the restore %s\nwas %s", again.body, first.body)
	}
	p.stop()

	earlier := fmt.Sprint(ready.Sequence - 1)
	if out, errs, code = parley(t, "", "restore", m[1], "--data="+dir+"/none", "--to-sequence=0"); code != exitUsage {
		t.Fatalf("restored to entry 0: %d %s %s", code, out, errs)
	}
	if out, errs, code = parley(t, "", "restore", m[1], "--data="+dir+"/earlier", "--to-sequence="+earlier); code != 0 || !strings.Contains(out, "to entry "+earlier) {
		t.Fatalf("restore to %s: %d %s %s", earlier, code, out, errs)
	}
	p = serve(t, dir+"/earlier", "--sandbox-clock=2020-05-15T09:00:00-04:00")
	if a := p.must(201, "POST", "/v1/appointments", "one", book); a.header.Get("Idempotent-Replayed") != "" {
		t.Fatal("a booking that was cut off is replayed")
	}
	p.stop()

	out, errs, code = parley(t, "", "restore", "-q", m[1], "--data="+dir+"/late", "--to-time=2099-01-01T00:00:00Z")
	ends := regexp.MustCompile(`^The backup ends at entry ` + m[2] + `, of 20\S+Z: nothing later is in it\.\n`)
	if code != 0 || !ends.MatchString(errs) || !strings.Contains(out, "to entry "+m[2]+" of "+m[2]) {
		t.Fatalf("restore to an instant behind the end: %d %s %s", code, out, errs)
	}
}

// TestBackupOfStopped backs a stopped store up, and finds what is wrong with a backup.
func TestBackupOfStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := serve(t, dir+"/store", "--demo=deck")
	if out, errs, code := parley(t, "", "backup", "--data="+dir+"/store", "--to="+dir+"/backup"); code != 1 || !strings.Contains(errs, "--from") {
		t.Fatalf("in use: %d %s %s", code, out, errs)
	}
	p.stop()
	if out, errs, code := parley(t, "", "backup", "--data="+dir+"/store", "--to="+dir+"/backup"); code != 0 || madeLine.FindStringSubmatch(out) == nil {
		t.Fatalf("backup: %d %s %s", code, out, errs)
	}
	tables, err := filepath.Glob(dir + "/backup/store/pebble/*.log")
	if err != nil || len(tables) == 0 {
		t.Fatal(err, tables)
	}
	content, err := os.ReadFile(tables[0])
	if err != nil {
		t.Fatal(err)
	}
	content = append(content, 1)
	if err := os.WriteFile(tables[0], content, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"backup", "verify", dir + "/backup"}, {"restore", dir + "/backup", "--data=" + dir + "/again"}} {
		if out, errs, code := parley(t, "", args...); code != exitNotWhole || !strings.Contains(errs, filepath.Base(tables[0])) {
			t.Fatalf("%v of a damaged backup: %d %s %s", args, code, out, errs)
		}
	}
	for _, args := range [][]string{{"backup"}, {"backup", "--data=x"}, {"backup", "--from=http://127.0.0.1:1", "--to=x"}, {"restore", dir, "--data=x", "--to-time=noon"}} {
		if _, errs, code := parley(t, "", args...); code != exitUsage {
			t.Errorf("%v: %d %s", args, code, errs)
		}
	}
	if _, errs, code := parley(t, "", "backup", "verify", dir+"/store"); code != 1 || !strings.Contains(errs, "not a backup") {
		t.Errorf("verify of a store: %d %s", code, errs)
	}
}

// TestRestoreIntoMount: who wants the new store where something is mounted is told where it can go.
func TestRestoreIntoMount(t *testing.T) {
	t.Parallel()
	busy := fmt.Errorf("persist: /data: %w", &fs.PathError{Op: "remove", Path: "/data", Err: syscall.EBUSY})
	if err := wayOut(busy, "/data"); !errors.Is(err, syscall.EBUSY) || !strings.Contains(err.Error(), "--data=/data/store") {
		t.Error(err)
	}
	if err := wayOut(persist.ErrInUse, "/data"); err.Error() != persist.ErrInUse.Error() {
		t.Error(err)
	}
}
