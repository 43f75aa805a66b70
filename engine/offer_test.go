package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parleyhq/parley/slots"
)

// offerLog has entries of two tenants with one to three offer records each, of
// cases that take turns, and an engine that reads it.
func offerLog(t *testing.T, entries int) (*MemLog, *Engine) {
	t.Helper()
	log := NewMemLog()
	for i := range entries {
		e := &entry{
			seq: Seq(i + 1), now: slots.Instant(1000 + i), actor: Actor{Tenant: []string{"acme", "acme2"}[i%2], Principal: "alice"},
			kind: KindRecordOffer,
		}
		for k := range 1 + i%3 {
			e.effects = append(e.effects, &noteOffer{record: OfferRecord{CaseID: fmt.Sprintf("case-%d", (i*7+k)%5), Kind: OfferMade}})
		}
		payload, err := e.encode()
		if err != nil {
			t.Fatal(err)
		}
		if err := log.Append(t.Context(), Seq(i), []Record{{Payload: payload, Derived: e.derived(Identity{})}}); err != nil {
			t.Fatal(err)
		}
	}
	e := &Engine{options: Options{Log: log}}
	e.published.Store(&Snapshot{state: &state{seq: Seq(entries)}})
	return log, e
}

// TestOffersOfAllCases reads page by page and gets every record of the tenant
// once, in the order of the log, whatever the size of a page.
func TestOffersOfAllCases(t *testing.T) {
	t.Parallel()
	_, e := offerLog(t, 60)
	var want []string
	for i := 0; i < 60; i += 2 {
		for k := range 1 + i%3 {
			want = append(want, fmt.Sprintf("%d case-%d", i+1, (i*7+k)%5))
		}
	}
	for _, limit := range []int{1, 2, 7, 1000} {
		var got []string
		err := e.allOffers("acme", limit, func(*OfferRecord) bool { return true }, func(r *OfferRecord) bool {
			got = append(got, fmt.Sprintf("%d %s", r.Seq, r.CaseID))
			return true
		})
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("in pages of %d: got %v, want %v, %v", limit, got, want, err)
		}
	}
}

// TestOffersEnd ends walks early: at the caller's wish, at the ends of the range
// of time, and at what a snapshot shows.
func TestOffersEnd(t *testing.T) {
	t.Parallel()
	_, e := offerLog(t, 60)
	f := func(caseID string, from, to slots.Instant, stop int) (seqs []Seq) {
		t.Helper()
		err := e.OfferRecords("acme", caseID, from, to, func(r OfferRecord) bool {
			seqs = append(seqs, r.Seq)
			return len(seqs) != stop
		})
		if err != nil || !slices.IsSorted(seqs) {
			t.Fatalf("got %v, %v", seqs, err)
		}
		return seqs
	}
	if all := f("", 0, 0, 3); len(all) != 3 || all[0] != 1 {
		t.Fatalf("got %v", all)
	}
	if of := f("case-0", 0, 0, 2); len(of) != 2 {
		t.Fatalf("got %v", of)
	}
	if within := f("", 1010, 1015, 0); within[0] != 11 || within[len(within)-1] != 15 {
		t.Fatalf("got %v", within)
	}
	if none := f("case-9", 0, 0, 0); none != nil {
		t.Fatalf("got %v", none)
	}
	e.published.Store(&Snapshot{state: &state{seq: 20}})
	if shown := f("", 0, 0, 0); shown[len(shown)-1] != 19 {
		t.Fatalf("got %v", shown)
	}
}

// TestOffersDamaged finds a record that cannot be read.
func TestOffersDamaged(t *testing.T) {
	t.Parallel()
	log, e := offerLog(t, 2)
	record := DerivedRecord{Space: SpaceOffers, Key: OfferKey("acme", "case-x", 3, 0), Value: []byte("garbage")}
	if err := log.Append(t.Context(), 2, []Record{{Payload: []byte("x"), Derived: []DerivedRecord{record}}}); err != nil {
		t.Fatal(err)
	}
	err := e.OfferRecords("acme", "", 0, 0, func(OfferRecord) bool { return true })
	if err == nil || !strings.Contains(err.Error(), "case-x") {
		t.Fatal(err)
	}
}

// TestOffersAreBounded: answers on one case that are told apart, and offers of a record.
func TestOffersAreBounded(t *testing.T) {
	t.Parallel()
	s := sampleState(t)
	for i := range maxRecentOffers + 3 {
		if err := s.noteOffer("acme", "case-1", [32]byte{1, byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	kept, _ := s.offered.get("acme", "case-1")
	if len(kept.recent) != maxRecentOffers || kept.repeats([32]byte{1, 2}, s.now) || !kept.repeats([32]byte{1, 3}, s.now) {
		t.Fatalf("%d kept", len(kept.recent))
	}
	c := Command{Actor: Actor{Tenant: "t", Principal: "p"}, Payload: RecordOffer{
		CaseID: "c", Digest: [32]byte{1}, Triples: make([]OfferedSlot, MaxOffers+1),
	}}
	if detail, ok := c.admit(); ok || detail != "offers" {
		t.Fatal(detail)
	}
}

// TestNotesOfCalls compares images of an appointment.
func TestNotesOfCalls(t *testing.T) {
	t.Parallel()
	base := Appointment{ID: "a", ReviewerID: "r", Span: slots.Interval{Start: 60, End: 120}, Status: Booked}
	f := func(want string, change func(*Appointment)) {
		t.Helper()
		now := base
		change(&now)
		var got []string
		for _, r := range callRecords(&base, &now) {
			got = append(got, r.Kind)
		}
		if strings.Join(got, " ") != want {
			t.Fatalf("got %v, want %s", got, want)
		}
	}
	f("", func(*Appointment) {})
	f("moved", func(a *Appointment) { a.Span.Start++ })
	f("moved", func(a *Appointment) { a.ReviewerID = "s" })
	f("attempt", func(a *Appointment) { a.Attempts = []Attempt{{Result: "voicemail"}} })
	f("attempt deemed_completed", func(a *Appointment) {
		a.Attempts, a.Status = []Attempt{{Result: "voicemail"}}, DeemedCompleted
	})
	f("started", func(a *Appointment) { a.Status = InProgress })
	f("completed", func(a *Appointment) { a.Status = Completed })
	f("deemed_completed", func(a *Appointment) { a.Status = DeemedCompleted })
	f("no_show", func(a *Appointment) { a.Status = NoShow })
	f("cancelled", func(a *Appointment) { a.Status = Cancelled })
	if first := callRecords(nil, &base); len(first) != 1 || first[0].Kind != OfferBooked {
		t.Fatalf("%+v", first)
	}
}
