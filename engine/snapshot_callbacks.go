package engine

// Callback returns a callback request by id.
func (s *Snapshot) Callback(tenant, id string) (*CallbackRequest, bool) {
	return s.state.callbacks.get(tenant, id)
}

// OpenCallback returns the callback request with which a case waits for a
// reviewer; there is at most one.
func (s *Snapshot) OpenCallback(tenant, caseID string) (*CallbackRequest, bool) {
	return s.state.openRequest(tenant, caseID)
}

// CallbacksQueued yields the queued callback requests of a tenant, most
// constrained first: few options, then oldest, then by id.
func (s *Snapshot) CallbacksQueued(tenant string, yield func(*CallbackRequest) bool) {
	s.state.eachOpen(tenant, func(r *CallbackRequest) bool {
		return r.Status != CallbackQueued || yield(r)
	})
}

// QueuePosition returns the place of a queued request, from 1; 0 if it is not
// queued. It takes time in proportion to the queue.
func (s *Snapshot) QueuePosition(tenant, id string) int {
	if r, ok := s.Callback(tenant, id); !ok || r.Status != CallbackQueued {
		return 0
	}
	position := 0
	s.CallbacksQueued(tenant, func(r *CallbackRequest) bool {
		position++
		return r.ID != id
	})
	return position
}

// CasesByProvider returns the cases that name a provider in any role, by id;
// none for an empty number.
func (s *Snapshot) CasesByProvider(tenant, npi string) []*Case {
	if npi == "" {
		return nil
	}
	return s.casesOf(s.state.casesByNPI, tenant, npi)
}
