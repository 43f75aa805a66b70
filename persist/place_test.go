package persist

import (
	"errors"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

// TestStoreOfABackupStays: opening it would make it differ from its manifest.
func TestStoreOfABackupStays(t *testing.T) {
	t.Parallel()
	fs, _, _ := backedUp(t)
	if _, err := Open(backupDir+"/"+BackupStoreName, quietOptions(fs)); !errors.Is(err, ErrNotStore) || !strings.Contains(err.Error(), "backup verify") {
		t.Fatalf("got %v, want ErrNotStore and what to do", err)
	}
	if _, _, err := VerifyBackup(backupDir, quietOptions(fs)); err != nil {
		t.Fatal(err)
	}
}

// TestDatabaseMissing takes the whole directory away: damage like that of any file in it.
func TestDatabaseMissing(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	s := mustCreate(t, quietOptions(fs))
	appendRecords(t, s, 3)
	mustClose(t, s)
	if err := fs.RemoveAll(fs.PathJoin(testDir, databaseName)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(testDir, quietOptions(fs)); !errors.Is(err, engine.ErrCorrupt) || !strings.Contains(err.Error(), databaseName) || !strings.Contains(err.Error(), restoreHint) {
		t.Fatalf("got %v, want damage of %s and what to do", err, databaseName)
	}
	wantAbsent(t, fs, fs.PathJoin(testDir, databaseName))
}
