package engine

// Callback returns a callback request by id.
func (s *Snapshot) Callback(tenant, id string) (*CallbackRequest, bool) {
	r, ok := s.state.callbacks.get(tenant, id)
	if !ok || !s.scope.seesCallback(s.state, r) {
		return nil, false
	}
	return r, true
}

// OpenCallback returns the callback request with which a case waits for a
// reviewer; there is at most one.
func (s *Snapshot) OpenCallback(tenant, caseID string) (*CallbackRequest, bool) {
	if _, seen := s.Case(tenant, caseID); !seen {
		return nil, false
	}
	return s.state.openRequest(tenant, caseID)
}

// CallbacksQueued yields the queued callback requests of a tenant, most
// constrained first: few options, then oldest, then by id.
func (s *Snapshot) CallbacksQueued(tenant string, yield func(*CallbackRequest) bool) {
	s.state.eachOpen(tenant, func(r *CallbackRequest) bool {
		return r.Status != CallbackQueued || !s.scope.seesCallback(s.state, r) || yield(r)
	})
}

// QueuePosition returns the place of a queued request, from 1; 0 if it is not
// queued. It counts every request before it, whosever it is, and takes time in
// proportion to the queue.
func (s *Snapshot) QueuePosition(tenant, id string) int {
	if r, ok := s.Callback(tenant, id); !ok || r.Status != CallbackQueued {
		return 0
	}
	position := 0
	(&Snapshot{state: s.state}).CallbacksQueued(tenant, func(r *CallbackRequest) bool {
		position++
		return r.ID != id
	})
	return position
}

// QueuePlaces returns the places of a tenant's queued requests by their ids, as
// QueuePosition does of one.
func (s *Snapshot) QueuePlaces(tenant string) map[string]int {
	places := make(map[string]int)
	(&Snapshot{state: s.state}).CallbacksQueued(tenant, func(r *CallbackRequest) bool {
		places[r.ID] = len(places) + 1
		return true
	})
	return places
}

// CasesByProvider returns the cases that name a provider in any role, by id;
// none for an empty number.
func (s *Snapshot) CasesByProvider(tenant, npi string) []*Case {
	if npi == "" {
		return nil
	}
	return s.casesOf(s.state.casesByNPI, tenant, npi)
}
