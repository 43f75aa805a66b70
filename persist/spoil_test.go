package persist

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

// victim is a store that is damaged in every way, with what it was before.
type victim struct {
	name    string
	keys    *engine.DataKeys
	img     image
	old     []image // as it was earlier, oldest first
	last    engine.Seq
	journal []engine.JournalHead
}

// victimKinds are what stores are made of: each has all that a store can have, in files of its own kind.
var victimKinds = []struct {
	name   string
	format int
	tune   func(*pebble.Options)
	secret bool // encrypted
	closed bool // else as a power cut has left it
}{
	{"format 1, many small files", 1, smallBlocks, false, false},
	{"format 1, one log file", 1, bigTables, false, false},
	{"format 2, encrypted, closed", 2, smallBlocks, true, true},
}

// smallBlocks makes blocks that hold nothing but what opening does not read, as large stores have them.
func smallBlocks(o *pebble.Options) {
	smallFiles(o)
	for i := range o.Levels {
		o.Levels[i].BlockSize = 256
	}
}

const (
	victimRounds  = 3
	roundRecords  = 40
	roundJournal  = 12
	victimState   = 20_000 // bytes of a checkpoint
	cellBytes     = 64     // one bit of each is flipped
	zeroedBytes   = 512
	cutsOfAFile   = 16
	beyondNumbers = 900 // numbers of files that no store of these has
)

