package persist

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/engine"
)

// golden holds one value of each kind, in format 1, written out: a store made
// by a released program must stay readable, so these never change.
var golden = struct{ identity, watermark, record, binding, pointer, chunk string }{
	identity: "parley store, format 1\n" +
		`{"storeId":"00112233445566778899aabbccddeeff","tenant":"acme","sandbox":false,` +
		`"digestKey":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=","createdAt":1600000000}` +
		"\ncrc32c b534582a\n",
	watermark: "5041524c4559574d 01" + strings.Repeat("11", 32) + "0000010000000000" + strings.Repeat("cc", 32) + "189b7d83",
	record:    "01" + strings.Repeat("cc", 32) + "1a2c7275 7061796c6f6164",
	binding:   "01" + strings.Repeat("11", 32) + "804837c1",
	pointer: "01 0000000000000003 000000000000004d" + strings.Repeat("cc", 32) + strings.Repeat("55", 32) +
		strings.Repeat("dd", 32) + "0000000000100005 00000002 e2a17789",
	chunk: "01 739dc22a 7374617465",
}

func hexOf(drawn string) string { return strings.ReplaceAll(drawn, " ", "") }

func goldenHash(b byte) engine.Hash { return engine.Hash(bytes.Repeat([]byte{b}, hashBytes)) }

func goldenPointer() pointer {
	return pointer{
		generation: 3, chunks: 2,
		info: engine.CheckpointInfo{Seq: 77, Chain: goldenHash(0xcc), State: goldenHash(0x55), Bytes: maxChunkBytes + 5, Digest: goldenHash(0xdd)},
	}
}

func goldenWatermark() watermark {
	return watermark{store: goldenHash(0x11), seq: 1 << 40, chain: goldenHash(0xcc)}
}

func TestGoldenBytes(t *testing.T) {
	t.Parallel()
	identity, err := encodeIdentity(testIdentity())
	if err != nil {
		t.Fatal(err)
	}
	f := func(name string, got []byte, want string) {
		t.Helper()
		if text := hex.EncodeToString(got); text != hexOf(want) {
			t.Errorf("%s is\n%s\nwant\n%s", name, text, want)
		}
	}
	second := testIdentity()
	second.Format = 2
	if text, err := encodeIdentity(second); err != nil || string(text) !=
		strings.NewReplacer("format 1", "format 2", "b534582a", "81b6c9ad").Replace(golden.identity) {
		t.Errorf("identity of format 2 is\n%s, %v", text, err)
	}
	if string(identity) != golden.identity {
		t.Errorf("identity is\n%s\nwant\n%s", identity, golden.identity)
	}
	f("watermark", goldenWatermark().encode(), golden.watermark)
	f("record", encodeRecord(logKey(258), goldenHash(0xcc), []byte("payload")), golden.record)
	f("binding", encodeBinding(goldenHash(0x11)), golden.binding)
	f("pointer", goldenPointer().encode(), golden.pointer)
	f("chunk", encodeChunk(chunkKey(3, 1), []byte("state")), golden.chunk)
	f("log key", logKey(258), "01 0000000000000102")
	f("chunk key", chunkKey(3, 1), "02 01 0000000000000003 00000001")
	f("pointer key", pointerKey, "02 00")
	f("binding key", bindingKey, "00 00")
}

// decoders are all of the package, each with a value of its own that it takes.
func decoders() map[string]func([]byte) ([]byte, error) {
	return map[string]func([]byte) ([]byte, error){
		"identity": func(b []byte) ([]byte, error) {
			id, err := decodeIdentity(b)
			if err != nil {
				return nil, err
			}
			return encodeIdentity(id)
		},
		"watermark": func(b []byte) ([]byte, error) {
			w, err := decodeWatermark(b)
			return w.encode(), err
		},
		"record": func(b []byte) ([]byte, error) {
			chain, payload, err := decodeRecord(logKey(258), b)
			return encodeRecord(logKey(258), chain, payload), err
		},
		"binding": func(b []byte) ([]byte, error) {
			identity, err := decodeBinding(b)
			return encodeBinding(identity), err
		},
		"pointer": func(b []byte) ([]byte, error) {
			p, err := decodePointer(b)
			return p.encode(), err
		},
		"chunk": func(b []byte) ([]byte, error) {
			data, err := decodeChunk(chunkKey(3, 1), b)
			return encodeChunk(chunkKey(3, 1), data), err
		},
	}
}

