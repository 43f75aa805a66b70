package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
)

// place is a store that no server is using, or a running server. Whoever embeds it says who asks a server (set:"asker=…").
type place struct {
	Data string `type:"path" placeholder:"DIR" xor:"place" required:"" help:"Directory of a store that no server is using."`
	To   string `placeholder:"URL" xor:"place" required:"" env:"PARLEY_URL" help:"Base URL of a running server, asked with the key of ${asker} (${env})."`
	clockFlag
	credential
}

// client asks the server, which may take so long for an answer.
func (p *place) client(patience time.Duration) (*client, error) {
	return newClient(p.To, p.credential, patience)
}

// store opens the store.
func (p *place) store(ctx context.Context, s streams) (*offlineStore, error) {
	return openOffline(ctx, s, p.Data, offline{clock: p.clockFlag})
}

// clockFlag lets a store be opened that was at rest for long.
type clockFlag struct {
	AcceptClock bool `env:"PARLEY_ACCEPT_CLOCK" help:"Open a store although the machine's clock is more than 31 days ahead of its last entry (${env})."`
}

// advance is how far the clock may be ahead of the store: the usual, or any.
func (f clockFlag) advance() int {
	if f.AcceptClock {
		return -1
	}
	return engine.DefaultClockAdvance
}

// offline says how a store is opened that no server is using.
type offline struct {
	clock   clockFlag
	keys    *engine.DataKeys // nil = sealed parts stay closed
	protect bool             // the active key wraps the store's secret from now on
}

// offlineStore is an engine on a store that no server is using. Whoever may write its files may do everything.
type offlineStore struct {
	engine *engine.Engine
	tenant string
}

// openOffline opens the store in a directory.
func openOffline(ctx context.Context, s streams, dir string, o offline) (*offlineStore, error) {
	store, err := openDir(dir, persist.Options{MinFreeBytes: -1, Keys: o.keys, Progress: newProgress(s.err, "check").update})
	if err != nil {
		return nil, err
	}
	identity := store.Identity()
	clock := engine.SystemClock()
	if identity.Sandbox {
		clock = engine.SandboxClock(1) // never before the store's last stamp
	}
	e, err := engine.Open(ctx, engine.Options{
		Log: store, Identity: identity, Clock: clock, ClockAdvance: o.clock.advance(), Keys: o.keys, Random: rand.Reader,
		Progress: newProgress(s.err, "replay").update,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the store cannot be used: %w", err), store.Close())
	}
	if o.protect && o.keys != nil {
		if err := store.Protect(o.keys); err != nil {
			return nil, errors.Join(err, e.Close())
		}
	}
	return &offlineStore{engine: e, tenant: identity.Tenant}, nil
}

// Close closes the store.
func (k *offlineStore) Close() error { return k.engine.Close() }

// actor is whoever runs the command.
func (k *offlineStore) actor() engine.Actor {
	return engine.Actor{Tenant: k.tenant, Principal: engine.LocalPrincipal, Role: engine.RoleAll, Source: "cli"}
}
