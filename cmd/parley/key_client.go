package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/parleyhq/parley/slots"
)

// Keys through a server.

// keyExpiry is the wire's text of days from now, by the server's clock.
func (c *client) keyExpiry(ctx context.Context, days int) (string, error) {
	var ready struct {
		Now string `json:"now"`
	}
	if err := c.ask(ctx, http.MethodGet, "/readyz", nil, nil, &ready); err != nil {
		return "", err
	}
	now, _, err := slots.ParseInstant(ready.Now)
	if err != nil {
		return "", fmt.Errorf("unexpected answer: %w", err)
	}
	return string(slots.AppendInstant(nil, expiry(now, days), slots.UTC())), nil
}

func (c *client) create(ctx context.Context, k newKey) (made madeKey, err error) {
	if k.ExpiresAt, err = c.keyExpiry(ctx, k.days); err != nil {
		return made, err
	}
	return made, c.ask(ctx, http.MethodPost, "/v1/keys", nil, k, &made)
}

func (c *client) rotate(ctx context.Context, tenant, id string, days int) (made madeKey, err error) {
	in := struct {
		Tenant    string `json:"tenant,omitzero"`
		ExpiresAt string `json:"expiresAt"`
	}{Tenant: tenant}
	if in.ExpiresAt, err = c.keyExpiry(ctx, days); err != nil {
		return made, err
	}
	return made, c.ask(ctx, http.MethodPost, "/v1/keys/"+url.PathEscape(id)+"/rotate", nil, in, &made)
}

func (c *client) revoke(ctx context.Context, tenant, id string) error {
	return c.ask(ctx, http.MethodDelete, "/v1/keys/"+url.PathEscape(id), ofTenant(tenant), nil, nil)
}

func (c *client) list(ctx context.Context, tenant string) (list []keyShown, err error) {
	query := ofTenant(tenant)
	for {
		var page struct {
			Keys       []keyShown `json:"keys"`
			NextCursor string     `json:"nextCursor"`
		}
		if err := c.ask(ctx, http.MethodGet, "/v1/keys", query, nil, &page); err != nil {
			return list, err
		}
		if list = append(list, page.Keys...); page.NextCursor == "" {
			return list, nil
		}
		query.Set("cursor", page.NextCursor)
	}
}

func ofTenant(tenant string) url.Values {
	query := url.Values{}
	if tenant != "" {
		query.Set("tenant", tenant)
	}
	return query
}
