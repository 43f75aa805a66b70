package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/server"
)

func (k *offlineStore) submit(ctx context.Context, p engine.Payload) (engine.Outcome, error) {
	o, err := k.engine.Submit(ctx, engine.Command{Actor: k.actor(), Payload: p})
	if err == nil && o.Status != engine.StatusOK {
		err = fmt.Errorf("refused: %s %s", o.Status, o.Detail)
	}
	return o, err
}

func (k *offlineStore) make(ctx context.Context, p engine.CreateKey, days int) (madeKey, error) {
	id, secret, hash := server.NewKey()
	p.ID, p.Hash, p.ExpiresAt = id, hash, expiry(k.engine.Now(), days)
	o, err := k.submit(ctx, p)
	if err != nil {
		return madeKey{}, err
	}
	return madeKey{shownKey(o.APIKey, o.Now), secret}, nil
}

func (k *offlineStore) create(ctx context.Context, n newKey) (madeKey, error) {
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

func (k *offlineStore) rotate(ctx context.Context, tenant, id string, days int) (madeKey, error) {
	return k.make(ctx, engine.CreateKey{Tenant: tenant, Follows: id}, days)
}

func (k *offlineStore) revoke(ctx context.Context, tenant, id string) error {
	_, err := k.submit(ctx, engine.RevokeKey{Tenant: tenant, ID: id})
	return err
}

func (k *offlineStore) list(_ context.Context, tenant string) (list []keyShown, err error) {
	if tenant == "" {
		tenant = k.tenant
	}
	k.engine.Snapshot().APIKeys(tenant, "", func(key *engine.APIKey) bool {
		list = append(list, shownKey(key, k.engine.Now()))
		return true
	})
	return list, nil
}
