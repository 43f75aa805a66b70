package engine

import (
	"fmt"
	"testing"
)

// TestLargeBatch judges as much as one write may hold: the rest is left for the next.
func TestLargeBatch(t *testing.T) {
	t.Parallel()
	o, err := Options{Log: NewMemLog()}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	w := newWriter(&Engine{options: o}, newState())
	w.flying = new(batch)
	body := make([]byte, MaxAnswerBytes)
	taken := 0
	for ; !w.full(); taken++ {
		w.judge(&request{ctx: t.Context(), done: make(chan struct{}), cmd: &Command{
			Actor: Actor{Tenant: "t", Principal: "p"}, Key: fmt.Sprint(taken), Payload: RecordAnswer{Body: body},
		}})
	}
	if want := MaxBatchPayload / MaxAnswerBytes; taken != want || len(w.forming.records) != want {
		t.Fatalf("took %d in %d records, want %d", taken, len(w.forming.records), want)
	}
	if err := CheckBatch(w.forming.records); err != nil {
		t.Fatal(err)
	}
}
