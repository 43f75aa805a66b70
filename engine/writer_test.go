package engine

import (
	"context"
	"fmt"
	"testing"
)

// TestLargeBatch judges more than one write may hold: the rest is left for the next.
func TestLargeBatch(t *testing.T) {
	t.Parallel()
	o, err := Options{Log: NewMemLog()}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	w := &writer{Engine: &Engine{options: o}, limits: o.limits(), base: newState()}
	body := make([]byte, MaxAnswerBytes)
	var requests []*request
	for i := range 2 * MaxBatchPayload / MaxAnswerBytes {
		requests = append(requests, &request{ctx: context.Background(), done: make(chan struct{}), cmd: &Command{
			Actor: Actor{Tenant: "t", Principal: "p"}, Key: fmt.Sprint(i), Payload: RecordAnswer{Body: body},
		}})
	}
	dealt := w.judgeAll(w.base.clone(), requests)
	if want := MaxBatchPayload / MaxAnswerBytes; dealt != want || len(w.records) != want {
		t.Fatalf("dealt with %d in %d records, want %d", dealt, len(w.records), want)
	}
	if err := CheckBatch(w.records); err != nil {
		t.Fatal(err)
	}
}
