package persist

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parleyhq/parley/engine"
)

const backupDir = "backup"

// auditOf derives what recordsAfter derives.
func auditOf(seq engine.Seq) []engine.DerivedRecord { return recordsAfter(seq-1, 1)[0].Derived }

// derivedAt is RestoreOptions.Derived for payloads of payloadAt.
func derivedAt(_ engine.Identity, payload []byte) ([]engine.DerivedRecord, error) {
	var seq engine.Seq
	if _, err := fmt.Sscanf(string(payload), "record %d ", &seq); err != nil {
		return nil, err
	}
	return auditOf(seq), nil
}

// backedUp is a store of 60 records with a checkpoint at 40, and a backup of it.
func backedUp(t *testing.T) (vfs.FS, Manifest, map[engine.Seq]engine.Hash) {
	t.Helper()
	fs, chains := vfs.NewMem(), map[engine.Seq]engine.Hash{}
	s := mustCreate(t, quietOptions(fs))
	for i := range 60 {
		appendRecords(t, s, 1)
		seq, chain := s.Last()
		chains[seq] = chain
		if i == 39 {
			if err := saveState(s, make([]byte, 2*maxChunkBytes)); err != nil {
				t.Fatal(err)
			}
		}
	}
	calls := uint64(0)
	m, err := s.Backup(backupDir, 1_700_000_000, func(done, total uint64) {
		if calls++; done > total {
			t.Errorf("%d of %d", done, total)
		}
	})
	if err != nil || m.Sequence != 60 || m.Checkpoint != 40 || m.MadeAt != 1_700_000_000 || calls != uint64(len(m.Files)) {
		t.Fatalf("%+v, %d calls: %v", m, calls, err)
	}
	mustClose(t, s)
	return fs, m, chains
}

// TestRestoreToSequence restores a backup to several entries: the chain is that of the time, what
// came later is gone with what was derived from it, and the store goes on from there.
func TestRestoreToSequence(t *testing.T) {
	t.Parallel()
	fs, m, chains := backedUp(t)
	if got, report, err := VerifyBackup(backupDir, quietOptions(fs)); err != nil || got.Seal == "" || report.Last != 60 || got.Chain != m.Chain {
		t.Fatalf("%+v: %v", got, err)
	}
	for _, seq := range []engine.Seq{1, 2, 39, 40, 41, 59, 60} {
		to := fmt.Sprint("restored-", seq)
		_, last, err := Restore(backupDir, to, quietOptions(fs), RestoreOptions{Sequence: seq, Derived: derivedAt})
		if err != nil || last != seq {
			t.Fatalf("to %d: %d, %v", seq, last, err)
		}
		report, err := Verify(to, quietOptions(fs))
		if err != nil || !report.Whole() || report.Last != seq || report.Chain != chains[seq] || report.Watermark != seq || report.Identity.StoreID == m.StoreID {
			t.Fatalf("to %d: %+v: %v", seq, report, err)
		}
		if (report.Checkpoint != nil) != (seq >= 40) {
			t.Fatalf("to %d: checkpoint %+v", seq, report.Checkpoint)
		}
		s, err := Open(to, quietOptions(fs))
		if err != nil {
			t.Fatal(err)
		}
		if err := checkContent(s); err != nil {
			t.Fatal(err)
		}
		if id := s.Identity(); id.Tenant != m.Tenant || len(id.DigestKey) != digestKeyBytes || id.DigestKey[0] != 7 {
			t.Fatalf("identity %+v", id)
		}
		appendRecords(t, s, 3)
		mustClose(t, s)
	}
	if _, _, err := Restore(backupDir, "rebuilt", quietOptions(fs), RestoreOptions{Rebuild: true}); err != nil {
		t.Fatal(err)
	}
	if report, err := Verify("rebuilt", quietOptions(fs)); err != nil || !report.Whole() || report.Last != 60 || report.Checkpoint != nil {
		t.Fatalf("rebuilt: %+v: %v", report, err)
	}
}

