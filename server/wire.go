package server

import (
	"crypto/rand"
	"crypto/sha256"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/engine"
)

// encode writes an answer's JSON, the same bytes for the same value. A value that cannot be written is a bug.
func encode(v any) []byte {
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		panic("server: answer cannot be encoded: " + err.Error())
	}
	return b
}

// fingerprint identifies a request for idempotency: route, {id} segment and canonical JSON (RFC 8785), so that
// the order of members and white space do not matter. What is not JSON is taken byte by byte.
func fingerprint(r *route, id string, body []byte) engine.Fingerprint {
	lent := replies.Get().(*replyBuffer)
	defer replies.Put(lent)
	text := append(append(lent.body[:0], r.name...), 0)
	text = append(append(text, id...), 0)
	head := len(text)
	plain := false
	if r.contentType == "" {
		text, plain = canonical(text, body)
	}
	if !plain {
		text = append(text[:head], body...)
		if value := jsontext.Value(text[head:]); r.contentType == "" && value.Canonicalize() == nil {
			text = append(text[:head], value...)
		} else {
			text = append(text[:head], body...)
		}
	}
	if lent.body = text[:0]; cap(text) > maxKeptReply {
		lent.body = nil
	}
	return sha256.Sum256(text)
}

// newID makes a random id of at least 128 bits: the prefix, a hyphen and 26 characters of a–z and 2–7.
func newID(prefix string) string {
	const letters, length = "abcdefghijklmnopqrstuvwxyz234567", 26
	var id [32]byte
	text := append(append(id[:0], prefix...), '-')
	random := id[len(id)-length:][:length:length]
	if len(text)+length > len(id) {
		random = make([]byte, length)
	}
	_, _ = rand.Read(random) // never fails: the program ends instead
	for _, b := range random {
		text = append(text, letters[b%32])
	}
	return string(text)
}
