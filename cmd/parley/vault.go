package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/parleyhq/parley/engine"
)

// vaultTimeout bounds one request about the vault: it may read every record of a large store.
const vaultTimeout = 5 * time.Minute

// vaultCmd looks after the keys that encrypt personal data at rest.
type vaultCmd struct {
	NewKey vaultNewKeyCmd `cmd:"" name:"new-key" help:"Add a data key to a file, making the file if it is missing."`
	Rotate vaultRotateCmd `cmd:"" help:"Make the newest data key of a file the one that encrypts."`
	Status vaultStatusCmd `cmd:"" help:"Count the sealed parts of a store by data key."`
	Reseal vaultResealCmd `cmd:"" help:"Bring all sealed parts of a store under the active data key."`
}

type vaultNewKeyCmd struct {
	File string `arg:"" type:"path" help:"File of data keys."`
}

// Run adds a key: the first one is active, each later one is next.
func (c *vaultNewKeyCmd) Run(s streams) error {
	keys, err := readKeysOf(c.File)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &failure{exitUsage, err}
	}
	k := engine.DataKey{ID: 1, State: engine.DataKeyActive}
	for _, old := range keys {
		k.ID, k.State = max(k.ID, old.ID+1), engine.DataKeyNext
	}
	rand.Read(k.Secret[:]) // never fails: it ends the program instead
	if err := writeKeysTo(c.File, append(keys, k)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "Data key %d is in %s, %s. Keep a copy of the file elsewhere: without its keys nobody reads personal data again.\n", k.ID, c.File, k.State)
	return err
}

type vaultRotateCmd struct {
	File string `arg:"" type:"path" help:"File of data keys."`
}

// Run makes the newest key that is next the active one, and the active one old.
func (c *vaultRotateCmd) Run(s streams) error {
	keys, err := readKeysOf(c.File)
	if err != nil {
		return &failure{exitUsage, err}
	}
	newest := -1
	for i, k := range keys {
		if k.State == engine.DataKeyNext && (newest < 0 || k.ID > keys[newest].ID) {
			newest = i
		}
	}
	if newest < 0 {
		return &failure{exitUsage, errors.New("no data key is next; make one with: parley vault new-key")}
	}
	for i := range keys {
		if keys[i].State == engine.DataKeyActive {
			keys[i].State = engine.DataKeyOld
		}
	}
	keys[newest].State = engine.DataKeyActive
	if err := writeKeysTo(c.File, keys); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "Data key %d is active. A server takes it in within a minute, or on SIGHUP; then: parley vault reseal.\n", keys[newest].ID)
	return err
}

func readKeysOf(name string) ([]engine.DataKey, error) {
	text, err := readSecretFile(name, maxDataKeysBytes)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	return parseDataKeys(text)
}

