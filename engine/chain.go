package engine

import (
	"crypto/sha256"
	"encoding/binary"
)

// ChainNext returns the chain value of the record at seq whose predecessor's
// value is prev. Seq is part of the input, so a record that was moved, dropped
// or put in twice breaks the chain even where its bytes are whole.
func ChainNext(prev Hash, seq Seq, payload []byte) Hash {
	var room [2048]byte // for most payloads; a longer one takes memory of its own
	in := append(room[:0], prev[:]...)
	in = binary.BigEndian.AppendUint64(in, uint64(seq))
	return sha256.Sum256(append(in, payload...))
}
