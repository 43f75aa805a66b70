package persist

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

func TestIdentityIsKept(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	id := NewIdentity("acme.test-1", true, 1_700_000_000)
	s, err := Create(testDir, quietOptions(fs), id)
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	s = mustOpen(t, quietOptions(fs))
	got := s.Identity()
	if got.StoreID != id.StoreID || got.Tenant != "acme.test-1" || !got.Sandbox || got.CreatedAt != 1_700_000_000 ||
		got.Format != FormatVersion || !bytes.Equal(got.DigestKey, id.DigestKey) {
		t.Fatalf("got %+v, want %+v", got, id)
	}
	if other := NewIdentity("acme", false, 0); other.StoreID == id.StoreID || bytes.Equal(other.DigestKey, id.DigestKey) {
		t.Fatal("two identities are alike")
	}
	mustClose(t, s)
}

func TestDirectoriesRefused(t *testing.T) {
	t.Parallel()
	f := func(name string, files image, open, create error) {
		t.Helper()
		fs := vfs.NewMem()
		if files != nil {
			if err := fs.MkdirAll(testDir, dirMode); err != nil {
				t.Fatal(err)
			}
		}
		for path, content := range files {
			if err := writeFile(fs, fs.PathJoin(testDir, path), content); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Open(testDir, quietOptions(fs)); !errors.Is(err, open) {
			t.Fatalf("%s: Open: got %v, want %v", name, err, open)
		}
		s, err := Create(testDir, quietOptions(fs), testIdentity())
		if !errors.Is(err, create) {
			t.Fatalf("%s: Create: got %v, want %v", name, err, create)
		}
		if err == nil {
			mustClose(t, s)
		}
	}
	some := []byte("x")
	f("missing", nil, ErrNoStore, nil)
	f("empty", image{}, ErrNoStore, nil)
	f("lock file alone", image{lockName: {}}, ErrNoStore, nil)
	f("creation interrupted", image{newIdentityName: some}, ErrInterrupted, nil)
	f("foreign file", image{"notes.txt": some}, ErrNotStore, ErrExists)
	f("foreign file beside", image{newIdentityName: some, "notes.txt": some}, ErrNotStore, ErrExists)
	f("identity lost", image{watermarkName: some}, engine.ErrCorrupt, ErrExists)
	f("a bare database", image{"MANIFEST-000001": some}, ErrNotStore, ErrExists)
	f("a store", image{identityName: some}, engine.ErrCorrupt, ErrExists)
	f("newer format", image{identityName: []byte(identityTitle + "4\n{}\n")}, ErrNewerFormat, ErrExists)
}

func TestInUse(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "store")
	s, err := Create(dir, Options{}, testIdentity())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrInUse) {
		t.Fatalf("opened twice: got %v, want ErrInUse", err)
	}
	if _, err := Verify(dir, Options{}); !errors.Is(err, ErrInUse) {
		t.Fatalf("verified while open: got %v, want ErrInUse", err)
	}
	if out, err := otherProcess(t, dir); err == nil || !strings.Contains(out, ErrInUse.Error()) {
		t.Fatalf("another process: %v, want ErrInUse:\n%s", err, out)
	}
	for _, name := range []string{lockName, filepath.Join(databaseName, lockName)} { // they look stale
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := otherProcess(t, dir); err == nil || !strings.Contains(out, ErrInUse.Error()) {
		t.Fatalf("another process, after the lock files were deleted: %v, want ErrInUse:\n%s", err, out)
	}
	mustClose(t, s)
	if out, err := otherProcess(t, dir); err != nil {
		t.Fatalf("another process, after Close: %v:\n%s", err, out)
	}
}

const otherProcessDir = "PERSIST_TEST_OPEN_DIR"

