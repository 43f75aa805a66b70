package persist

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// FuzzManifest gives any bytes to the reader of manifests, and any manifest, sealed anew, so that
// fuzzing gets past the seal. What is taken is what would be written, and names no file outside
// of the backup.
func FuzzManifest(f *testing.F) {
	whole, err := Manifest{
		Version: manifestVersion, StoreID: testIdentity().StoreID, Format: 2, Tenant: "acme", Sequence: 9, Chain: strings.Repeat("00", hashBytes),
		Files: []BackupFile{{Name: identityName, Bytes: 100, SHA256: strings.Repeat("11", hashBytes)}, {Name: "pebble/000004.log"}},
	}.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add(bytes.Replace(whole, []byte("pebble/"), []byte("../../"), 1))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, b := range [][]byte{text, sealedAnew(text)} {
			m, err := decodeManifest(b)
			if err != nil {
				if !errors.Is(err, engine.ErrCorrupt) && !errors.Is(err, ErrNewerFormat) {
					t.Fatalf("refused with %v", err)
				}
				continue
			}
			if again, err := m.encode(); err != nil || !bytes.Equal(again, b) {
				t.Fatalf("taken, and written otherwise: %v", err)
			}
			for _, file := range m.Files {
				if strings.Contains(file.Name, "..") || strings.HasPrefix(file.Name, "/") {
					t.Fatalf("names %q", file.Name)
				}
			}
		}
	})
}

// sealedAnew returns the manifest in text with a seal that fits, nil if there is none in it.
func sealedAnew(text []byte) []byte {
	var m Manifest
	if json.Unmarshal(text, &m) != nil {
		return nil
	}
	m.Version = manifestVersion
	b, err := m.encode()
	if err != nil {
		return nil
	}
	return b
}
