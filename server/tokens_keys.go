package server

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Limits of a JWK set.
const (
	maxKeySetBytes = 256 << 10
	maxSetKeys     = 64
	minRSABits     = 2048
	maxRSABits     = 8192
	keySetEvery    = 30 * time.Second // how often it is read again
	keySetTimeout  = 10 * time.Second // of one reading
	// keySetStale is how long the keys of before are good while the set cannot be read.
	keySetStale = time.Hour
)

// keySet holds the public keys of token issuers, as last read. It is read in the background, never for a request.
type keySet struct {
	source     string
	http       *http.Client // nil: source is a file
	generation atomic.Uint64

	mu   sync.RWMutex
	raw  string // what was read
	keys map[string]publicKey
	read time.Time // last time that it could be
}

// publicKey is a key and the algorithms that it checks.
type publicKey struct {
	key        crypto.PublicKey
	algorithms []string
}

// open takes the source and, if that is a file, reads it.
func (k *keySet) open(source string) error {
	k.source = source
	if strings.Contains(source, "://") {
		u, err := url.Parse(source)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			return errors.New("server: the key set of tokens is a file or an https URL")
		}
		k.http = &http.Client{
			Timeout:       keySetTimeout,
			Transport:     &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, DisableKeepAlives: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("a key set does not redirect") },
		}
		return nil
	}
	if source == "" {
		return errors.New("server: tokens need a key set")
	}
	return k.refresh(context.Background(), time.Now())
}

// find returns the key of an id for an algorithm; nil if there is none.
func (k *keySet) find(kid, alg string) crypto.PublicKey {
	k.mu.RLock()
	defer k.mu.RUnlock()
	found, ok := k.keys[kid]
	if !ok {
		return nil
	}
	for _, a := range found.algorithms {
		if a == alg {
			return found.key
		}
	}
	return nil
}

// follow reads the set again and again until ctx ends.
func (k *keySet) follow(ctx context.Context, log *slog.Logger, tick <-chan time.Time, wall func() time.Time) {
	for {
		if err := k.refresh(ctx, wall()); err != nil && ctx.Err() == nil {
			log.Error("the key set of tokens cannot be read", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
	}
}

// errNoKey: a JWK set was read, and no key of it is of use.
var errNoKey = errors.New("the key set holds no key that checks signatures")

// refresh reads the set. If it cannot, the keys of before stay good for keySetStale; if a set has come in which no key is of
// use, they have been taken out, and are good no more.
func (k *keySet) refresh(ctx context.Context, now time.Time) error {
	raw, err := k.fetch(ctx)
	var keys map[string]publicKey
	if err == nil {
		keys, err = readKeySet(raw)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case errors.Is(err, errNoKey):
		keys = map[string]publicKey{}
	case err != nil && now.Sub(k.read) > keySetStale && k.keys != nil:
		k.keys, k.raw = nil, ""
		k.generation.Add(1)
		return err
	case err != nil:
		return err
	}
	k.read = now
	if string(raw) != k.raw || k.keys == nil {
		k.keys, k.raw = keys, string(raw)
		k.generation.Add(1)
	}
	return err
}

func (k *keySet) fetch(ctx context.Context) ([]byte, error) {
	if k.http == nil {
		f, err := os.Open(k.source)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		info, err := f.Stat()
		if err == nil && info.Mode().Perm()&0o022 != 0 {
			err = errors.New("others than its owner may write the key set's file; chmod go-w it")
		}
		if err != nil {
			return nil, err
		}
		return readBounded(f)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, k.source, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	res, err := k.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answered %d", res.StatusCode)
	}
	return readBounded(res.Body)
}

func readBounded(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxKeySetBytes+1))
	if err == nil && len(b) > maxKeySetBytes {
		err = errors.New("the key set is too large")
	}
	return b, err
}

