package persist

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

// What a bare Pebble store does with damage was measured row by row (P1 to P9):
// mostly it opens without an error and has lost acknowledged records. Each row
// is a test here; the rows on I/O errors are in faults_test.go.

const (
	rowRecords    = 300
	markedRecords = rowRecords + 50
)

// freshLog is a store just created whose records all lie in one log file, as a
// power cut would leave it, with the watermark at 0 so that only Pebble's own
// log format can notice what is missing.
func freshLog(t *testing.T) image {
	fs := vfs.NewCrashableMem()
	o := quietOptions(fs)
	o.tune = bigTables
	s := mustCreate(t, o)
	zero, err := readFile(fs, fs.PathJoin(testDir, watermarkName), watermarkBytes)
	if err != nil {
		t.Fatal(err)
	}
	for range rowRecords {
		appendRecords(t, s, 1)
	}
	img := crashImage(t, fs)
	mustClose(t, s)
	if got, refusal, silent := openOutcome(t, img.mount(t)); got != rowRecords || refusal != nil || silent != nil {
		t.Fatalf("before damage: seq %d: %v %v", got, refusal, silent)
	}
	img[watermarkName] = zero
	return img
}

// markedLog is like freshLog, with the watermark at the end and several files.
func markedLog(t *testing.T) image {
	fs := vfs.NewCrashableMem()
	s := mustCreate(t, quietOptions(fs))
	for range rowRecords {
		appendRecords(t, s, 1)
	}
	if err := saveState(s, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	for range markedRecords - rowRecords {
		appendRecords(t, s, 1)
	}
	mark(t, s)
	img := crashImage(t, fs)
	mustClose(t, s)
	return img
}

// P1: with Pebble's default format a flipped bit in the middle of a log file
// ends it there, and the store opens.
// P2: so does the first log file of a new store, whatever the format.
func TestP1P2FlipInTheMiddleOfTheFirstLogFile(t *testing.T) {
	t.Parallel()
	img := freshLog(t)
	wal := img.find(t, "", ".log")
	size := len(img[wal])
	if size < 64<<10 {
		t.Fatalf("log file has %d bytes; are the records elsewhere?", size)
	}
	for at := 1000; at < 48<<10; at += 4099 {
		wantRefused(t, fmt.Sprintf("flip at %d of %d", at, size), img.with(wal, flip(at)))
	}
}

// P3: what is lost at the end of the last log file, Pebble cannot see.
func TestP3LostEndOfTheLog(t *testing.T) {
	t.Parallel()
	img := markedLog(t)
	wal := img.find(t, "", ".log")
	size := len(img[wal])
	refused := 0
	for at := 0; at < size; at += 1 + size/40 {
		if wantWholeOrRefused(t, fmt.Sprintf("flip at %d of %d", at, size), img.with(wal, flip(at)), markedRecords) {
			refused++
		}
	}
	if refused == 0 {
		t.Fatal("no flip was refused: the log file held nothing")
	}
	for to := 0; to < size; to += 1 + size/20 { // Pebble uses files again: what is behind may be old
		wantWholeOrRefused(t, fmt.Sprintf("cut to %d of %d", to, size), img.with(wal, cut(to)), markedRecords)
	}
	wantRefused(t, "cut to nothing", img.with(wal, cut(0)))
	wantRefused(t, "cut within its first record", img.with(wal, cut(100)))
	wantRefused(t, "last log file deleted", img.with(wal, remove))
}

// P4: a damaged record of the MANIFEST is read as its end.
func TestP4FlipInTheManifest(t *testing.T) {
	t.Parallel()
	img := markedLog(t)
	manifest := img.find(t, "MANIFEST", "")
	size := len(img[manifest])
	refused := 0
	for at := 0; at < size; at += 1 + size/60 {
		if wantWholeOrRefused(t, fmt.Sprintf("flip at %d of %d", at, size), img.with(manifest, flip(at)), markedRecords) {
			refused++
		}
	}
	if refused == 0 {
		t.Fatal("no flip was refused")
	}
}

// P5: without its marker file a store looks like no store at all.
func TestP5MarkerDeleted(t *testing.T) {
	t.Parallel()
	img := markedLog(t)
	wantRefused(t, "marker of the MANIFEST", img.with(img.find(t, "marker.manifest", ""), remove))
	_, refusal, _ := openOutcome(t, img.with(img.find(t, "marker.format", ""), remove).mount(t))
	if refusal == nil {
		t.Fatal("opened without the marker of the format")
	}
}

// P8: a damaged table stops the process of a bare Pebble when it is read; a
// missing one is not even marked as damage.
func TestP8DamagedTable(t *testing.T) {
	t.Parallel()
	img := markedLog(t)
	refused := map[string]int{}
	for _, path := range img.paths() {
		size := len(img[path])
		if !strings.HasSuffix(path, ".sst") || size == 0 { // empty: a compaction was about to write it
			continue
		}
		try := func(name string, change func([]byte) []byte) {
			if wantWholeOrRefused(t, fmt.Sprintf("%s of %d bytes %s", path, size, name), img.with(path, change), markedRecords) {
				refused[name]++
			}
		}
		try("deleted", remove) // no loss if a compaction has replaced it
		try("cut", cut(size/2))
		for i := range 6 {
			try(fmt.Sprintf("flipped, place %d", i), flip(i*(size-1)/5))
		}
	}
	if refused["deleted"] == 0 || refused["cut"] == 0 || len(refused) < 5 {
		t.Fatalf("refused: %v; want some of each kind", refused)
	}
}

// P8, while the store is open: the read says so instead of hanging, and the
// store takes no more writes.
func TestP8DamagedTableWhileOpen(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	o := quietOptions(fs)
	s := mustCreate(t, o)
	for range rowRecords {
		appendRecords(t, s, 1)
	}
	mustClose(t, s)
	o.tune = func(p *pebble.Options) { // the tables that are listed must be those that are read
		smallFiles(p)
		p.DisableAutomaticCompactions = true
	}
	s = mustOpen(t, o)
	appendRecords(t, s, 1)
	for _, name := range tables(t, fs) {
		b, err := fs.UnsafeGetFileDataBuffer(name)
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(b)-2000; at += 500 {
			b[at] ^= 1
		}
	}
	err := s.Read(1, func(engine.Seq, []byte) error { return nil })
	if !errors.Is(err, engine.ErrCorrupt) {
		t.Fatalf("got %v, want ErrCorrupt", err)
	}
	if err := s.Writable(); !errors.Is(err, engine.ErrReadOnly) {
		t.Fatalf("got %v, want ErrReadOnly", err)
	}
	if isClosed(s.Poisoned()) {
		t.Fatal("a damaged table has poisoned the store")
	}
	mustClose(t, s)
}

func tables(t *testing.T, fs *vfs.MemFS) []string {
	t.Helper()
	dir := fs.PathJoin(testDir, databaseName)
	names, err := fs.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range names {
		if len(name) > 4 && name[len(name)-4:] == ".sst" {
			out = append(out, fs.PathJoin(dir, name))
		}
	}
	return out
}
