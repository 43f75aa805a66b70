package engine

// Callbacks yields a tenant's callback requests in order of id, from the first id
// that is not below from.
func (s *Snapshot) Callbacks(tenant, from string, yield func(*CallbackRequest) bool) {
	s.state.callbacks.from(tenant, from, func(r *CallbackRequest) bool {
		return !s.scope.seesCallback(s.state, r) || yield(r)
	})
}