// jwk is a member of a set. Keys that are not for signatures, or of another kind, are passed over.
type jwk struct {
	Kty string `json:"kty"`
	Kid string `json:"kid"`
	Use string `json:"use"`
	Alg string `json:"alg"`
	Crv string `json:"crv"`
	N   string `json:"n"`
	E   string `json:"e"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

// readJWK reads a member of a set; false if it is none. secret says that it holds what nobody should have published.
func readJWK(raw jsontext.Value) (j jwk, secret, ok bool) {
	var members map[string]jsontext.Value
	if json.Unmarshal(raw, &members) != nil {
		return j, false, false
	}
	for _, name := range []string{"d", "k"} {
		v := string(members[name])
		secret = secret || v != "" && v != `""` && v != "null"
	}
	secret = secret || string(members["kty"]) == `"oct"`
	return j, secret, json.Unmarshal(raw, &j) == nil
}

// readKeySet reads a JWK set (RFC 7517). A key that is weak or broken is passed over, and so are all keys of one id: what
// one issuer gets wrong does not lock the others out. A set with a secret in it, or with no key that is of use, is refused.
func readKeySet(raw []byte) (map[string]publicKey, error) {
	var set struct {
		Keys []jsontext.Value `json:"keys"`
	}
	if err := json.Unmarshal(raw, &set); err != nil || set.Keys == nil { // a page that says sorry takes no key out
		return nil, errors.New("the key set is no JWK set")
	}
	if len(set.Keys) > maxSetKeys {
		return nil, errors.New("the key set holds too many keys")
	}
	keys, ids := map[string]publicKey{}, map[string]int{}
	for i, raw := range set.Keys {
		j, secret, ok := readJWK(raw)
		if secret {
			return nil, fmt.Errorf("key %d of the set is secret", i)
		}
		if !ok || j.Kid == "" || len(j.Kid) > maxKidBytes || j.Use != "" && j.Use != "sig" {
			continue
		}
		ids[j.Kid]++
		public, err := j.public()
		if err != nil || public.key == nil || ids[j.Kid] > 1 {
			if ids[j.Kid] > 1 {
				delete(keys, j.Kid)
			}
			continue
		}
		keys[j.Kid] = public
	}
	if len(keys) == 0 {
		return nil, errNoKey
	}
	return keys, nil
}

// public makes the key; one of an unknown kind is nil.
func (j *jwk) public() (p publicKey, err error) {
	switch {
	case j.Kty == "RSA":
		p.algorithms = []string{"RS256", "RS384", "PS256"}
		p.key, err = j.rsa()
	case j.Kty == "EC" && j.Crv == "P-256":
		p.algorithms = []string{"ES256"}
		p.key, err = j.ec(elliptic.P256())
	case j.Kty == "EC" && j.Crv == "P-384":
		p.algorithms = []string{"ES384"}
		p.key, err = j.ec(elliptic.P384())
	default:
		return p, nil
	}
	if err != nil {
		return publicKey{}, err
	}
	if j.Alg != "" {
		kept := p.algorithms[:0]
		for _, a := range p.algorithms {
			if a == j.Alg {
				kept = append(kept, a)
			}
		}
		if p.algorithms = kept; len(kept) == 0 {
			return publicKey{}, nil
		}
	}
	return p, nil
}

func (j *jwk) rsa() (crypto.PublicKey, error) {
	n, err := number(j.N)
	if err != nil {
		return nil, err
	}
	e, err := number(j.E)
	if err != nil {
		return nil, err
	}
	switch {
	case n.BitLen() < minRSABits || n.BitLen() > maxRSABits || n.Bit(0) == 0:
		return nil, fmt.Errorf("RSA moduli have %d to %d bits", minRSABits, maxRSABits)
	case e.BitLen() > 31 || e.Int64() < 3 || e.Bit(0) == 0:
		return nil, errors.New("not a public exponent")
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
}

func (j *jwk) ec(curve elliptic.Curve) (crypto.PublicKey, error) {
	size := (curve.Params().BitSize + 7) / 8
	point := make([]byte, 1, 1+2*size)
	point[0] = 4 // uncompressed
	for _, s := range []string{j.X, j.Y} {
		b, err := base64.RawURLEncoding.Strict().DecodeString(s)
		if err != nil || len(b) != size {
			return nil, errors.New("not a coordinate of the curve")
		}
		point = append(point, b...)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil, errors.New("not a point of the curve")
	}
	return key, nil
}

func number(s string) (*big.Int, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) == 0 || len(b) > maxRSABits/8 {
		return nil, errors.New("not a number")
	}
	return new(big.Int).SetBytes(b), nil
}
