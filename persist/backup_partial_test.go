package persist

import (
	"errors"
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
