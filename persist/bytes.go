package persist

import "github.com/parleyhq/parley/engine"

// The functions of this file give the bytes of a store's records to other logs that
// keep them, so that they are read by the same code. FORMAT.md draws them.

// EncodeRecord returns the value of the log record at seq.
func EncodeRecord(seq engine.Seq, chain engine.Hash, payload []byte) []byte {
	return encodeRecord(logKey(seq), chain, payload)
}

// DecodeRecord returns chain value and payload, which is part of value, or an error
// that wraps engine.ErrCorrupt with the place.
func DecodeRecord(seq engine.Seq, value []byte) (chain engine.Hash, payload []byte, err error) {
	return decodeRecord(logKey(seq), value)
}

// EncodeWatermark returns the content of a watermark file: the store's log had the
// chain value at seq.
func EncodeWatermark(store engine.Hash, seq engine.Seq, chain engine.Hash) []byte {
	return watermark{store: store, seq: seq, chain: chain}.encode()
}

// DecodeWatermark is the reverse of EncodeWatermark. The error wraps engine.ErrCorrupt.
func DecodeWatermark(b []byte) (store engine.Hash, seq engine.Seq, chain engine.Hash, err error) {
	w, err := decodeWatermark(b)
	return w.store, w.seq, w.chain, err
}

// MaxChunkBytes bounds the encoded state in one chunk of a checkpoint.
const MaxChunkBytes = maxChunkBytes

// EncodeChunk returns the value of a chunk, of 1 to MaxChunkBytes bytes, of the
// checkpoint that was saved as generation.
func EncodeChunk(generation uint64, chunk uint32, data []byte) []byte {
	return encodeChunk(chunkKey(generation, chunk), data)
}

// DecodeChunk returns the data, which is part of value, or an error that wraps
// engine.ErrCorrupt.
func DecodeChunk(generation uint64, chunk uint32, value []byte) ([]byte, error) {
	return decodeChunk(chunkKey(generation, chunk), value)
}

// EncodePointer returns the value that puts a checkpoint of so many chunks in force.
func EncodePointer(generation uint64, info engine.CheckpointInfo, chunks uint32) []byte {
	return pointer{generation: generation, info: info, chunks: chunks}.encode()
}

// DecodePointer is the reverse of EncodePointer. The error wraps engine.ErrCorrupt.
func DecodePointer(value []byte) (generation uint64, info engine.CheckpointInfo, chunks uint32, err error) {
	p, err := decodePointer(value)
	return p.generation, p.info, p.chunks, err
}
