package persist

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestRemovePartial leaves a backup alone that is being made, and removes what was cut short.
func TestRemovePartial(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	s := mustCreate(t, quietOptions(fs))
	appendRecords(t, s, 30)
	asked := 0
	_, err := s.Backup(backupDir, 0, func(_, _ uint64) {
		asked++
		if err := RemovePartial(backupDir+PartialSuffix, quietOptions(fs)); !errors.Is(err, ErrInUse) {
			t.Errorf("while it is made: %v, want ErrInUse", err)
		}
	})
	if err != nil || asked == 0 {
		t.Fatalf("asked %d times: %v", asked, err)
	}
	if _, _, err := VerifyBackup(backupDir, quietOptions(fs)); err != nil {
		t.Fatal(err)
	}
	wantAbsent(t, fs, backupDir+PartialSuffix, backupDir+"/"+lockName)
	mustClose(t, s)
	cutShort := "cut" + PartialSuffix
	if err := errors.Join(fs.MkdirAll(cutShort, dirMode), writeFile(fs, fs.PathJoin(cutShort, "file"), nil)); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing
		if err := RemovePartial(cutShort, quietOptions(fs)); err != nil {
			t.Fatal(err)
		}
		wantAbsent(t, fs, cutShort)
	}
}

// TestPartialIsNoStore looks at what a restore, and a backup, has made before it gives that its name, as one that is killed would leave it:
// nothing opens it, and the restore itself and the backup come to their ends.
func TestPartialIsNoStore(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	s := mustCreate(t, quietOptions(fs))
	appendRecords(t, s, 30)
	asked := 0
	look := func(left vfs.FS, dir string) {
		asked++
		if _, err := Verify(dir, quietOptions(left)); !errors.Is(err, ErrNotStore) {
			t.Errorf("%s verified: %v", dir, err)
		}
		if _, err := Open(dir, quietOptions(left)); !errors.Is(err, ErrNotStore) {
			t.Errorf("%s opened: %v", dir, err)
		}
		if _, err := Create(dir, quietOptions(left), testIdentity()); !errors.Is(err, ErrNotStore) {
			t.Errorf("%s created: %v", dir, err)
		}
	}
	killed := func() vfs.FS {
		return fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
	}
	_, err := s.Backup(backupDir, 0, func(_, _ uint64) { look(killed(), fs.PathJoin(backupDir+PartialSuffix, BackupStoreName)) })
	if err != nil || asked == 0 {
		t.Fatalf("asked %d times: %v", asked, err)
	}
	mustClose(t, s)
	asked = 0
	_, last, err := Restore(backupDir, "again", quietOptions(fs), RestoreOptions{
		Sequence: 10, Derived: derivedAt,
		Keep: func([]byte) (bool, error) {
			if asked == 0 { // all was copied
				look(killed(), "again"+PartialSuffix)
			}
			return true, nil
		},
	})
	if err != nil || last != 10 || asked == 0 {
		t.Fatalf("asked %d times, to %d: %v", asked, last, err)
	}
	if report, err := Verify("again", quietOptions(fs)); err != nil || !report.Whole() {
		t.Fatal(err)
	}
	if _, _, err := Restore(backupDir, "new"+PartialSuffix, quietOptions(fs), RestoreOptions{}); err == nil {
		t.Fatal("restored under a name that nothing opens")
	}
}
