package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
	"github.com/parleyhq/parley/server"
)

// storeKeys are the keys in a store that no server is using. Whoever may write its files may make keys.
type storeKeys struct {
	engine *engine.Engine
	tenant string
}

func openStoreKeys(ctx context.Context, s streams, dir string) (*storeKeys, error) {
	store, err := persist.Open(dir, persist.Options{MinFreeBytes: -1, Progress: newProgress(s.err, "check").update})
	if err != nil {
		return nil, err
	}
	identity := store.Identity()
	clock := engine.SystemClock()
	if identity.Sandbox {
		clock = engine.SandboxClock(1) // never before the store's last stamp
	}
	e, err := engine.Open(ctx, engine.Options{Log: store, Identity: identity, Clock: clock, Progress: newProgress(s.err, "replay").update})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the store cannot be used: %w", err), store.Close())
	}
	return &storeKeys{engine: e, tenant: identity.Tenant}, nil
}

// Close closes the store.
func (k *storeKeys) Close() error { return k.engine.Close() }

func (k *storeKeys) submit(ctx context.Context, p engine.Payload) (engine.Outcome, error) {
	o, err := k.engine.Submit(ctx, engine.Command{
		Actor: engine.Actor{Tenant: k.tenant, Principal: engine.LocalPrincipal, Role: engine.RoleAll, Source: "cli"}, Payload: p,
	})
	if err == nil && o.Status != engine.StatusOK {
		err = fmt.Errorf("refused: %s %s", o.Status, o.Detail)
	}
	return o, err
}

func (k *storeKeys) make(ctx context.Context, p engine.CreateKey, days int) (madeKey, error) {
	id, secret, hash := server.NewKey()
	p.ID, p.Hash, p.ExpiresAt = id, hash, expiry(k.engine.Now(), days)
	o, err := k.submit(ctx, p)
	if err != nil {
		return madeKey{}, err
	}
	return madeKey{shownKey(o.APIKey, o.Now), secret}, nil
}

func (k *storeKeys) create(ctx context.Context, n newKey) (madeKey, error) {
	if !k.engine.Snapshot().HasKeys() && n.Role != engine.RoleOperator {
		return madeKey{}, &failure{exitUsage, errors.New("the first key is an operator's, for only an operator makes others")}
	}
	for _, scope := range n.Scopes {
		if !server.HasScope(n.Role, scope) {
			return madeKey{}, &failure{exitUsage, fmt.Errorf("%s is no operation of the role %s", scope, n.Role)}
		}
	}
	return k.make(ctx, engine.CreateKey{
		Tenant: n.Tenant, Role: n.Role, Principal: n.Principal, ReviewerID: n.ReviewerID, NPIs: n.NPIs, Scopes: n.Scopes,
	}, n.days)
}

func (k *storeKeys) rotate(ctx context.Context, tenant, id string, days int) (madeKey, error) {
	return k.make(ctx, engine.CreateKey{Tenant: tenant, Follows: id}, days)
}

func (k *storeKeys) revoke(ctx context.Context, tenant, id string) error {
	_, err := k.submit(ctx, engine.RevokeKey{Tenant: tenant, ID: id})
	return err
}

func (k *storeKeys) list(_ context.Context, tenant string) (list []keyShown, err error) {
	if tenant == "" {
		tenant = k.tenant
	}
	k.engine.Snapshot().APIKeys(tenant, "", func(key *engine.APIKey) bool {
		list = append(list, shownKey(key, k.engine.Now()))
		return true
	})
	return list, nil
}
