package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// keyCmd makes keys, in a store that no server is using or through a server.
type keyCmd struct {
	Create keyCreateCmd `cmd:"" help:"Make a key. Its secret is told once."`
	List   keyListCmd   `cmd:"" help:"List the keys of a tenant."`
	Rotate keyRotateCmd `cmd:"" help:"Make the key that takes the place of another one; both are taken until one ends."`
	Revoke keyRevokeCmd `cmd:"" help:"End a key at once."`
}

// keyPlace is where keys are.
type keyPlace struct {
	place  `set:"asker=an operator"`
	Tenant string `placeholder:"ID" help:"Another tenant than that of the store or of the operator."`
}

// keyring is a place in which keys are made. Ends are days from now.
type keyring interface {
	create(ctx context.Context, k newKey) (madeKey, error)
	rotate(ctx context.Context, tenant, id string, days int) (madeKey, error)
	revoke(ctx context.Context, tenant, id string) error
	list(ctx context.Context, tenant string) ([]keyShown, error)
	Close() error
}

// newKey is what a key is made of.
type newKey struct {
	Tenant     string   `json:"tenant,omitzero"`
	Principal  string   `json:"principal"`
	Role       string   `json:"role"`
	ReviewerID string   `json:"reviewerId,omitzero"`
	NPIs       []string `json:"npis,omitzero"`
	Scopes     []string `json:"scopes,omitzero"`
	ExpiresAt  string   `json:"expiresAt"`
	days       int
}

// keyShown is a key as it is told.
type keyShown struct {
	ID         string   `json:"id"`
	Tenant     string   `json:"tenant"`
	Principal  string   `json:"principal"`
	Role       string   `json:"role"`
	ReviewerID string   `json:"reviewerId"`
	NPIs       []string `json:"npis"`
	Scopes     []string `json:"scopes"`
	ExpiresAt  string   `json:"expiresAt"`
	RevokedAt  string   `json:"revokedAt"`
	Live       bool     `json:"live"`
}

type madeKey struct {
	keyShown
	Secret string `json:"secret"`
}

// open opens the place.
func (p *keyPlace) open(ctx context.Context, s streams) (keyring, error) {
	if p.Data != "" {
		return p.store(ctx, s)
	}
	return p.client(keyTimeout)
}

// with runs do in the place.
func (p *keyPlace) with(ctx context.Context, s streams, do func(keyring) error) (err error) {
	keys, err := p.open(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keys.Close()) }()
	return do(keys)
}

type keyCreateCmd struct {
	Principal string   `arg:"" help:"Whose key it is: a name for an office, a person or a system, without spaces."`
	Role      string   `required:"" enum:"requester,reviewer,coordinator,rules_author,auditor,operator" help:"requester, reviewer, coordinator, rules_author, auditor or operator."`
	Reviewer  string   `placeholder:"ID" help:"With the role reviewer: who it is."`
	NPI       []string `name:"npi" placeholder:"NPI" help:"With the role requester: the office's NPIs."`
	Scope     []string `placeholder:"OPERATION" help:"Narrow the key to these operations (operationId in the OpenAPI document)."`
	keyEnd
	keyPlace
}

// keyEnd says how long a key lives and where its secret goes.
type keyEnd struct {
	Days int    `default:"90" help:"Days until it ends, 1 to 366."`
	Out  string `type:"path" placeholder:"FILE" help:"Write the secret to a new file that its owner alone may read, for --key-file; otherwise it is printed."`
}

func (e *keyEnd) check() error {
	if e.Days < 1 || e.Days > 366 {
		return &failure{exitUsage, errors.New("--days must be 1 to 366")}
	}
	return nil
}

// expiry is when a key ends that is made now.
func expiry(now slots.Instant, days int) slots.Instant {
	return now + slots.Instant(days)*24*slots.Hour
}

