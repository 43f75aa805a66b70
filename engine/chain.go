package engine

import (
	"crypto/sha256"
	"encoding/binary"
)

// ChainNext returns the chain value of the record at seq whose predecessor's
// value is prev. Seq is part of the input, so a record that was moved, dropped
// or put in twice breaks the chain even where its bytes are whole.
func ChainNext(prev Hash, seq Seq, payload []byte) Hash {
	h := sha256.New()
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(seq))
	h.Write(prev[:])
	h.Write(n[:])
	h.Write(payload)
	var out Hash
	h.Sum(out[:0])
	return out
}
