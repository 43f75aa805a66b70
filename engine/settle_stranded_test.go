package engine

import (
	"fmt"
	"testing"
)

// TestStrandedComeToTheirTurn: of more requests without a reviewer than an entry looks at, each is looked
// at before long, also where the entries of a tenant lie at every other position of the log.
func TestStrandedComeToTheirTurn(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 3, maxStranded, 2 * maxStranded, 2*maxStranded + 77} {
		s := newState()
		for i := range n {
			r := &CallbackRequest{Tenant: "t", ID: fmt.Sprintf("cb-%05d", i), Status: CallbackAssigned, Reason: ReasonReviewerLost}
			if err := s.putCallback(r); err != nil {
				t.Fatal(err)
			}
		}
		for _, step := range []Seq{1, 2, 7} {
			seen := map[string]bool{}
			for seq := step; seq <= 40*step; seq += step {
				j := &settling{judging: judging{s: s, actor: Actor{Tenant: "t"}}, entry: &entry{seq: seq}}
				now := map[string]bool{}
				for _, r := range j.strandedRequests() {
					now[r.ID], seen[r.ID] = true, true
				}
				if len(now) != min(n, maxStranded) {
					t.Fatalf("%d: an entry looks at %d", n, len(now))
				}
			}
			if len(seen) != n {
				t.Errorf("%d at every position of %d: %d were never looked at", n, step, n-len(seen))
			}
		}
	}
}