// newVictim makes a store of a kind.
func newVictim(t *testing.T, kind int) *victim {
	t.Helper()
	k := victimKinds[kind]
	fs := vfs.NewCrashableMem()
	o, id := quietOptions(fs), testIdentity()
	o.tune, id.Format = k.tune, k.format
	v := &victim{name: k.name}
	if k.secret {
		v.keys = ring(t, 1)
		o.Keys = v.keys
	}
	s, err := Create(testDir, o, id)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(uint64(kind), 8))
	grow := func(n int) {
		for range n {
			last, _ := s.Last()
			records := recordsAfter(last, 1+rng.IntN(2))
			if k.format > 1 {
				records = bare(records)
			}
			if err := s.Append(t.Context(), last, records); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range victimRounds {
		for i := range roundJournal {
			tenant := []string{"acme", "zenith"}[i%2]
			if _, err := s.AppendJournal(t.Context(), []engine.JournalEntry{{Tenant: tenant, Payload: payloadAt(engine.Seq(i + 1))}}); err != nil {
				t.Fatal(err)
			}
		}
		grow(roundRecords)
		if err := saveState(s, randomBytes(rng, victimState)); err != nil {
			t.Fatal(err)
		}
		grow(roundRecords / 4)
		mark(t, s)
		v.old = append(v.old, crashImage(t, fs))
	}
	v.last, _ = s.Last()
	v.journal = s.JournalHeads()
	v.img = v.old[victimRounds-1]
	mustClose(t, s)
	if k.closed {
		v.img = imageOf(t, fs)
	}
	return v
}

func randomBytes(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// outcome opens what fs holds, which is damaged, and reads all of it. found is damage that came up in reading what opening does not look at.
// A store that opens and does not hold all that it held, and does not say so either, is an error in silent.
func (v *victim) outcome(fs vfs.FS) (refusal, found, silent error) {
	o := quietOptions(fs).with(v.keys)
	o.CommitTimeout = MaxCommitTimeout // many are tried side by side
	s, err := Open(testDir, o)
	if err != nil {
		return err, nil, nil
	}
	if last, _ := s.Last(); last != v.last {
		silent = fmt.Errorf("opened to seq %d of %d", last, v.last)
	}
	if heads := s.JournalHeads(); fmt.Sprint(heads) != fmt.Sprint(v.journal) {
		silent = errors.Join(silent, fmt.Errorf("journal at %v, was at %v", heads, v.journal))
	}
	if _, r, err := s.LoadCheckpoint(); err != nil {
		silent = errors.Join(silent, err)
	} else {
		silent = errors.Join(silent, r.Close())
	}
	silent = errors.Join(silent, checkContent(s))
	for _, err := range []error{v.checkAudit(s), v.checkJournal(s)} {
		if errors.Is(err, engine.ErrCorrupt) {
			found = errors.Join(found, err)
		} else {
			silent = errors.Join(silent, err)
		}
	}
	if err := s.Close(); s.health.failing() { // the store has said so: Pebble has met the damage behind, and may not come to an end with it
		found = errors.Join(found, err)
	} else {
		silent = errors.Join(silent, err)
	}
	return nil, found, silent
}

// checkAudit reads the audit records: one for each record of the log in format 1, none later.
func (v *victim) checkAudit(s *Store) error {
	var want []engine.DerivedRecord
	if s.Identity().Format == 1 {
		for _, r := range recordsAfter(0, int(v.last)) {
			want = append(want, r.Derived...)
		}
	}
	n := 0
	err := s.Derived(engine.SpaceAudit, nil, func(key, value []byte) error {
		if n >= len(want) || !bytes.Equal(key, want[n].Key) || !bytes.Equal(value, want[n].Value) {
			return fmt.Errorf("audit record %d is %q: %q", n+1, key, value)
		}
		n++
		return nil
	})
	if err == nil && n != len(want) {
		err = fmt.Errorf("%d audit records, want %d", n, len(want))
	}
	return err
}

// checkJournal reads the access journal. Its heads, which are compared elsewhere, stand for what each record must be.
func (v *victim) checkJournal(s *Store) error {
	for _, head := range v.journal {
		read := engine.JournalHead{Tenant: head.Tenant}
		err := s.WalkJournal(head.Tenant, 1, func(h engine.JournalHead, payload []byte) error {
			if read = read.Next(payload); read != h {
				return fmt.Errorf("journal record %d of %s is another", h.N, h.Tenant)
			}
			return nil
		})
		if err == nil && read != head {
			err = fmt.Errorf("the journal of %s was read to %d of %d", head.Tenant, read.N, head.N)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// spoiling is a way to damage a victim.
type spoiling struct {
	how   string   // flipped, cut …
	what  string   // kind of file
	where string   // for messages
	paths []string // of the files that are damaged; nil if it is not about certain ones
	image func() image
}

// fileKind is what a file of a store is for.
func fileKind(path string) string {
	name := strings.TrimPrefix(path, databaseName+"/")
	switch {
	case name == path:
		return name
	case strings.HasSuffix(name, ".sst"), strings.HasSuffix(name, ".log"):
		return "*" + name[len(name)-4:]
	case strings.HasPrefix(name, "marker."):
		return strings.Join(strings.Split(name, ".")[:2], ".")
	}
	kind, _, _ := strings.Cut(name, "-")
	return kind
}

// spoilings lists them all, in the order of the paths. Which tables and log files there are, and what is in which, is up to the
// background work of Pebble: two victims of a kind may differ, so the number of a case is good for its own run alone.
func (v *victim) spoilings() (all []spoiling) {
	paths := v.img.paths()
	for i, path := range paths {
		all = append(all, v.spoilingsOf(path)...)
		for _, other := range paths[i+1:] {
			all = append(all, spoiling{"two swapped", fileKind(path), path + " and " + other, []string{path, other}, func() image {
				img := v.img.with("", remove)
				img[path], img[other] = img[other], img[path]
				return img
			}})
		}
	}
	return append(all, v.strangers()...)
}

// spoilingsOf lists what is done to one file.
func (v *victim) spoilingsOf(path string) (all []spoiling) {
	content, what := v.img[path], fileKind(path)
	size := len(content)
	add := func(how string, at int, change func([]byte) []byte) {
		all = append(all, spoiling{how, what, fmt.Sprintf("%s at %d of %d", path, at, size), []string{path}, func() image { return v.img.with(path, change) }})
	}
	for at := 0; at < size; at += cellBytes {
		add("bit flipped", at, func(b []byte) []byte { b[at] ^= 1 << (at / cellBytes % 8); return b })
	}
	for at := 0; at < size; at += zeroedBytes {
		add("zeros", at, func(b []byte) []byte { clear(b[at:min(size, at+zeroedBytes)]); return b })
	}
	for i := range min(cutsOfAFile, size) {
		add("cut", size*i/cutsOfAFile, cut(size*i/cutsOfAFile))
	}
	add("deleted", 0, remove)
	if size == 0 {
		return all
	}
	add("cut", size-1, cut(size-1))
	add("content twice", size, func(b []byte) []byte { return append(b, b...) })
	for i, old := range v.old[:victimRounds-1] {
		if before, there := old[path]; there && string(before) != string(content) {
			add("old copy", i, func([]byte) []byte { return before })
		}
	}
	return all
}

// strangers lists files that are there and do not belong there, and markers that are not.
func (v *victim) strangers() (all []spoiling) {
	add := func(how, path string, content []byte) {
		all = append(all, spoiling{how, fileKind(path), path, []string{path}, func() image {
			img := v.img.with("", remove)
			img[path] = content
			return img
		}})
	}
	name := func(n int, suffix string) string { return fmt.Sprintf("%s/%06d%s", databaseName, n, suffix) }
	for i, path := range v.img.paths() {
		switch what := fileKind(path); what {
		case "*.sst", "*.log":
			add("another copy", name(beyondNumbers+i, what[1:]), v.img[path])
		case "MANIFEST":
			add("another copy", fmt.Sprintf("%s/MANIFEST-%06d", databaseName, beyondNumbers+i), v.img[path])
			add("extra marker", fmt.Sprintf("%s/marker.manifest.000999.%s", databaseName, vfs.Default.PathBase(path)), nil)
		}
	}
	for i, old := range v.old[:victimRounds-1] {
		for _, path := range old.paths() {
			if _, there := v.img[path]; !there {
				add(fmt.Sprintf("back from round %d", i+1), path, old[path])
			}
		}
	}
	garbage := randomBytes(rand.New(rand.NewPCG(9, 9)), 300)
	for _, path := range []string{
		newIdentityName, newWatermark, newDamage, ballastName, name(1, ".log"), name(beyondNumbers, ".log"), name(beyondNumbers, ".sst"),
		databaseName + "/MANIFEST-000998", databaseName + "/marker.manifest.000998.MANIFEST-000998",
		databaseName + "/marker.format-version.000999.013", databaseName + "/marker.format-version.000999.099",
	} {
		add("extra file", path, nil)
		add("extra file", path, garbage)
	}
	all = append(all, spoiling{"deleted", "all markers", "", nil, func() image {
		img := image{}
		for path, b := range v.img {
			if !strings.HasPrefix(fileKind(path), "marker.") {
				img[path] = b
			}
		}
		return img
	}})
	return all
}
