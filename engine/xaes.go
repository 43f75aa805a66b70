package engine

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
)

// xaes is XAES-256-GCM (c2sp.org/XAES-256-GCM): AES-256-GCM under a key of its own for
// each first half of a nonce of 24 bytes. Such a nonce may be drawn at random 2^80 times
// under one key before two are equal with a chance of 2^-32, where the 12 bytes of GCM
// itself are good for 2^32 times: nobody has to count. Safe for concurrent use.
type xaes struct {
	block cipher.Block
	k1    [aes.BlockSize]byte // the subkey of CMAC for whole blocks
}

const (
	xaesKeyBytes   = 32
	xaesNonceBytes = 24
	xaesTagBytes   = 16
)

func newXAES(key [xaesKeyBytes]byte) *xaes {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		broken("AES takes keys of 32 bytes", len(key), err)
	}
	x := &xaes{block: block}
	block.Encrypt(x.k1[:], x.k1[:])
	var carry byte
	for i := len(x.k1) - 1; i >= 0; i-- {
		x.k1[i], carry = x.k1[i]<<1|carry, x.k1[i]>>7
	}
	x.k1[len(x.k1)-1] ^= 0x87 * carry
	return x
}

// gcm returns the cipher for a nonce, and the part of the nonce that it takes.
func (x *xaes) gcm(nonce []byte) (cipher.AEAD, []byte) {
	head, rest := nonce[:xaesNonceBytes/2], nonce[xaesNonceBytes/2:]
	var key [xaesKeyBytes]byte
	for half := range 2 {
		m := key[half*aes.BlockSize:][:aes.BlockSize]
		m[1], m[2] = byte(half+1), 'X'
		copy(m[4:], head)
		subtle.XORBytes(m, m, x.k1[:])
		x.block.Encrypt(m, m)
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		broken("AES takes keys of 32 bytes", len(key), err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		broken("GCM takes AES", len(key), err)
	}
	return aead, rest
}

// seal appends the ciphertext of plain, xaesTagBytes longer, to dst.
func (x *xaes) seal(dst, nonce, plain, bound []byte) []byte {
	aead, rest := x.gcm(nonce)
	return aead.Seal(dst, rest, plain, bound)
}

// open appends to dst what seal was given; an error if anything differs.
func (x *xaes) open(dst, nonce, sealed, bound []byte) ([]byte, error) {
	aead, rest := x.gcm(nonce)
	return aead.Open(dst, rest, sealed, bound)
}
