package persist

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parleyhq/parley/engine"
)

// ring is a ring of data keys, the first one active.
func ring(t testing.TB, ids ...uint32) *engine.DataKeys {
	t.Helper()
	keys := make([]engine.DataKey, len(ids))
	for i, id := range ids {
		keys[i] = engine.DataKey{ID: id, Secret: [32]byte{byte(id), 5}, State: engine.DataKeyOld}
	}
	keys[0].State = engine.DataKeyActive
	r, err := engine.NewDataKeys(keys)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (o Options) with(keys *engine.DataKeys) Options {
	o.Keys = keys
	return o
}

func storedIdentity(t testing.TB, fs vfs.FS) []byte {
	t.Helper()
	text, err := readFile(fs, fs.PathJoin(testDir, identityName), maxIdentityBytes)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// goldenWrapped is a whole identity file of an encrypted store; it stays readable for ever.
const goldenWrapped = "parley store, format 3\n" +
	`{"storeId":"00112233445566778899aabbccddeeff","tenant":"acme","sandbox":false,"format":1,` +
	`"wrapped":{"keyId":1,"nonce":"ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3","bytes":"PqQRz60dtsD3eOdi9aFeleJBFy6e9eFcF0BDkK7FuVOhaOpCl5EgsO2OMJ/B/2nh"},` +
	`"boundAs":"fac7e0f325e2d704e58c347b43852727aa36fe4ed91a127aaba28f2fa76d9b9b","createdAt":1600000000}` + "\ncrc32c 998e0790\n"

func TestGoldenWrapped(t *testing.T) {
	t.Parallel()
	w, err := decodeWrapped([]byte(goldenWrapped))
	if err != nil || !isWrapped([]byte(goldenWrapped)) {
		t.Fatal(err)
	}
	id, err := w.unwrap(ring(t, 1))
	if want := testIdentity(); err != nil || id.WrappedBy != 1 || !bytes.Equal(id.DigestKey, want.DigestKey) || id.Tenant != want.Tenant {
		t.Fatal(id, err)
	}
	bare, err := encodeIdentity(testIdentity())
	if err != nil || w.bound != identityDigest(bare) {
		t.Fatalf("bound as %x, %v", w.bound, err)
	}
}

// TestEncryptedStores: one that is made with keys, and one that is encrypted later, of both
// formats. Without the key it opens, without its digest key; the log does not change.
func TestEncryptedStores(t *testing.T) {
	t.Parallel()
	for _, format := range []int{1, 2} {
		for _, from := range []*engine.DataKeys{nil, ring(t, 1)} {
			fs, id := vfs.NewMem(), testIdentity()
			id.Format = format
			s, err := Create(testDir, quietOptions(fs).with(from), id)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Append(t.Context(), 0, []engine.Record{{Payload: []byte("one")}}); err != nil {
				t.Fatal(err)
			}
			if err := s.Protect(ring(t, 1)); err != nil {
				t.Fatal(err)
			}
			if got := s.Identity(); got.WrappedBy != 1 || !bytes.Equal(got.DigestKey, id.DigestKey) || got.Format != format {
				t.Fatalf("got %+v", got)
			}
			mustClose(t, s)
			if text := storedIdentity(t, fs); bytes.Contains(text, []byte("BwcHBwc")) || !isWrapped(text) {
				t.Fatalf("identity file is\n%s", text)
			}
			for _, keys := range []*engine.DataKeys{nil, ring(t, 2), ring(t, 2, 1)} {
				s := mustOpen(t, quietOptions(fs).with(keys))
				got, has := s.Identity(), keys.Has(1)
				if got.WrappedBy != 1 || (got.DigestKey != nil) != has || got.StoreID != id.StoreID || got.Format != format {
					t.Fatalf("with %v: got %+v", keys.IDs(), got)
				}
				if keys != nil && !has {
					if err := s.Protect(keys); !errors.Is(err, engine.ErrKeyMissing) {
						t.Fatalf("wrapped what could not be unwrapped: %v", err)
					}
				}
				if has {
					if err := s.Protect(keys); err != nil || s.Identity().WrappedBy != 2 {
						t.Fatal(err)
					}
				}
				mustClose(t, s)
			}
			s = mustOpen(t, quietOptions(fs).with(ring(t, 2)))
			if last, _ := s.Last(); last != 1 || !bytes.Equal(s.Identity().DigestKey, id.DigestKey) {
				t.Fatalf("got %+v at %d", s.Identity(), last)
			}
			mustClose(t, s)
			if r, err := Verify(testDir, quietOptions(fs)); err != nil || len(r.Findings) > 1 { // the record has no audit record in format 1
				t.Fatal(r, err)
			}
		}
	}
}

// TestWrappedIdentityIsChecked: a wrong key, and any changed byte.
func TestWrappedIdentityIsChecked(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	s, err := Create(testDir, quietOptions(fs).with(ring(t, 1)), testIdentity())
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	text := storedIdentity(t, fs)
	w, err := decodeWrapped(text)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := encodeWrapped(w); err != nil || !bytes.Equal(again, text) {
		t.Fatalf("written back as %s", again)
	}
	for i := range text {
		spoilt := bytes.Clone(text)
		spoilt[i] ^= 1
		if isWrapped(spoilt) {
			if _, err := decodeWrapped(spoilt); err == nil {
				t.Fatalf("took byte %d changed", i)
			}
		}
	}
	wrong, err := engine.NewDataKeys([]engine.DataKey{{ID: 1, Secret: [32]byte{99}, State: engine.DataKeyActive}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(testDir, quietOptions(fs).with(wrong)); !errors.Is(err, engine.ErrCorrupt) || !strings.Contains(err.Error(), "data key 1 is not the one") {
		t.Fatalf("opened with another key 1: %v", err)
	}
	// Another tenant, with a checksum that fits: seen once the key is there.
	w.Tenant = "zenith"
	forged, err := encodeWrapped(w)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeFile(fs, fs.PathJoin(testDir, identityName), forged); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(testDir, quietOptions(fs).with(ring(t, 1))); !errors.Is(err, engine.ErrCorrupt) {
		t.Fatalf("opened a forged identity: %v", err)
	}
	for _, spoil := range []func(*wrappedIdentity){
		func(w *wrappedIdentity) { w.WrappedBy, w.wrapped.KeyID = 0, 0 }, func(w *wrappedIdentity) { w.Format = 3 },
		func(w *wrappedIdentity) { w.Tenant = "a/b" },
	} {
		bad := w
		spoil(&bad)
		text, err := encodeWrapped(bad)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeWrapped(text); err == nil {
			t.Fatalf("took %s", text)
		}
	}
}

// TestProtectCrashes cuts the power before each operation of wrapping, and lets each fail:
// the store opens as one or the other, and its log is there.
func TestProtectCrashes(t *testing.T) {
	t.Parallel()
	for n := int64(1); ; n++ {
		fs := newFaultFS()
		o := quietOptions(fs)
		o.WatermarkInterval = time.Millisecond
		s, err := Create(testDir, o, testIdentity())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Append(t.Context(), 0, []engine.Record{{Payload: []byte("one")}}); err != nil {
			t.Fatal(err)
		}
		for watermarkOn(t, fs.mem.CrashClone(vfs.CrashCloneCfg{})).seq != 1 {
			runtime.Gosched() // from then on its keeper writes no more, and the fault meets the wrapping
		}
		fault := &nth{class: errorfs.OpIsWrite, n: n, err: errors.New("planned")}
		fs.set(func(op errorfs.Op) error {
			err := fault.fault(op)
			if op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
				for _, unsynced := range []int{0, 50, 100} {
					checkEither(t, crashClone(fs.mem, unsynced, uint64(n)))
				}
			}
			return err
		})
		err = s.Protect(ring(t, 1))
		fired := fault.fired.Load()
		fs.clear()
		if fired != (err != nil) {
			t.Fatalf("operation %d failed: %t, Protect: %v", n, fired, err)
		}
		mustClose(t, s)
		checkEither(t, fs.mem)
		if !fired {
			if n < 5 {
				t.Fatalf("wrapping made %d operations", n-1)
			}
			return
		}
	}
}

func checkEither(t *testing.T, fs vfs.FS) {
	t.Helper()
	s, err := Open(testDir, quietOptions(fs).with(ring(t, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if last, _ := s.Last(); last != 1 || !bytes.Equal(s.Identity().DigestKey, testIdentity().DigestKey) {
		t.Fatalf("recovered %+v at %d", s.Identity(), last)
	}
	mustClose(t, s)
}
