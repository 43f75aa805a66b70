package server

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// certificateEvery is how often the files of a certificate are looked at.
const certificateEvery = 30 * time.Second

// hstsValue tells browsers to come over TLS for a year.
const hstsValue = "max-age=31536000"

// Certificate is a TLS certificate in two files, read again when they change: new connections get the new one, those that
// are open go on. Safe for concurrent use.
type Certificate struct {
	certFile, keyFile string
	reading           sync.Mutex // one reading at a time: a slow one does not undo a later one
	current           atomic.Pointer[tls.Certificate]
	stamp             atomic.Pointer[string] // of the files that were read
}

// LoadCertificate reads a certificate chain and its key, both PEM. The key's file must not be for everybody to read, and
// the key must be RSA of 2048 bits or more, ECDSA of 256 or more, or Ed25519; the certificate must have begun and not ended.
func LoadCertificate(certFile, keyFile string) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile}
	return c, c.Reload()
}

// Reload reads the files again. If they are not good the certificate of before stays, and the error says why.
func (c *Certificate) Reload() error {
	c.reading.Lock()
	defer c.reading.Unlock()
	stamp, err := c.stamped()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("server: certificate: %w", err)
	}
	if err := goodPair(&pair, time.Now()); err != nil {
		return err
	}
	c.current.Store(&pair)
	c.stamp.Store(&stamp)
	return nil
}

// goodPair refuses weak keys and certificates that have ended or not begun.
func goodPair(pair *tls.Certificate, now time.Time) error {
	switch key := pair.Leaf.PublicKey.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < minRSABits {
			return fmt.Errorf("server: certificate: an RSA key of %d bits, at least %d", key.N.BitLen(), minRSABits)
		}
	case *ecdsa.PublicKey:
		if key.Curve.Params().BitSize < 256 {
			return errors.New("server: certificate: an ECDSA key of less than 256 bits")
		}
	case ed25519.PublicKey:
	default:
		return errors.New("server: certificate: a key of another kind than RSA, ECDSA and Ed25519")
	}
	if now.Before(pair.Leaf.NotBefore) {
		return fmt.Errorf("server: certificate: it begins at %s", pair.Leaf.NotBefore.UTC().Format(time.RFC3339))
	}
	if !now.Before(pair.Leaf.NotAfter) {
		return fmt.Errorf("server: certificate: it ended at %s", pair.Leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	return nil
}

// stamped tells versions of the files apart.
func (c *Certificate) stamped() (string, error) {
	var text string
	for _, name := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return "", fmt.Errorf("server: certificate: %w", err)
		}
		if name == c.keyFile && info.Mode().Perm()&0o007 != 0 {
			return "", fmt.Errorf("server: certificate: everybody may read %s; chmod 600 it", name)
		}
		if info.Mode().Perm()&0o022 != 0 {
			return "", fmt.Errorf("server: certificate: others than its owner may write %s; chmod go-w it", name)
		}
		text += fmt.Sprintln(info.ModTime().UnixNano(), info.Size())
	}
	return text, nil
}

// follow reads the files again when they have changed, until ctx ends.
func (c *Certificate) follow(ctx context.Context, log *slog.Logger, tick <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
		stamp, err := c.stamped()
		if err == nil && stamp == *c.stamp.Load() {
			continue
		}
		if err == nil {
			err = c.Reload()
		}
		if err != nil {
			log.Error("the certificate cannot be read again; the one of before stays", "error", err.Error())
			continue
		}
		log.Info("the certificate was read again")
	}
}

// config speaks TLS 1.3 and HTTP/1.1 alone.
func (c *Certificate) config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return c.current.Load(), nil
		},
	}
}
