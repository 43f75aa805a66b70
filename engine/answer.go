package engine

import (
	"crypto/sha256"
	"encoding/hex"
)

// A composed answer that is remembered may hold personal data. In an encrypted store its
// bytes are a zero byte, which begins no document, and a blob in the form of a record.

// answerMark leads a sealed answer.
const answerMark = 0

// SealAnswer returns the bytes to remember of an answer to a principal's request with a
// key, at most MaxAnswerBytes; without data keys the answer itself. A vault that is not
// ready gives bytes that no command accepts.
func (v *Vault) SealAnswer(tenant, principal, key string, answer []byte) []byte {
	if v.keys.Load() == nil && v.Ready() == nil {
		return answer
	}
	return writeAnswer(v.sealed(kindAnswer, tenant+"/answer/"+answerID(principal, key), answer))
}

// OpenAnswer undoes SealAnswer. Errors are those of OpenReviewer.
func (v *Vault) OpenAnswer(tenant, principal, key string, stored []byte) ([]byte, error) {
	return v.opened(kindAnswer, tenant+"/answer/"+answerID(principal, key), readAnswer(stored))
}

// answerID names an answer in a place, without saying for whom it is.
func answerID(principal, key string) string {
	sum := sha256.Sum256([]byte(keyID(principal, key)))
	return hex.EncodeToString(sum[:16])
}

// readAnswer reads the remembered bytes of an answer: a clear blob where they are none
// that writeAnswer wrote.
func readAnswer(stored []byte) (s Sealed) {
	if len(stored) > 0 && stored[0] == answerMark {
		c := decoder(string(stored[1:]))
		c.sealedUpTo(&s, MaxAnswerBytes)
		if c.end() == nil && s.KeyID != 0 {
			return s
		}
	}
	return Sealed{Bytes: stored}
}

func writeAnswer(s Sealed) []byte {
	if s.KeyID == 0 {
		return s.Bytes
	}
	c := encoder(make([]byte, 0, len(s.Bytes)+64))
	c.out = append(c.out, answerMark)
	c.sealedUpTo(&s, 2*MaxAnswerBytes)
	return c.out
}
