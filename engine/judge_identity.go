package engine

import "slices"

func (j *judging) putTenant(p PutTenant) decision {
	image := p.Tenant
	image.CreatedAt, image.UpdatedAt, image.Version = j.now, 0, 0
	old, known := j.s.tenants.get("", image.ID)
	if known {
		image.CreatedAt, image.UpdatedAt, image.Version = old.CreatedAt, old.UpdatedAt, old.Version
	}
	switch {
	case stale(p.Expect, image.Version):
		return refuse(StatusStaleVersion, "tenant")
	case image.Disabled && image.ID == j.actor.Tenant:
		return refuse(StatusInvalid, "own_tenant")
	case !known && j.s.tenants.len() >= MaxTenants:
		return refuse(StatusInvalid, "too_many_tenants")
	}
	d := decision{subject: image.ID, created: !known, question: question{expect: p.Expect}}
	if known && same(old, &image, (*codec).tenant) {
		return d
	}
	image.Version++
	image.UpdatedAt = j.now
	d.effects = []effect{&putTenant{&image}}
	return d
}

// createKey refuses in this order: what is not there, what is never valid, too many.
func (j *judging) createKey(p CreateKey) decision {
	image := &APIKey{
		Tenant: j.tenantOr(p.Tenant), ID: p.ID, Hash: p.Hash, Role: p.Role, Principal: p.Principal, ReviewerID: p.ReviewerID,
		NPIs: p.NPIs, Scopes: p.Scopes, CreatedAt: j.now, CreatedBy: j.actor.Principal, ExpiresAt: p.ExpiresAt, Version: 1,
	}
	if _, known := j.s.tenants.get("", image.Tenant); !known && image.Tenant != j.actor.Tenant {
		return refuse(StatusNotFound, "tenant")
	}
	if p.Follows != "" {
		old, ok := j.s.apiKeys.get(image.Tenant, p.Follows)
		if !ok || !old.LiveAt(j.now) {
			return refuse(StatusNotFound, "key")
		}
		image.Role, image.Principal, image.ReviewerID = old.Role, old.Principal, old.ReviewerID
		image.NPIs, image.Scopes = old.NPIs, old.Scopes
	}
	switch _, taken := j.s.tenantOfKey(image.ID); {
	case taken:
		return refuse(StatusInvalid, "id_in_use")
	case image.ExpiresAt <= j.now, image.ExpiresAt > j.now+MaxKeyLife:
		return refuse(StatusInvalid, "expires_at")
	}
	kept := j.s.principalKeys(image.Tenant, image.Principal)
	live := 0
	for _, k := range kept {
		if k.LiveAt(j.now) {
			live++
		}
	}
	switch {
	case live >= MaxLiveKeys:
		return refuse(StatusTooManyKeys, "principal")
	case j.s.tenantKeys(image.Tenant) >= MaxKeys && len(kept) < MaxKeptKeys:
		return refuse(StatusTooManyKeys, "tenant")
	}
	d := decision{subject: image.ID, created: true, question: question{follows: p.Follows}}
	for _, k := range kept[min(len(kept), MaxKeptKeys-1):] {
		d.effects = append(d.effects, &dropAPIKey{tenant: k.Tenant, id: k.ID})
	}
	d.effects = slices.Insert(d.effects, 0, effect(&putAPIKey{image}))
	return d
}

func (j *judging) revokeKey(p RevokeKey) decision {
	old, ok := j.s.apiKeys.get(j.tenantOr(p.Tenant), p.ID)
	switch {
	case !ok:
		return refuse(StatusNotFound, "key")
	case stale(p.Expect, old.Version):
		return refuse(StatusStaleVersion, "key")
	}
	d := decision{subject: p.ID, question: question{tenant: p.Tenant, expect: p.Expect}}
	if old.RevokedAt != 0 {
		return d
	}
	image := *old
	image.RevokedAt = j.now
	image.Version++
	d.effects = []effect{&putAPIKey{&image}}
	return d
}

// tenantOr is the tenant that a command names, or the actor's.
func (j *judging) tenantOr(named string) string {
	if named != "" {
		return named
	}
	return j.actor.Tenant
}