// TestRestoreKeep cuts at the first entry that is not to be kept.
func TestRestoreKeep(t *testing.T) {
	t.Parallel()
	fs, _, _ := backedUp(t)
	asked := 0
	keep := func(payload []byte) (bool, error) {
		asked++
		return !strings.HasPrefix(string(payload), "record 23 "), nil
	}
	if _, last, err := Restore(backupDir, "kept", quietOptions(fs), RestoreOptions{Keep: keep, Derived: derivedAt}); err != nil || last != 22 || asked != 23 {
		t.Fatalf("kept to %d, asked %d times: %v", last, asked, err)
	}
	none := func([]byte) (bool, error) { return false, nil }
	if _, _, err := Restore(backupDir, "none", quietOptions(fs), RestoreOptions{Keep: none, Derived: derivedAt}); !errors.Is(err, ErrNoSuchSeq) {
		t.Fatalf("nothing kept: %v", err)
	}
	wantAbsent(t, fs, "none", "none"+PartialSuffix)
}

func wantAbsent(t *testing.T, files vfs.FS, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if _, err := files.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("%s is there: %v", path, err)
		}
	}
}

// TestRestoredIsAnotherStore mixes files of a store and of the one that was restored from its
// backup: each mixture is refused, though both have the same entries.
func TestRestoredIsAnotherStore(t *testing.T) {
	t.Parallel()
	fs, _, _ := backedUp(t)
	if _, _, err := Restore(backupDir, "again", quietOptions(fs), RestoreOptions{}); err != nil {
		t.Fatal(err)
	}
	original := imageOf(t, fs)
	if err := fs.RemoveAll(testDir); err != nil {
		t.Fatal(err)
	}
	if err := fs.Rename("again", testDir); err != nil {
		t.Fatal(err)
	}
	restored := imageOf(t, fs)
	for _, name := range []string{identityName, watermarkName} {
		wantRefused(t, name+" of the original", restored.with(name, func([]byte) []byte { return original[name] }))
		wantRefused(t, name+" of the restored", original.with(name, func([]byte) []byte { return restored[name] }))
	}
	both := restored.with(watermarkName, func([]byte) []byte { return original[watermarkName] })
	both[identityName] = original[identityName]
	wantRefused(t, "both of the original", both)
}

