package persist

import (
	"bytes"
	"encoding/binary"
	"fmt"
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

func FuzzIdentity(f *testing.F)  { fuzzDecoder(f, "identity") }
func FuzzWatermark(f *testing.F) { fuzzDecoder(f, "watermark") }
func FuzzRecord(f *testing.F)    { fuzzDecoder(f, "record") }
func FuzzBinding(f *testing.F)   { fuzzDecoder(f, "binding") }
func FuzzPointer(f *testing.F)   { fuzzDecoder(f, "pointer") }
func FuzzChunk(f *testing.F)     { fuzzDecoder(f, "chunk") }
