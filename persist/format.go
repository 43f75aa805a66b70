package persist

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/engine"
)

// FormatVersion is the version of the bytes of the stores that this program
// creates, and the newest that it reads; a store stays in the version that it was
// created in. FORMAT.md draws them.
const FormatVersion = 2

// watermarkVersion is the version of the watermark file.
const watermarkVersion = 1

// pebbleFormat is Pebble's own format, pinned: the default would be its oldest,
// which cannot tell a damaged log file from one that ends. It is the newest of
// the pinned Pebble release and can only ever be raised.
const pebbleFormat = pebble.FormatValueSeparation

// valueVersion starts every value of the store, log, and checkpoint keyspaces.
const valueVersion = 1

const (
	hashBytes     = sha256.Size
	crcBytes      = 4
	recordHeader  = 1 + hashBytes + crcBytes
	chunkHeader   = 1 + crcBytes
	bindingBytes  = 1 + hashBytes + crcBytes
	pointerBytes  = 1 + 8 + 8 + 3*hashBytes + 8 + 4 + crcBytes
	maxChunkBytes = 1 << 20 // of encoded state in one chunk
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is the CRC-32C of the parts, one after the other. The key is always
// a part, so a value under a key that is not its own fails the test.
func checksum(parts ...[]byte) uint32 {
	crc := uint32(0)
	for _, p := range parts {
		crc = crc32.Update(crc, castagnoli, p)
	}
	return crc
}

// encodeRecord returns the value of a log record.
func encodeRecord(key []byte, chain engine.Hash, payload []byte) []byte {
	return appendRecord(make([]byte, 0, recordHeader+len(payload)), key, chain, payload)
}

// appendRecord appends it to an empty slice.
func appendRecord(value, key []byte, chain engine.Hash, payload []byte) []byte {
	value = append(value, valueVersion)
	value = append(value, chain[:]...)
	value = binary.BigEndian.AppendUint32(value, checksum(key, value, payload))
	return append(value, payload...)
}

// decodeRecord returns the parts of a log record's value; payload is part of it.
// key is a log key.
func decodeRecord(key, value []byte) (chain engine.Hash, payload []byte, err error) {
	place := formattedKey(key)
	switch {
	case len(value) <= recordHeader:
		return chain, nil, damaged("log", "%v has %d bytes, too few", place, len(value))
	case value[0] != valueVersion:
		return chain, nil, damaged("log", "%v has record version %d, want %d", place, value[0], valueVersion)
	}
	head, payload := value[:1+hashBytes], value[recordHeader:]
	if checksum(key, head, payload) != binary.BigEndian.Uint32(value[len(head):]) {
		return chain, nil, damaged("log", "%v: checksum differs", place)
	}
	copy(chain[:], head[1:])
	return chain, payload, nil
}

// sealed appends the checksum of key and value to value.
func sealed(key, value []byte) []byte {
	return binary.BigEndian.AppendUint32(value, checksum(key, value))
}

// unsealed returns value without its version and checksum, which must fit.
func unsealed(place string, key, value []byte, size int) ([]byte, error) {
	switch body := value[:max(0, len(value)-crcBytes)]; {
	case len(value) != size:
		return nil, damaged(place, "has %d bytes, want %d", len(value), size)
	case value[0] != valueVersion:
		return nil, damaged(place, "has version %d, want %d", value[0], valueVersion)
	case checksum(key, body) != binary.BigEndian.Uint32(value[len(body):]):
		return nil, damaged(place, "checksum differs")
	default:
		return body[1:], nil
	}
}

// encodeBinding returns the value that ties the database to its identity file.
func encodeBinding(identity engine.Hash) []byte {
	return sealed(bindingKey, append([]byte{valueVersion}, identity[:]...))
}

func decodeBinding(value []byte) (identity engine.Hash, err error) {
	body, err := unsealed("store key", bindingKey, value, bindingBytes)
	copy(identity[:], body)
	return identity, err
}

// pointer names the checkpoint in force and what its chunks must add up to.
type pointer struct {
	generation uint64
	info       engine.CheckpointInfo
	chunks     uint32
}

func (p pointer) encode() []byte {
	v := make([]byte, 0, pointerBytes)
	v = append(v, valueVersion)
	v = binary.BigEndian.AppendUint64(v, p.generation)
	v = binary.BigEndian.AppendUint64(v, uint64(p.info.Seq))
	v = append(v, p.info.Chain[:]...)
	v = append(v, p.info.State[:]...)
	v = append(v, p.info.Digest[:]...)
	v = binary.BigEndian.AppendUint64(v, uint64(p.info.Bytes))
	v = binary.BigEndian.AppendUint32(v, p.chunks)
	return sealed(pointerKey, v)
}

func decodePointer(value []byte) (pointer, error) {
	b, err := unsealed("checkpoint pointer", pointerKey, value, pointerBytes)
	if err != nil {
		return pointer{}, err
	}
	p := pointer{generation: binary.BigEndian.Uint64(b), info: engine.CheckpointInfo{Seq: engine.Seq(binary.BigEndian.Uint64(b[8:]))}}
	b = b[16:]
	for _, h := range []*engine.Hash{&p.info.Chain, &p.info.State, &p.info.Digest} {
		b = b[copy(h[:], b):]
	}
	size, chunks := binary.BigEndian.Uint64(b), binary.BigEndian.Uint32(b[8:])
	p.info.Bytes, p.chunks = int64(size), chunks
	if want := (size + maxChunkBytes - 1) / maxChunkBytes; p.info.Seq == 0 || size > 1<<62 || want != uint64(chunks) {
		return pointer{}, damaged("checkpoint pointer", "seq %d, %d bytes in %d chunks cannot be", p.info.Seq, size, chunks)
	}
	return p, nil
}

// encodeChunk returns the value of a chunk.
func encodeChunk(key, data []byte) []byte {
	value := make([]byte, 0, chunkHeader+len(data))
	value = append(value, valueVersion)
	value = binary.BigEndian.AppendUint32(value, checksum(key, value, data))
	return append(value, data...)
}

// decodeChunk returns the data of a chunk, which is part of value.
func decodeChunk(key, value []byte) ([]byte, error) {
	generation, chunk, ok := parseChunkKey(key)
	switch {
	case !ok:
		return nil, damaged("checkpoints", "a key of %d bytes that is no chunk", len(key))
	case len(value) <= chunkHeader || len(value) > chunkHeader+maxChunkBytes:
		return nil, damaged("checkpoints", "chunk %d of generation %d has %d bytes", chunk, generation, len(value))
	case value[0] != valueVersion:
		return nil, damaged("checkpoints", "chunk %d of generation %d has version %d, want %d", chunk, generation, value[0], valueVersion)
	case checksum(key, value[:1], value[chunkHeader:]) != binary.BigEndian.Uint32(value[1:]):
		return nil, damaged("checkpoints", "chunk %d of generation %d: checksum differs", chunk, generation)
	}
	return value[chunkHeader:], nil
}
