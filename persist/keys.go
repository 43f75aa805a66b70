package persist

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/parleyhq/parley/engine"
)

// Keyspaces: the first byte of every key. Numbers belong to the disk format.
const (
	spaceStore      = byte(0) // one key: which identity file belongs to these bytes
	spaceLog        = byte(1)
	spaceCheckpoint = byte(2)
	spaceAudit      = byte(engine.SpaceAudit)
	spaceOffers     = byte(engine.SpaceOffers)
	spaceArchive    = byte(engine.SpaceArchive)
	spaceAccess     = byte(engine.SpaceAccess)
	spaceCount      = 7
)

// spaceName names a keyspace in reports, errors and Pebble's messages.
func spaceName(space byte) string {
	names := [spaceCount]string{"store", "log", "checkpoints", "audit", "offers", "archive", "access"}
	if int(space) < len(names) {
		return names[space]
	}
	return fmt.Sprintf("unknown keyspace %d", space)
}

const (
	logKeyBytes   = 1 + 8
	chunkKeyBytes = 1 + 1 + 8 + 4
)

var (
	bindingKey = []byte{spaceStore, 0}
	pointerKey = []byte{spaceCheckpoint, 0}
)

// logKey returns the key of the record at seq. Byte order is order of seq.
func logKey(seq engine.Seq) []byte { return appendLogKey(nil, seq) }

func appendLogKey(to []byte, seq engine.Seq) []byte {
	return binary.BigEndian.AppendUint64(append(to, spaceLog), uint64(seq))
}

func parseLogKey(key []byte) (engine.Seq, bool) {
	if len(key) != logKeyBytes || key[0] != spaceLog {
		return 0, false
	}
	return engine.Seq(binary.BigEndian.Uint64(key[1:])), true
}

// chunkKey returns the key of a chunk of the checkpoint saved as generation.
func chunkKey(generation uint64, chunk uint32) []byte {
	key := binary.BigEndian.AppendUint64([]byte{spaceCheckpoint, 1}, generation)
	return binary.BigEndian.AppendUint32(key, chunk)
}

func parseChunkKey(key []byte) (generation uint64, chunk uint32, ok bool) {
	if len(key) != chunkKeyBytes || key[0] != spaceCheckpoint || key[1] != 1 {
		return 0, 0, false
	}
	return binary.BigEndian.Uint64(key[2:]), binary.BigEndian.Uint32(key[10:]), true
}

// spaceBounds returns the half-open range of keys of a keyspace.
func spaceBounds(space byte) (lower, upper []byte) { return []byte{space}, []byte{space + 1} }

// formattedKey is a key as it may appear in a message: derived keys hold a
// tenant's ids, so of them only the keyspace and the length are shown.
type formattedKey []byte

// Format implements fmt.Formatter.
func (k formattedKey) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, k.text()) // into memory; it cannot fail
}

func (k formattedKey) text() string {
	if seq, ok := parseLogKey(k); ok {
		return fmt.Sprintf("log/%d", seq)
	}
	if len(k) == 0 {
		return "(no key)"
	}
	return fmt.Sprintf("%s/(%d bytes)", spaceName(k[0]), len(k)-1)
}
