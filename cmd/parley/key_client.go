package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/go-json-experiment/json"

	"github.com/parleyhq/parley/slots"
)

// keyClient asks a server about keys.
type keyClient struct {
	base *url.URL
	http *http.Client
}

func newKeyClient(base string, c credential) (*keyClient, error) {
	u, err := baseURL(base)
	if err != nil {
		return nil, &failure{exitUsage, err}
	}
	client, err := c.client(u, keyTimeout)
	if err != nil {
		return nil, err
	}
	return &keyClient{base: u, http: client}, nil
}

// Close does nothing: the client keeps nothing.
func (c *keyClient) Close() error { return nil }

// ask sends one request. A key is not asked for again after a failure: the answer to the second would not tell the secret.
func (c *keyClient) ask(ctx context.Context, method, path string, query url.Values, in, out any) error {
	u := c.base.JoinPath(path)
	u.RawQuery = query.Encode()
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", "key-"+rand.Text())
	}
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, rulesAnswer))
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return refusedByServer(res.Status, answer)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("unexpected answer: %w", err)
	}
	return nil
}

// keyExpiry is the wire's text of days from now, by the server's clock.
func (c *keyClient) keyExpiry(ctx context.Context, days int) (string, error) {
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

func (c *keyClient) create(ctx context.Context, k newKey) (made madeKey, err error) {
	if k.ExpiresAt, err = c.keyExpiry(ctx, k.days); err != nil {
		return made, err
	}
	return made, c.ask(ctx, http.MethodPost, "/v1/keys", nil, k, &made)
}

func (c *keyClient) rotate(ctx context.Context, tenant, id string, days int) (made madeKey, err error) {
	in := struct {
		Tenant    string `json:"tenant,omitzero"`
		ExpiresAt string `json:"expiresAt"`
	}{Tenant: tenant}
	if in.ExpiresAt, err = c.keyExpiry(ctx, days); err != nil {
		return made, err
	}
	return made, c.ask(ctx, http.MethodPost, "/v1/keys/"+url.PathEscape(id)+"/rotate", nil, in, &made)
}

func (c *keyClient) revoke(ctx context.Context, tenant, id string) error {
	return c.ask(ctx, http.MethodDelete, "/v1/keys/"+url.PathEscape(id), ofTenant(tenant), nil, nil)
}

func (c *keyClient) list(ctx context.Context, tenant string) (list []keyShown, err error) {
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