// writeKeysTo replaces a file of data keys at once, or not at all; it stays its owner's, who
// reads it when the server starts. A ring that nobody would take is not written.
func writeKeysTo(name string, keys []engine.DataKey) error {
	if _, err := engine.NewDataKeys(keys); err != nil {
		return &failure{exitUsage, err}
	}
	owners := []int{os.Geteuid()}
	if owner, ok := ownerOf(os.Stat(name)); ok { // to whom likeOwner gives it
		owners = append(owners, owner)
	}
	if err := removeLeftKeys(filepath.Dir(name), owners); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), leftKeys+"*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already, if all went well
	_, err = f.Write(formatDataKeys(keys))
	if err = errors.Join(err, likeOwner(f, name), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// leftKeys begins the name under which a file of data keys is written; digits follow.
const leftKeys = ".datakeys-"

// removeLeftKeys removes what writes that were killed have left in a directory, if it is one of the owners': all secrets of a
// ring are in it. A write that another process is at fails by it, and changes nothing.
func removeLeftKeys(dir string, owners []int) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		digits, ours := strings.CutPrefix(e.Name(), leftKeys)
		if !ours || digits == "" || strings.Trim(digits, "0123456789") != "" || !e.Type().IsRegular() {
			continue
		}
		left := filepath.Join(dir, e.Name())
		if owner, ok := ownerOf(os.Lstat(left)); !ok || !slices.Contains(owners, owner) {
			continue
		}
		if err := os.Remove(left); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// ownerOf tells whose a file is, where that is known.
func ownerOf(info fs.FileInfo, err error) (owner int, ok bool) {
	if err != nil {
		return 0, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}

// likeOwner gives a file to the owner of another one, if there is that and it has another owner.
func likeOwner(f *os.File, name string) error {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	old, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(old.Uid) == os.Geteuid() {
		return nil
	}
	return f.Chown(int(old.Uid), int(old.Gid))
}

// vaultPlace is where the sealed parts are.
type vaultPlace struct {
	place `set:"asker=an operator"`
	dataKeyFlags
}

// vaultStatus is how a store keeps personal data, as a server tells it.
type vaultStatus struct {
	Encrypted bool    `json:"encrypted"`
	Active    *uint32 `json:"active"`
	Keys      []struct {
		ID    uint32 `json:"id"`
		State string `json:"state"`
		Parts int    `json:"parts"`
	} `json:"keys"`
}

// resealStep is how far a step has come.
type resealStep struct {
	Resealed int  `json:"resealed"`
	Missing  int  `json:"missing"`
	Done     bool `json:"done"`
}

type vaultStatusCmd struct{ vaultPlace }

// Run prints a line for each key.
func (c *vaultStatusCmd) Run(ctx context.Context, s streams) error {
	if c.To != "" {
		client, err := c.client(vaultTimeout)
		if err != nil {
			return err
		}
		var v vaultStatus
		if err := client.ask(ctx, http.MethodGet, "/v1/vault", nil, nil, &v); err != nil {
			return err
		}
		for _, k := range v.Keys {
			printParts(s.out, k.ID, k.State, k.Parts)
		}
		return nil
	}
	store, keys, err := c.open(ctx, s, false)
	if err != nil {
		return err
	}
	counts := store.engine.Snapshot().KeyCounts()
	for _, id := range keys.IDs() {
		if !slices.ContainsFunc(counts, func(n engine.KeyCount) bool { return n.KeyID == id }) {
			counts = append(counts, engine.KeyCount{KeyID: id})
		}
	}
	for _, n := range counts {
		state := string(keys.State(n.KeyID))
		switch {
		case n.KeyID == 0:
			state = "clear"
		case state == "":
			state = "missing"
		}
		printParts(s.out, n.KeyID, state, n.Parts)
	}
	return store.Close()
}

func printParts(w io.Writer, id uint32, state string, parts int) {
	name := fmt.Sprintf("key %d", id)
	if id == 0 {
		name = "no key"
	}
	fmt.Fprintf(w, "%-10s %-8s %9d parts\n", name, state, parts)
}

type vaultResealCmd struct{ vaultPlace }

// Run goes from the first record to the last.
func (c *vaultResealCmd) Run(ctx context.Context, s streams) error {
	step, done, err := c.steps(ctx, s)
	if err != nil {
		return err
	}
	total := resealStep{}
	bar := newProgress(s.err, "reseal")
	for !total.Done {
		did, err := step()
		if err != nil {
			return errors.Join(err, done())
		}
		total.Resealed += did.Resealed
		total.Missing += did.Missing
		total.Done = did.Done
		bar.update(uint64(total.Resealed), uint64(total.Resealed))
	}
	fmt.Fprintf(s.out, "%d parts are under the active data key now.\n", total.Resealed)
	if total.Missing > 0 {
		return errors.Join(&failure{exitNotWhole, fmt.Errorf("%d parts could not be opened: their key is not there", total.Missing)}, done())
	}
	return done()
}

// steps returns what takes one step, and what ends it all.
func (c *vaultResealCmd) steps(ctx context.Context, s streams) (step func() (resealStep, error), done func() error, err error) {
	if c.To != "" {
		client, err := c.client(vaultTimeout)
		if err != nil {
			return nil, nil, err
		}
		restart := true
		return func() (out resealStep, err error) {
			err = client.ask(ctx, http.MethodPost, "/v1/vault/reseal", nil, map[string]bool{"restart": restart}, &out)
			restart = false
			return out, err
		}, client.Close, nil
	}
	store, keys, err := c.open(ctx, s, true)
	if err != nil {
		return nil, nil, err
	}
	if keys == nil {
		return nil, nil, errors.Join(&failure{exitUsage, errors.New("--data-keys or --data-keys-command is needed")}, store.Close())
	}
	var at engine.ResealPlace
	return func() (resealStep, error) {
		next, did, err := store.engine.Reseal(ctx, engine.Command{Actor: store.actor()}, at)
		at = next
		return resealStep{did.Resealed, did.Missing, next.Done()}, err
	}, store.Close, nil
}

// open opens the store with its data keys, of which the active one wraps its secret from then on if it is to be changed.
func (p *vaultPlace) open(ctx context.Context, s streams, protect bool) (*offlineStore, *engine.DataKeys, error) {
	keys, err := p.ring(ctx)
	if err != nil {
		return nil, nil, err
	}
	store, err := openOffline(ctx, s, p.Data, offline{clock: p.clockFlag, keys: keys, protect: protect})
	return store, keys, err
}