// Run makes the key and tells its secret.
func (c *keyCreateCmd) Run(ctx context.Context, s streams) error {
	if err := c.check(); err != nil {
		return err
	}
	return c.with(ctx, s, func(keys keyring) error {
		return c.tell(s, func() (madeKey, error) {
			return keys.create(ctx, newKey{
				Tenant: c.Tenant, Principal: c.Principal, Role: c.Role, ReviewerID: c.Reviewer, NPIs: c.NPI, Scopes: c.Scope, days: c.Days,
			})
		})
	})
}

// tell makes a key and writes its secret to where it was asked for, and the rest beside it. The file is opened first: a
// key whose secret goes nowhere is never made.
func (e *keyEnd) tell(s streams, create func() (madeKey, error)) error {
	if e.Out != "" {
		return newPrivateFile(e.Out, func(to io.Writer) error { return e.tellTo(to, s, create) })
	}
	return e.tellTo(s.out, s, create)
}

func (e *keyEnd) tellTo(to io.Writer, s streams, create func() (madeKey, error)) error {
	made, err := create()
	if err != nil {
		return err
	}
	printKey(s.err, made.keyShown)
	if made.Secret == "" {
		return errors.New("the server did not tell the secret; revoke the key and make another one")
	}
	if _, err := fmt.Fprintln(to, made.Secret); err != nil {
		return fmt.Errorf("the key %s is made, but its secret cannot be written (revoke it): %w", made.ID, err)
	}
	return nil
}

type keyRotateCmd struct {
	ID string `arg:"" help:"Id of a key that is live."`
	keyEnd
	keyPlace
}

// Run makes the next key.
func (c *keyRotateCmd) Run(ctx context.Context, s streams) error {
	if err := c.check(); err != nil {
		return err
	}
	return c.with(ctx, s, func(keys keyring) error {
		return c.tell(s, func() (madeKey, error) { return keys.rotate(ctx, c.Tenant, c.ID, c.Days) })
	})
}

type keyRevokeCmd struct {
	ID string `arg:"" help:"Id of the key."`
	keyPlace
}

// Run ends the key.
func (c *keyRevokeCmd) Run(ctx context.Context, s streams) error {
	return c.with(ctx, s, func(keys keyring) error {
		if err := keys.revoke(ctx, c.Tenant, c.ID); err != nil {
			return err
		}
		_, err := fmt.Fprintf(s.out, "%s is revoked.\n", c.ID)
		return err
	})
}

type keyListCmd struct{ keyPlace }

// Run prints a line for each key.
func (c *keyListCmd) Run(ctx context.Context, s streams) error {
	return c.with(ctx, s, func(keys keyring) error {
		list, err := keys.list(ctx, c.Tenant)
		for _, k := range list {
			printKey(s.out, k)
		}
		return err
	})
}

func printKey(w io.Writer, k keyShown) {
	var of []string
	if k.ReviewerID != "" {
		of = append(of, "reviewer "+k.ReviewerID)
	}
	if len(k.NPIs) > 0 {
		of = append(of, "NPIs "+strings.Join(k.NPIs, ","))
	}
	if len(k.Scopes) > 0 {
		of = append(of, "only "+strings.Join(k.Scopes, ","))
	}
	state := "live until " + k.ExpiresAt
	switch {
	case k.RevokedAt != "":
		state = "revoked " + k.RevokedAt
	case !k.Live:
		state = "ended " + k.ExpiresAt
	}
	fmt.Fprintf(w, "%s  %s  %s/%s  %s  %s\n", k.ID, state, k.Tenant, k.Principal, k.Role, strings.Join(of, "; "))
}

// shownKey tells a key of the engine.
func shownKey(k *engine.APIKey, now slots.Instant) keyShown {
	text := func(t slots.Instant) string {
		if t == 0 {
			return ""
		}
		return string(slots.AppendInstant(nil, t, slots.UTC()))
	}
	return keyShown{
		ID: k.ID, Tenant: k.Tenant, Principal: k.Principal, Role: k.Role, ReviewerID: k.ReviewerID, NPIs: k.NPIs, Scopes: k.Scopes,
		ExpiresAt: text(k.ExpiresAt), RevokedAt: text(k.RevokedAt), Live: k.LiveAt(now),
	}
}

// keyTimeout bounds a call about keys.
const keyTimeout = 30 * time.Second
