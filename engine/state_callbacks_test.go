package engine

import (
	"bufio"
	"bytes"
	"strings"
	"testing"

	"github.com/parleyhq/parley/slots"
)

// waitingState is sampleState with an open callback request and offer records
// in the first tenant.
func waitingState(t testing.TB) *state {
	t.Helper()
	s := sampleState(t)
	for _, err := range []error{
		s.putCallback(sampleRequest("cb-1", "case-1", CallbackQueued)),
		s.noteOffer("acme", "case-2", [32]byte{5}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	return s
}

func sampleRequest(id, caseID string, status CallbackStatus) *CallbackRequest {
	return &CallbackRequest{
		Tenant: "acme", ID: id, CaseIDs: []string{caseID}, Status: status, AppointmentID: "apt-of-" + id,
		Windows: []slots.Interval{{Start: testNow, End: testNow + 3600}}, CreatedAt: testNow, Version: 1,
	}
}

// TestStateVersions: a state without callback requests and offer records has the
// bytes that it had before there were any.
func TestStateVersions(t *testing.T) {
	t.Parallel()
	f := func(s *state, want byte) {
		t.Helper()
		record := encoded(t, s)
		head := bytes.IndexByte(record, want) // behind the length of the head
		if head != 2 && head != 1 || record[head] != want {
			t.Fatalf("begins with %x", record[:4])
		}
		again, err := readState(bufio.NewReader(bytes.NewReader(record)))
		if err != nil {
			t.Fatal(err)
		}
		if err := again.check(); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(encoded(t, again), record) {
			t.Fatal("written otherwise after reading")
		}
		for n := range record {
			if _, err := readState(bufio.NewReader(bytes.NewReader(record[:n]))); err == nil {
				t.Fatalf("read %d of %d bytes", n, len(record))
			}
		}
		record[head] = 2 // also where there is nothing that needs it
		rest := []byte{0, 0}
		if _, err := readState(bufio.NewReader(bytes.NewReader(append(record, rest...)))); want == 1 && err == nil {
			t.Fatal("read in a version that it does not need")
		}
	}
	f(sampleState(t), 1)
	f(waitingState(t), 2)
}

// TestCheckFindsCallbacks breaks one link after the other.
func TestCheckFindsCallbacks(t *testing.T) {
	t.Parallel()
	f := func(want string, damage func(*state)) {
		t.Helper()
		s := waitingState(t)
		damage(s)
		if err := s.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Fatalf("got %v, want %q", err, want)
		}
	}
	request, _ := waitingState(t).callbacks.get("acme", "cb-1")
	changed := func(change func(*CallbackRequest)) func(*state) {
		return func(s *state) {
			r := *request
			change(&r)
			if err := s.putCallback(&r); err != nil {
				t.Fatal(err)
			}
		}
	}
	f("queue", func(s *state) { s.waiting.drop(placeInQueue(request)) })
	f("open requests by case", func(s *state) { s.requests.drop("acme", "case-1") })
	f("by appointment id", func(s *state) { s.reserved.drop("acme", "apt-of-cb-1") })
	f("has appointment apt-1", changed(func(r *CallbackRequest) { r.AppointmentID = "apt-1" }))
	f("has no appointment", changed(func(r *CallbackRequest) { r.Status = CallbackAssigned }))
	f("about case case-9", changed(func(r *CallbackRequest) { r.CaseIDs = []string{"case-9"} }))
	f("offer records of case case-9", func(s *state) { s.offered.put("acme", "case-9", &caseRecord{tenant: "acme", caseID: "case-9"}) })
	f("cases by NPI", func(s *state) { s.casesByNPI.drop(indexed{tenant: "acme", key: "npi-case-1", id: "case-1"}) })
}

// TestContradictionsOfCallbacks applies effects that this engine would never write.
func TestContradictionsOfCallbacks(t *testing.T) {
	t.Parallel()
	f := func(want string, x effect) {
		t.Helper()
		s := waitingState(t)
		e := &entry{seq: s.seq + 1, now: testNow, actor: Actor{Tenant: "acme"}, kind: KindCreateCallback, effects: []effect{x}}
		if err := s.apply(e); err == nil || !strings.Contains(err.Error(), want) {
			t.Fatalf("got %v, want %q", err, want)
		}
	}
	f("status 0", &putCallback{sampleRequest("cb-2", "case-2", 0)})
	f("status 5", &putCallback{sampleRequest("cb-2", "case-2", CallbackCancelled+1)})
	f("case case-1 waits with cb-1 and with cb-2", &putCallback{sampleRequest("cb-2", "case-1", CallbackQueued)})
	other := sampleRequest("cb-2", "case-2", CallbackQueued)
	other.AppointmentID = "apt-of-cb-1"
	f("is kept for cb-1 and for cb-2", &putCallback{other})
	f("no case case-9", &noteOffer{record: OfferRecord{CaseID: "case-9"}})
}

// TestQueue orders open requests: few options first, then oldest, then by id.
func TestQueue(t *testing.T) {
	t.Parallel()
	s := sampleState(t)
	put := func(id, caseID string, options int, at slots.Instant, status CallbackStatus) {
		r := sampleRequest(id, caseID, status)
		r.Options, r.CreatedAt = options, testNow+at
		if err := s.putCallback(r); err != nil {
			t.Fatal(err)
		}
	}
	put("c", "case-1", 0, 5, CallbackQueued)
	put("b", "case-2", 0, 5, CallbackQueued)
	put("a", "case-3", 3, 0, CallbackQueued)
	var ids []string
	s.waiting.ids("acme", "", func(id string) bool { ids = append(ids, id); return true })
	if strings.Join(ids, "") != "bca" {
		t.Fatal(ids)
	}
	put("b", "case-2", 0, 5, CallbackCancelled)
	if s.waiting.tree.Len() != 2 || s.requests.len() != 2 || s.reserved.len() != 2 {
		t.Fatal("a closed request is still open")
	}
}