// otherProcess opens dir in a process of its own, which is this test program
// running TestOtherProcess alone.
func otherProcess(t *testing.T, dir string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestOtherProcess$")
	cmd.Env = append(os.Environ(), otherProcessDir+"="+dir)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestOtherProcess is the other process of TestInUse; in a plain run there is
// nothing for it to open, and it checks just that.
func TestOtherProcess(t *testing.T) {
	dir := os.Getenv(otherProcessDir)
	if dir == "" {
		if _, err := Open(filepath.Join(t.TempDir(), "none"), Options{}); !errors.Is(err, ErrNoStore) {
			t.Fatalf("got %v, want ErrNoStore", err)
		}
		return
	}
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
}

func TestOptions(t *testing.T) {
	t.Parallel()
	o, err := Options{}.withDefaults()
	if err != nil || o.CacheBytes != DefaultCacheBytes || o.MinFreeBytes != DefaultMinFreeBytes ||
		o.CommitTimeout != DefaultCommitTimeout || o.WatermarkInterval != DefaultWatermarkInterval {
		t.Fatalf("got %+v: %v", o, err)
	}
	_, err = Options{CacheBytes: -1, CommitTimeout: -1, WatermarkInterval: time.Hour}.withDefaults()
	for _, want := range []string{"CacheBytes", "CommitTimeout", "WatermarkInterval"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Fatalf("got %v, which does not name %s", err, want)
		}
	}
	if _, err := Open(testDir, Options{CacheBytes: -1, FS: vfs.NewMem()}); err == nil {
		t.Fatal("opened with bad options")
	}
	bad := testIdentity()
	bad.Tenant, bad.StoreID, bad.DigestKey, bad.CreatedAt, bad.Format = "a/b", "xyz", nil, -1, 9
	if _, err := Create(testDir, quietOptions(vfs.NewMem()), bad); err == nil || strings.Count(err.Error(), "\n") != 4 {
		t.Fatalf("got %v, want five complaints", err)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	s := mustCreate(t, quietOptions(vfs.NewMem()))
	for range 200 {
		appendRecords(t, s, 1)
	}
	if err := saveState(s, []byte("state")); err != nil {
		t.Fatal(err)
	}
	f := func(m Metrics) {
		t.Helper()
		if m.DiskBytes < 40_000 || m.WALBytes < 1 || m.FreeBytes != -1 || m.LastCommitSeconds <= 0 || m.Last != 200 || m.Checkpoint != 200 {
			t.Fatalf("got %+v", m)
		}
	}
	f(s.Metrics())
	mustClose(t, s)
	f(s.Metrics())
}

// TestMessagesHoldNoContent writes recognisable keys and payloads, meets
// damage, and looks for them in all that was said about it.
func TestMessagesHoldNoContent(t *testing.T) {
	t.Parallel()
	const secret = "CANARY"
	var said bytes.Buffer
	fs := vfs.NewMem()
	o := quietOptions(fs)
	o.Logger = slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s := mustCreate(t, o)
	for seq := engine.Seq(1); seq <= 300; seq++ {
		d := engine.DerivedRecord{Space: engine.SpaceAudit, Key: []byte(secret + string(payloadAt(seq)[:20])), Value: []byte(secret)}
		r := engine.Record{Payload: append([]byte(secret), payloadAt(seq)...), Derived: []engine.DerivedRecord{d}}
		if err := s.Append(t.Context(), seq-1, []engine.Record{r}); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, s)
	img := imageOf(t, fs)
	for _, path := range img.paths() {
		o.FS = img.with(path, cut(len(img[path])/2)).mount(t)
		s, err := Open(testDir, o)
		if err == nil {
			err = s.Close()
		}
		r, err2 := Verify(testDir, o)
		if text := errors.Join(err, err2); text != nil && strings.Contains(text.Error(), secret) {
			t.Fatalf("an error holds content: %v", text)
		}
		for _, finding := range r.Findings {
			if strings.Contains(finding.Detail, secret) {
				t.Fatalf("a finding holds content: %s", finding.Detail)
			}
		}
	}
	if strings.Contains(said.String(), secret) {
		t.Fatal("a message holds content")
	}
	if !strings.Contains(said.String(), "pebble") {
		t.Fatal("Pebble said nothing: is the logger in use?")
	}
}
