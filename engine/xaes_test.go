package engine

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// TestXAESVectors: the published examples of c2sp.org/XAES-256-GCM, one for each way of
// the doubling.
func TestXAESVectors(t *testing.T) {
	t.Parallel()
	nonce := []byte("ABCDEFGHIJKLMNOPQRSTUVWX")
	f := func(key byte, bound, want string) {
		t.Helper()
		x := newXAES([32]byte(bytes.Repeat([]byte{key}, 32)))
		sealed := x.seal(nil, nonce, []byte("XAES-256-GCM"), []byte(bound))
		if got := hex.EncodeToString(sealed); got != want {
			t.Fatalf("sealed %s, want %s", got, want)
		}
		if plain, err := x.open(nil, nonce, sealed, []byte(bound)); err != nil || string(plain) != "XAES-256-GCM" {
			t.Fatal(plain, err)
		}
		if _, err := x.open(nil, nonce, sealed, []byte(bound+"x")); err == nil {
			t.Fatal("opened what is bound to something else")
		}
	}
	f(1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271")
	f(3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d")
}
