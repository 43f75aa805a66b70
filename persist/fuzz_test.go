package persist

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"
)

// resealed returns b with the checksum that would make it valid, so that
// fuzzing gets past the checksum.
func resealed(name string, b []byte) []byte {
	b = bytes.Clone(b)
	at := len(b) - crcBytes
	var key, rest []byte
	switch name {
	case "identity":
		lines := bytes.SplitAfterN(b, []byte("\n"), 3)
		if len(lines) < 3 {
			return b
		}
		text := append(bytes.Clone(lines[0]), lines[1]...)
		return fmt.Appendf(text, "crc32c %08x\n", checksum(text))
	case "record":
		at, key = 1+hashBytes, logKey(258)
	case "chunk":
		at, key = 1, chunkKey(3, 1)
	case "pointer":
		key = pointerKey
	case "binding":
		key = bindingKey
	}
	if at < 0 || len(b) < at+crcBytes {
		return b
	}
	rest = b[at+crcBytes:]
	binary.BigEndian.PutUint32(b[at:], checksum(key, b[:at], rest))
	return b
}

// fuzzDecoder checks that a decoder takes exactly what its encoder writes: it
// never panics, and what it takes is written back byte for byte.
func fuzzDecoder(f *testing.F, name string) {
	decode := decoders()[name]
	value := goldenValues(f)[name]
	f.Add(value)
	f.Add(value[:len(value)/2])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, b := range [][]byte{b, resealed(name, b)} {
			again, err := decode(b)
			if err == nil && !bytes.Equal(again, b) {
				t.Fatalf("took %x, which is written as %x", b, again)
			}
		}
	})
}

// TestResealed makes sure that fuzzing does get past the checksum.
func TestResealed(t *testing.T) {
	t.Parallel()
	for name, decode := range decoders() {
		value := goldenValues(t)[name]
		if again := resealed(name, value); !bytes.Equal(again, value) {
			t.Errorf("%s: resealed is %x, want %x", name, again, value)
		}
		at := map[string]int{ // where any value will do
			"identity": bytes.Index(value, []byte("cme")), "watermark": 20, "record": len(value) - 1,
			"binding": 20, "pointer": 20, "chunk": len(value) - 1,
		}[name]
		other := bytes.Clone(value)
		other[at] ^= 1
		if _, err := decode(resealed(name, other)); err != nil {
			t.Errorf("%s: byte %d changed and resealed: %v", name, at, err)
		}
	}
}

// A key that is taken is the one that is written for what it says.
func FuzzKeys(f *testing.F) {
	f.Add(logKey(258))
	f.Add(chunkKey(3, 1))
	f.Add(pointerKey)
	f.Add(journalKey("acme", 258))
	f.Fuzz(func(t *testing.T, key []byte) {
		if seq, ok := parseLogKey(key); ok && !bytes.Equal(logKey(seq), key) {
			t.Fatalf("%x is the key of record %d", key, seq)
		}
		if generation, chunk, ok := parseChunkKey(key); ok && !bytes.Equal(chunkKey(generation, chunk), key) {
			t.Fatalf("%x is the key of chunk %d of %d", key, chunk, generation)
		}
		if tenant, n, ok := parseJournalKey(key); ok && !bytes.Equal(journalKey(tenant, n), key) {
			t.Fatalf("%x is the key of record %d of %q", key, n, tenant)
		}
	})
}

// FuzzLog damages one file of a store: it opens with every record, or is refused and left as it was.
func FuzzLog(f *testing.F) {
	var once sync.Once
	var whole image
	f.Add(uint8(0), uint32(100), []byte{1})
	f.Add(uint8(1), uint32(0), []byte{})
	f.Add(uint8(2), uint32(5000), []byte("\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, file uint8, at uint32, xor []byte) {
		once.Do(func() { whole = markedLog(t) })
		paths := whole.paths()
		spoilt := whole.with(paths[int(file)%len(paths)], func(b []byte) []byte {
			if len(b) == 0 {
				return b
			}
			from := int(at) % len(b)
			if len(xor) == 0 {
				return b[:from]
			}
			for i := range xor {
				if from+i < len(b) {
					b[from+i] ^= xor[i]
				}
			}
			return b
		})
		fs := spoilt.mount(t)
		last, refusal, silent := openOutcome(t, fs)
		if silent != nil || refusal == nil && last != markedRecords {
			t.Fatalf("opened to seq %d, want %d: %v", last, markedRecords, silent)
		}
		if refusal != nil && !equalImages(spoilt, imageOf(t, fs)) {
			t.Fatalf("refused (%v), but the directory has changed", refusal)
		}
	})
}

func FuzzIdentity(f *testing.F)  { fuzzDecoder(f, "identity") }
func FuzzWatermark(f *testing.F) { fuzzDecoder(f, "watermark") }
func FuzzRecord(f *testing.F)    { fuzzDecoder(f, "record") }
func FuzzBinding(f *testing.F)   { fuzzDecoder(f, "binding") }
func FuzzPointer(f *testing.F)   { fuzzDecoder(f, "pointer") }
func FuzzChunk(f *testing.F)     { fuzzDecoder(f, "chunk") }