// TestDamagedBackup spoils every file of a backup: it is refused by name, and a restore of it
// leaves nothing.
func TestDamagedBackup(t *testing.T) {
	t.Parallel()
	fs, m, _ := backedUp(t)
	paths := []string{backupManifestName}
	for _, f := range m.Files {
		paths = append(paths, BackupStoreName+"/"+f.Name)
	}
	for _, path := range paths {
		whole, err := readFile(fs, fs.PathJoin(backupDir, path), 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		kinds := []damage{{"deleted", remove}, {"doubled", func(b []byte) []byte { return append(b, append(b, 1)...) }}}
		if n := len(whole); n > 0 {
			kinds = append(kinds, damage{"cut", cut(n - 1)}, damage{"emptied", cut(0)}, damage{"flipped", flip(n / 2)}, damage{"flipped at the end", flip(n - 1)})
		}
		for _, d := range kinds {
			putBack(t, fs, fs.PathJoin(backupDir, path), d.change(append([]byte{}, whole...)))
			_, _, err := VerifyBackup(backupDir, quietOptions(fs))
			name := path[strings.LastIndex(path, "/")+1:]
			if !errors.Is(err, engine.ErrCorrupt) && !errors.Is(err, ErrNotBackup) || !strings.Contains(err.Error(), name) {
				t.Fatalf("%s %s: %v", path, d.name, err)
			}
			if _, _, err := Restore(backupDir, "again", quietOptions(fs), RestoreOptions{}); err == nil {
				t.Fatalf("%s %s: restored", path, d.name)
			}
			wantAbsent(t, fs, "again", "again"+PartialSuffix)
		}
		putBack(t, fs, fs.PathJoin(backupDir, path), whole)
	}
	putBack(t, fs, fs.PathJoin(backupDir, BackupStoreName, databaseName, "000777.sst"), []byte("more"))
	if _, _, err := VerifyBackup(backupDir, quietOptions(fs)); !errors.Is(err, engine.ErrCorrupt) || !strings.Contains(err.Error(), "000777.sst") {
		t.Fatalf("a file too many: %v", err)
	}
}

// putBack puts content under a name, or removes it.
func putBack(t *testing.T, files vfs.FS, path string, content []byte) {
	t.Helper()
	var err error
	if content == nil {
		err = removeFile(files, path)
	} else {
		err = writeFile(files, path, content)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestBackupUnderLoad backs a store up while records come: each backup holds what was
// acknowledged when it began, is whole, and nothing of the store is harmed.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	s := mustCreate(t, quietOptions(fs))
	stop := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for !isClosed(stop) {
			last, _ := s.Last()
			if err := s.Append(t.Context(), last, recordsAfter(last, 5)); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for i := range 5 {
		before, _ := s.Last()
		dir := fmt.Sprint("backup-", i)
		m, err := s.Backup(dir, 0, nil)
		if err != nil || m.Sequence < before {
			t.Fatalf("at %d: backup to %d: %v", before, m.Sequence, err)
		}
		if _, report, err := VerifyBackup(dir, quietOptions(fs)); err != nil || report.Last != m.Sequence {
			t.Fatalf("backup %d: %v", i, err)
		}
	}
	close(stop)
	writing.Wait()
	last, _ := s.Last()
	mustClose(t, s)
	if got, refusal, silent := openOutcome(t, fs); got != last || refusal != nil || silent != nil {
		t.Fatalf("the store itself: seq %d of %d: %v %v", got, last, refusal, silent)
	}
}

// TestBackupFails fails every operation on the target, one after the other: the live store goes on,
// is not poisoned, and no half of a backup is left under its name.
func TestBackupFails(t *testing.T) {
	t.Parallel()
	fs := newFaultFS()
	s := mustCreate(t, quietOptions(fs))
	appendRecords(t, s, 50)
	for n := int64(1); ; n++ {
		fault, to := &nth{class: errorfs.OpIsWrite, n: n, err: syscall.ENOSPC}, fmt.Sprint(backupDir, n)
		fs.set(func(op errorfs.Op) error {
			if !strings.HasPrefix(op.Path, backupDir) || op.Kind == errorfs.OpRemoveAll {
				return nil
			}
			return fault.fault(op)
		})
		_, err := s.Backup(to, 0, nil)
		fs.clear()
		if !fault.fired.Load() {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		if isClosed(s.Poisoned()) {
			t.Fatalf("operation %d on the backup has poisoned the store: %v", n, err)
		}
		if err == nil { // what failed was not needed
			_, _, err = VerifyBackup(to, quietOptions(fs))
		} else if _, there := fs.Stat(to); there == nil {
			err = fmt.Errorf("it has its name: %w", err)
		} else {
			err = nil
		}
		if err != nil {
			t.Fatalf("operation %d failed: %v", n, err)
		}
		appendRecords(t, s, 1)
	}
	mustClose(t, s)
}

// TestRestoreFails fails every operation on the new store, one after the other, and then restores
// what does not fit together: no half of a store is left under the name that was asked for.
func TestRestoreFails(t *testing.T) {
	t.Parallel()
	fs := newFaultFS()
	s := mustCreate(t, quietOptions(fs))
	appendRecords(t, s, 50)
	if _, err := s.Backup(backupDir, 0, nil); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	absent := func(what any, to string) {
		t.Helper()
		for _, name := range []string{to, to + PartialSuffix} {
			if _, err := fs.Stat(name); err == nil {
				t.Fatalf("%v: %s is there", what, name)
			}
		}
	}
	for n := int64(1); ; n++ {
		fault, to := &nth{class: errorfs.OpIsWrite, n: n, err: syscall.ENOSPC}, fmt.Sprint("restored", n)
		fs.set(func(op errorfs.Op) error {
			if !strings.HasPrefix(op.Path, "restored") || op.Kind == errorfs.OpRemoveAll {
				return nil
			}
			return fault.fault(op)
		})
		_, _, err := Restore(backupDir, to, quietOptions(fs), RestoreOptions{Sequence: 30, Derived: derivedAt})
		fs.clear()
		if err != nil {
			absent(n, to)
		} else if report, err := Verify(to, quietOptions(fs)); err != nil || !report.Whole() || report.Last != 30 {
			t.Fatalf("operation %d: %+v: %v", n, report, err)
		}
		if !fault.fired.Load() {
			break
		}
	}
	// Without Derived audit records of entries that are gone stay.
	if _, _, err := Restore(backupDir, "odd", quietOptions(fs), RestoreOptions{Sequence: 30}); !errors.Is(err, engine.ErrCorrupt) {
		t.Fatalf("restored what does not fit: %v", err)
	}
	absent("what does not fit", "odd")
}

// TestBackupTargets: nothing is ever replaced.
func TestBackupTargets(t *testing.T) {
	t.Parallel()
	mem, _, _ := backedUp(t)
	s := mustOpen(t, quietOptions(mem))
	if _, err := s.Backup(backupDir, 0, nil); !errors.Is(err, ErrTargetTaken) {
		t.Fatalf("onto a backup: %v", err)
	}
	mustClose(t, s)
	if _, _, err := Restore(backupDir, testDir, quietOptions(mem), RestoreOptions{}); !errors.Is(err, ErrTargetTaken) {
		t.Fatalf("onto a store: %v", err)
	}
	if err := mem.MkdirAll("empty", dirMode); err != nil {
		t.Fatal(err)
	}
	if _, last, err := Restore(backupDir, "empty", quietOptions(mem), RestoreOptions{}); err != nil || last != 60 {
		t.Fatalf("into an empty directory: %d, %v", last, err)
	}
	if _, _, err := Restore(backupDir, "far", quietOptions(mem), RestoreOptions{Sequence: 61}); !errors.Is(err, ErrNoSuchSeq) {
		t.Fatalf("beyond the end: %v", err)
	}
	if _, _, err := Restore(testDir, "none", quietOptions(mem), RestoreOptions{}); !errors.Is(err, ErrNotBackup) {
		t.Fatalf("of a store: %v", err)
	}
}

// TestBackupOnDisk looks at modes, and at the poison's refusal.
func TestBackupOnDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Create(filepath.Join(dir, "store"), Options{}, testIdentity())
	if err != nil {
		t.Fatal(err)
	}
	appendRecords(t, s, 20)
	to := filepath.Join(dir, "a", "backup")
	m, err := s.Backup(to, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := VerifyBackup(to, Options{}); err != nil {
		t.Fatal(err)
	}
	restored := filepath.Join(dir, "restored")
	if _, last, err := Restore(to, restored, Options{}, RestoreOptions{}); err != nil || last != 20 {
		t.Fatalf("%d, %v", last, err)
	}
	checkModes(t, to)
	checkModes(t, restored)
	if chain, err := hex.DecodeString(m.Chain); err != nil || len(chain) != hashBytes {
		t.Fatalf("chain %s", m.Chain)
	}
	s.poison("test")
	if _, err := s.Backup(to+"2", 0, nil); !errors.Is(err, engine.ErrPoisoned) {
		t.Fatalf("of a poisoned store: %v", err)
	}
	wantAbsent(t, vfs.Default, to+"2", to+"2"+PartialSuffix)
}

// TestRestoreCutsTheJournal: a record that holds fast what is not restored ends its tenant's
// journal, and no other's; without it nothing is cut.
func TestRestoreCutsTheJournal(t *testing.T) {
	t.Parallel()
	fs := journaled(t) // 4 entries; reads 0 to 2 of acme, exports 0 and 1 of zenith
	s := mustOpen(t, quietOptions(fs))
	if _, err := s.Backup(backupDir, 1_700_000_000, nil); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	sealed := func(record []byte) (engine.Seq, error) {
		return map[string]engine.Seq{"read 0": 2, "read 1": 3}[string(record)], nil
	}
	for seq, want := range map[engine.Seq]int{2: 1, 3: 3, 4: 3} {
		to := fmt.Sprint("cut-", seq)
		if _, _, err := Restore(backupDir, to, quietOptions(fs), RestoreOptions{Sequence: seq, Derived: derivedAt, SealedUpTo: sealed}); err != nil {
			t.Fatal(err)
		}
		s, err := Open(to, quietOptions(fs))
		if err != nil {
			t.Fatal(err)
		}
		count := map[string]int{}
		for _, tenant := range []string{"acme", "zenith"} {
			if err := s.WalkJournal(tenant, 1, func(engine.JournalHead, []byte) error { count[tenant]++; return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if count["acme"] != want || count["zenith"] != 2 {
			t.Errorf("to %d: %v records, want %d of acme", seq, count, want)
		}
		mustClose(t, s)
	}
}
