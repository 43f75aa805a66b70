package simlog

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
)

// A frame is a batch as it stands in a file: a head – length of the body, number of
// records, CRC-32C of both and of the body – and the body, which has for each record the
// length of its value, the value as package persist makes it, and what is derived from it.
const frameHead = 3 * 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// place is where the value of a record lies.
type place struct {
	file       string
	start, end int
}

// appendFrame appends the frame of records that follow last.
func appendFrame(to []byte, last engine.Seq, chain engine.Hash, records []engine.Record) ([]byte, engine.Hash) {
	start := len(to)
	to = append(to, make([]byte, frameHead)...)
	for _, r := range records {
		last++
		chain = engine.ChainNext(chain, last, r.Payload)
		to = appendBytes(to, persist.EncodeRecord(last, chain, r.Payload))
		to = binary.BigEndian.AppendUint32(to, uint32(len(r.Derived)))
		for _, d := range r.Derived {
			to = append(to, byte(d.Space))
			to = appendBytes(appendBytes(to, d.Key), d.Value)
		}
	}
	head := to[start : start+frameHead]
	binary.BigEndian.PutUint32(head, uint32(len(to)-start-frameHead))
	binary.BigEndian.PutUint32(head[4:], uint32(len(records)))
	binary.BigEndian.PutUint32(head[8:], frameSum(to[start:]))
	return to, chain
}

func appendBytes(to, b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(to, uint32(len(b))), b...)
}

func frameSum(frame []byte) uint32 {
	return crc32.Update(crc32.Checksum(frame[:8], castagnoli), castagnoli, frame[frameHead:])
}

// nextFrame returns the frame at the beginning of b and how many records it has, or
// nothing if there is no whole one.
func nextFrame(b []byte) (frame []byte, records int) {
	if len(b) < frameHead {
		return nil, 0
	}
	size, n := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if n == 0 || int(n) > int(size) || uint64(len(b)) < frameHead+uint64(size) {
		return nil, 0
	}
	frame = b[:frameHead+int(size)]
	if binary.BigEndian.Uint32(b[8:]) != frameSum(frame) {
		return nil, 0
	}
	return frame, int(n)
}

// walker reads the body of a frame whose checksum is right. Where it does not hold
// together all the same, ok becomes false.
type walker struct {
	b  []byte
	at int
	ok bool
}

func (w *walker) number() int {
	if !w.ok || len(w.b)-w.at < 4 {
		w.ok = false
		return 0
	}
	n := binary.BigEndian.Uint32(w.b[w.at:])
	w.at += 4
	return int(n)
}

func (w *walker) bytes() []byte {
	n := w.number()
	if !w.ok || len(w.b)-w.at < n {
		w.ok = false
		return nil
	}
	w.at += n
	return w.b[w.at-n : w.at]
}

func (w *walker) space() engine.Space {
	if !w.ok || w.at == len(w.b) {
		w.ok = false
		return 0
	}
	w.at++
	return engine.Space(w.b[w.at-1])
}
