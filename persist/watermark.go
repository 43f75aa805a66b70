package persist

import (
	"encoding/binary"

	"github.com/parleyhq/parley/engine"
)

// watermark is a position that is known to have been durable: at this seq the
// log had this chain value. A log that ends before it, or went another way,
// has lost what was acknowledged. Pebble cannot see that by itself: it takes
// a damaged end of its log file for the end.
type watermark struct {
	store engine.Hash // identityDigest of the store
	seq   engine.Seq
	chain engine.Hash
}

const (
	watermarkMagic = "PARLEYWM"
	watermarkBytes = len(watermarkMagic) + 1 + hashBytes + 8 + hashBytes + crcBytes
)

func (w watermark) encode() []byte {
	b := append([]byte(watermarkMagic), watermarkVersion)
	b = append(b, w.store[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(w.seq))
	b = append(b, w.chain[:]...)
	return binary.BigEndian.AppendUint32(b, checksum(b))
}

func decodeWatermark(b []byte) (watermark, error) {
	var w watermark
	body := b[:max(0, len(b)-crcBytes)]
	switch {
	case len(b) != watermarkBytes:
		return w, damaged(watermarkName, "has %d bytes, want %d", len(b), watermarkBytes)
	case string(b[:len(watermarkMagic)]) != watermarkMagic:
		return w, damaged(watermarkName, "does not begin like a watermark file")
	case checksum(body) != binary.BigEndian.Uint32(b[len(body):]):
		return w, damaged(watermarkName, "checksum differs")
	case b[len(watermarkMagic)] != watermarkVersion:
		return w, damaged(watermarkName, "has version %d, want %d", b[len(watermarkMagic)], watermarkVersion)
	}
	b = b[len(watermarkMagic)+1:]
	b = b[copy(w.store[:], b):]
	w.seq = engine.Seq(binary.BigEndian.Uint64(b))
	copy(w.chain[:], b[8:])
	if w.seq == 0 && w.chain != (engine.Hash{}) {
		return w, damaged(watermarkName, "a chain value at seq 0")
	}
	return w, nil
}

// writeWatermark puts the watermark at the end of the log as of c, which is
// durable: the watermark never runs ahead of the log.
func (s *Store) writeWatermark(c content) error {
	if planted == plantNoWatermark && c.last > 0 {
		return nil
	}
	s.marking.Lock() // two would use one name for the next file
	defer s.marking.Unlock()
	w := watermark{store: s.identityDigest, seq: c.last, chain: c.chain}
	return replaceFile(s.fs, s.dir, watermarkName, newWatermark, w.encode())
}

// readWatermark returns the watermark of the store, which must be there.
func (s *Store) readWatermark() (watermark, error) {
	b, err := readFile(s.fs, s.fs.PathJoin(s.dir, watermarkName), watermarkBytes)
	if err != nil {
		return watermark{}, classify(watermarkName, err)
	}
	w, err := decodeWatermark(b)
	if err != nil {
		return watermark{}, err
	}
	if w.store != s.identityDigest {
		return watermark{}, damaged(watermarkName, "belongs to another store than %s", identityName)
	}
	return w, nil
}
