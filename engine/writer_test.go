package engine

import (
	"errors"
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

// reservedLog is a log on a disk that is nearly full: it takes what frees something.
type reservedLog struct {
	*MemLog
	full bool
}

func (l *reservedLog) Writable() error {
	if l.full {
		return &Refusal{Cause: CauseSpace, Kind: ErrReadOnly, Detail: "full"}
	}
	return nil
}
func (l *reservedLog) WritableFreeing() error { return nil }

// TestNobodyRidesOnTheReserve: behind what frees something nothing else gets into its batch on a disk that is nearly
// full; what frees something does.
func TestNobodyRidesOnTheReserve(t *testing.T) {
	t.Parallel()
	log := &reservedLog{MemLog: NewMemLog(), full: true}
	o, err := Options{Log: log}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	w := newWriter(&Engine{options: o}, newState())
	w.flying = new(batch)
	judge := func(key string, p Payload) error {
		r := &request{ctx: t.Context(), done: make(chan struct{}), cmd: &Command{Actor: Actor{Tenant: "t", Principal: "p"}, Key: key, Payload: p}}
		w.judge(r)
		select {
		case <-r.done:
			return r.result.Err
		default:
			return nil
		}
	}
	takes := func(n int) {
		t.Helper()
		if len(w.forming.records) != n {
			t.Fatalf("%d records, want %d", len(w.forming.records), n)
		}
	}
	if err := judge("a", ReleaseHold{ID: "h"}); err != nil {
		t.Fatal(err)
	}
	for i, key := range []string{"b", "c"} {
		takes(i + 1)
		if err := judge("x", RecordAnswer{Body: []byte("{}")}); !errors.Is(err, ErrNotWritable) {
			t.Fatalf("after %d that free: %v", i+1, err)
		}
		takes(i + 1)
		if err := judge(key, ReleaseHold{ID: "h"}); err != nil {
			t.Fatal(err)
		}
	}
	takes(3)
	log.full = false
	if err := judge("x", RecordAnswer{Body: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	takes(4)
	log.full = true // asked for once, the batch is no longer one of the reserve
	if err := judge("y", RecordAnswer{Body: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	takes(5)
}
