package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
)

// dataKeysEvery is how often a file of data keys is looked at for a change.
const dataKeysEvery = time.Minute

// followDataKeys takes a changed ring into use: on SIGHUP, and when its file has changed.
// One that cannot be read, lacks a key of the one before that is not old, or has one with another secret, is not used.
func (f *dataKeyFlags) followDataKeys(ctx context.Context, log *slog.Logger, store *persist.Store, vault *engine.Vault) {
	if vault.Keys() == nil {
		return
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGHUP)
	tick := time.NewTicker(dataKeysEvery)
	watch := f.watch()
	go func() {
		defer signal.Stop(asked)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-asked:
			case <-tick.C:
				if !watch.due() {
					continue
				}
			}
			err := f.take(ctx, store, vault)
			watch.missed = err != nil
			if err != nil {
				log.Error("the data keys cannot be taken in; those of before stay in use", "error", err.Error())
				continue
			}
			log.Info("the data keys were read again", "dataKey", vault.Keys().Active())
		}
	}()
}

// keyFileWatch looks at a file of data keys from time to time.
type keyFileWatch struct {
	name   string // "" = there is none
	last   time.Time
	missed bool // what changed last was not taken in: chmod, for one, leaves the time of a file as it is
}

func (f *dataKeyFlags) watch() *keyFileWatch {
	w := &keyFileWatch{name: f.DataKeys}
	w.due()
	return w
}

// due reports whether the file has changed since it was called last, or has yet to be taken in.
func (w *keyFileWatch) due() bool {
	if w.name == "" {
		return false
	}
	var at time.Time
	if info, err := os.Stat(w.name); err == nil {
		at = info.ModTime()
	}
	differs := !at.Equal(w.last)
	w.last = at
	return differs || w.missed
}

// take reads the ring and uses it: the store's own secret first, so that no key seals
// before the store is opened with it.
func (f *dataKeyFlags) take(ctx context.Context, store *persist.Store, vault *engine.Vault) error {
	keys, err := f.ring(ctx)
	if err != nil {
		return err
	}
	for _, id := range vault.Keys().IDs() {
		if vault.Keys().State(id) != engine.DataKeyOld && !slices.Contains(keys.IDs(), id) {
			return fmt.Errorf("data key %d is missing, which was not old", id)
		}
	}
	if id := vault.Keys().Contradicts(keys); id != 0 {
		return fmt.Errorf("data key %d has another secret than before: what is sealed would not open, and what was sealed from now on would be lost with the key", id)
	}
	if err := store.Protect(keys); err != nil {
		return err
	}
	vault.Use(keys)
	return nil
}
