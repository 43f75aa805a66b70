package engine

// MaxCallbackScan bounds the callback requests that one reading of Callbacks looks at.
const MaxCallbackScan = 5000

// Callbacks yields a tenant's callback requests in order of id, from the first id
// that is not below from. It stops when yield returns false, or after
// MaxCallbackScan requests, seen or not. Where it stopped for the latter, at is the
// last one that it has looked at, else "".
func (s *Snapshot) Callbacks(tenant, from string, yield func(*CallbackRequest) bool) (at string) {
	looked := 0
	s.state.callbacks.from(tenant, from, func(r *CallbackRequest) bool {
		if looked == MaxCallbackScan {
			return false
		}
		looked++
		at = r.ID
		return !s.scope.seesCallback(s.state, r) || yield(r)
	})
	if looked < MaxCallbackScan {
		at = ""
	}
	return at
}