func goldenValues(t testing.TB) map[string][]byte {
	out := map[string][]byte{"identity": []byte(golden.identity)}
	for name, text := range map[string]string{
		"watermark": golden.watermark, "record": golden.record,
		"binding": golden.binding, "pointer": golden.pointer, "chunk": golden.chunk,
	} {
		b, err := hex.DecodeString(hexOf(text))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = b
	}
	return out
}

// TestDecodersTakeWhatIsWritten and nothing else: every bit that is changed,
// every byte that is missing or too many is damage.
func TestDecodersTakeWhatIsWritten(t *testing.T) {
	t.Parallel()
	values := goldenValues(t)
	for name, decode := range decoders() {
		value := values[name]
		if again, err := decode(value); err != nil || !bytes.Equal(again, value) {
			t.Fatalf("%s: decoded and encoded again is %x, want %x: %v", name, again, value, err)
		}
		f := func(what string, b []byte) {
			t.Helper()
			if _, err := decode(b); !errors.Is(err, engine.ErrCorrupt) && !errors.Is(err, ErrNewerFormat) {
				t.Errorf("%s, %s: got %v, want ErrCorrupt", name, what, err)
			}
		}
		for at := range value {
			for bit := range 8 {
				b := bytes.Clone(value)
				b[at] ^= 1 << bit
				f(fmt.Sprintf("bit %d of byte %d flipped", bit, at), b)
			}
			f(fmt.Sprintf("cut to %d", at), value[:at])
		}
		f("a byte too many", append(bytes.Clone(value), 0))
		f("a line too many", append(bytes.Clone(value), '\n'))
	}
}

// TestValueUnderAnotherKey moves whole values to where they do not belong.
func TestValueUnderAnotherKey(t *testing.T) {
	t.Parallel()
	record := encodeRecord(logKey(5), goldenHash(1), []byte("payload"))
	if _, _, err := decodeRecord(logKey(6), record); !errors.Is(err, engine.ErrCorrupt) {
		t.Errorf("record: got %v, want ErrCorrupt", err)
	}
	chunk := encodeChunk(chunkKey(1, 1), []byte("state"))
	for _, key := range [][]byte{chunkKey(1, 2), chunkKey(2, 1), pointerKey, logKey(1)} {
		if _, err := decodeChunk(key, chunk); !errors.Is(err, engine.ErrCorrupt) {
			t.Errorf("chunk under %v: got %v, want ErrCorrupt", formattedKey(key), err)
		}
	}
}

func TestPointerThatCannotBe(t *testing.T) {
	t.Parallel()
	f := func(seq engine.Seq, size int64, chunks uint32, ok bool) {
		t.Helper()
		p := goldenPointer()
		p.info.Seq, p.info.Bytes, p.chunks = seq, size, chunks
		if _, err := decodePointer(p.encode()); ok != (err == nil) {
			t.Errorf("seq %d, %d bytes in %d chunks: %v", seq, size, chunks, err)
		}
	}
	f(1, 0, 0, true)
	f(1, 1, 1, true)
	f(1, maxChunkBytes, 1, true)
	f(1, maxChunkBytes+1, 2, true)
	f(0, 1, 1, false)
	f(1, 0, 1, false)
	f(1, 1, 0, false)
	f(1, maxChunkBytes, 2, false)
	f(1, -1, 1, false)
	f(1, 1<<62+1, 0, false)
}

func TestKeysKeepTheOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Uint64().Draw(t, "a"), rapid.Uint64().Draw(t, "b")
		if got := bytes.Compare(logKey(engine.Seq(a)), logKey(engine.Seq(b))); got != compareUint(a, b) {
			t.Fatalf("log keys of %d and %d compare as %d", a, b, got)
		}
		if seq, ok := parseLogKey(logKey(engine.Seq(a))); !ok || uint64(seq) != a {
			t.Fatalf("log key of %d is read as %d", a, seq)
		}
		if g, c, ok := parseChunkKey(chunkKey(a, uint32(b))); !ok || g != a || c != uint32(b) {
			t.Fatalf("chunk key of %d, %d is read as %d, %d", a, uint32(b), g, c)
		}
	})
}

func compareUint(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

func TestFormattedKeys(t *testing.T) {
	t.Parallel()
	f := func(key []byte, want string) {
		t.Helper()
		if got := fmt.Sprintf("%s", formattedKey(key)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(logKey(12), "log/12")
	f(nil, "(no key)")
	f([]byte("\x03acme/1"), "audit/(6 bytes)")
	f([]byte{spaceLog}, "log/(0 bytes)")
	f([]byte{77, 1}, "unknown keyspace 77/(1 bytes)")
}
