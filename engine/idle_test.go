package engine

import "testing"

// TestIdleOutcomes: what is accepted and changes nothing says so, with a key and without one.
func TestIdleOutcomes(t *testing.T) {
	t.Parallel()
	s := newState()
	for i, want := range []bool{false, true, true} {
		cmd := Command{Actor: Actor{Tenant: "t", Principal: "p"}, Payload: PutTenant{Tenant: Tenant{ID: "other", Name: "Other"}}}
		if i == 2 {
			cmd.Key = "k"
		}
		done, err := s.step(&cmd, testNow, limits{keys: 1 << 20}, new(codec), nil)
		if err != nil || done.outcome.Status != StatusOK || done.outcome.Idle != want || (done.entry != nil) != (!want || cmd.Key != "") {
			t.Errorf("%d: %+v, %v", i, done.outcome, err)
		}
	}
}
