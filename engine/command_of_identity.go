package engine

// accessPayload returns the payload of an entry about tenants and keys.
func (e *entry) accessPayload(before *state) (Payload, bool) {
	q := &e.question
	switch e.kind {
	case KindPutTenant:
		if f, ok := find[*putTenant](e); ok {
			return PutTenant{Tenant: *f.image, Expect: q.expect}, true
		}
		if t, ok := before.tenants.get("", e.subject); ok {
			return PutTenant{Tenant: *t, Expect: q.expect}, true
		}
	case KindCreateKey:
		if f, ok := find[*putAPIKey](e); ok {
			k := f.image
			p := CreateKey{Tenant: k.Tenant, ID: k.ID, Hash: k.Hash, Follows: q.follows, ExpiresAt: k.ExpiresAt}
			if q.follows == "" {
				p.Role, p.Principal, p.ReviewerID, p.NPIs, p.Scopes = k.Role, k.Principal, k.ReviewerID, k.NPIs, k.Scopes
			}
			return p, true
		}
	case KindAnchorJournal:
		return e.anchorsOf(before), true
	case KindRevokeKey:
		return RevokeKey{Tenant: q.tenant, ID: e.subject, Expect: q.expect}, true
	case KindReseal:
		return e.resealOf(before), true
	}
	return nil, false
}
