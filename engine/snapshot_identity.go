package engine

// Within returns the snapshot as somebody sees it whose scope is x: cases, calls,
// holds and callback requests outside of it are not there, and for a reviewer no other
// reviewer. Rules and what the matcher sees are as they are. A nil scope is the snapshot itself.
func (s *Snapshot) Within(x *Scope) *Snapshot {
	if x == nil {
		return s
	}
	narrow := *s
	narrow.scope = x
	return &narrow
}

// AccessSeq changes whenever a tenant or a key does: it is the position of the entry
// that did so, or where this process began.
func (s *Snapshot) AccessSeq() Seq { return s.state.accessSeq }

// HasKeys reports whether any tenant has a key, alive or not.
func (s *Snapshot) HasKeys() bool { return s.state.apiKeys.len() > 0 }

// APIKey returns a key of a tenant by its id.
func (s *Snapshot) APIKey(tenant, id string) (*APIKey, bool) { return s.state.apiKeys.get(tenant, id) }

// APIKeyByID returns a key by its id alone, whosever it is: for authentication.
func (s *Snapshot) APIKeyByID(id string) (*APIKey, bool) { return s.state.apiKey(id) }

// APIKeys yields a tenant's keys in order of id, from the first id that is not
// below from.
func (s *Snapshot) APIKeys(tenant, from string, yield func(*APIKey) bool) {
	s.state.apiKeys.from(tenant, from, yield)
}

// Tenant returns a tenant by id; the one that a store was made for may have no record.
func (s *Snapshot) Tenant(id string) (*Tenant, bool) { return s.state.tenants.get("", id) }

// Tenants yields the tenants in order of id, from the first id that is not below from.
func (s *Snapshot) Tenants(from string, yield func(*Tenant) bool) {
	s.state.tenants.from("", from, yield)
}

// Sees reports whether what an outcome answers with is in the snapshot's scope, whatever has become of it: a
// first answer that is given once more may be about what its caller sees no more.
func (s *Snapshot) Sees(o *Outcome) bool {
	switch x := s.scope; {
	case x == nil:
		return true
	case o.Appointment != nil && !x.seesAppointment(s.state, o.Appointment):
		return false
	case o.Callback != nil && !x.seesCallback(s.state, o.Callback):
		return false
	case o.Hold != nil && !x.seesHold(s.state, o.Hold):
		return false
	case o.Case != nil:
		return x.sees(s.state, o.Case)
	}
	return true
}
