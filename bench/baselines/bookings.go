package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/parleyhq/parley/bench"
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
	"github.com/parleyhq/parley/slots"
)

// Paths of the product's writes.
const (
	bookPath = "/v1/appointments"
	holdPath = "/v1/holds"
)

// bookings is a stream of bookings none of which conflicts, each with a case in
// the product's store.
type bookings struct {
	*bench.Bookings
	total     int // that there are cases for
	reviewers int
	// Each contender with a memory of its own walks the stream by itself.
	product, postgres ticketRoll
}

// ticketRoll numbers the bookings that a contender makes; a turn ends when it has
// made so many, so that the stream lasts.
type ticketRoll struct {
	next, stop atomic.Int64
}

// turn allows so many more bookings.
func (t *ticketRoll) turn(count int) { t.stop.Store(t.next.Load() + int64(count)) }

// take gives the next number while the turn lasts.
func (t *ticketRoll) take() (n int, ok bool) {
	for {
		n := t.next.Load()
		if n >= t.stop.Load() {
			return 0, false
		}
		if t.next.CompareAndSwap(n, n+1) {
			return int(n), true
		}
	}
}

// errTurnOver ends a turn early; it is no failure.
var errTurnOver = errors.New("turn over")

func (b *bookings) at(n int) engine.Book { return b.Booking(n).Payload.(engine.Book) }

// checks is how many bookings are made, and made again, before anything is timed.
const checks = 200

// newBookings counts what a run can use up: so many bookings a turn, in every
// turn of every comparison that the product takes part in.
func (r *run) newBookings() (*bookings, error) {
	b, err := bench.NewBookings(r.bookers, bench.DefaultSeed, bench.DefaultNow)
	if err != nil {
		return nil, err
	}
	turns := (r.pace.rounds + 1) * len(inFlightOfProduct)
	return &bookings{Bookings: b, reviewers: r.bookers, total: turns*r.perTurn + 2*checks + r.bookers}, nil
}

// spare is the first booking whose case is kept for conflicts. Its reviewer is
// that of the first of all, so spare+n has the reviewer of n.
func (b *bookings) spare() int { return (b.total - checks) / b.reviewers * b.reviewers }

// bookingStore returns a scratch copy of a store with the roster and all cases.
func (r *run) bookingStore(ctx context.Context, b *bookings) (string, error) {
	name := fmt.Sprintf("bookings-%d-%d", r.bookers, b.total)
	return r.keptStore(ctx, name, func(f *filler) error {
		if err := b.PutRoster(ctx, f.eng); err != nil {
			return err
		}
		return b.Prepare(ctx, f.eng, b.total)
	})
}

// request is the n-th booking, or hold, as it goes over the wire, under a key. caseOf is whose
// case it is for: its own, unless a conflict is wanted.
func (b *bookings) request(path, key string, n, caseOf int) []byte {
	book := b.at(n)
	in := map[string]any{
		"caseIds":  b.at(caseOf).CaseIDs,
		"slot":     map[string]string{"reviewerId": book.ReviewerID, "start": string(slots.AppendInstant(nil, book.Start, slots.UTC()))},
		"timeZone": "US/Eastern",
	}
	if path == bookPath {
		in["performedBy"] = map[string]string{"role": "requesting_provider", "firstName": "Jane", "lastName": "Doe", "credential": "MD"}
		in["contact"] = map[string]string{
			"firstName": "Ann", "lastName": "Poe", "location": "provider_office", "phone": "+12125550100", "notify": "none",
		}
	}
	body, err := json.Marshal(in)
	if err != nil {
		panic(err) // maps of strings
	}
	return post(path, key, body)
}

// contender books over HTTP from so many connections. Requests are made ready
// before the clock starts.
func (b *bookings) contender(name, addr string, conns, perTurn int) contender {
	return contender{name, func(ctx context.Context, d time.Duration) (sample, error) {
		from := int(b.product.next.Load())
		b.product.turn(min(perTurn, b.spare()-from))
		requests := make([][]byte, int(b.product.stop.Load())-from)
		for i := range requests {
			requests[i] = b.request(bookPath, fmt.Sprintf("key-%d", from+i), from+i, from+i)
		}
		if len(requests) == 0 {
			return sample{}, errors.New("the bookings are used up")
		}
		return load(ctx, addr, conns, d, 201, func(int) []byte {
			n, ok := b.product.take()
			if !ok {
				return nil
			}
			return requests[n-from]
		})
	}}
}

// holds is a contender that holds a slot and lets it go again, over and over: the
// product bounds how many holds one caller may have. Each is a durable write.
func (b *bookings) holds(name, addr string, conns int) contender {
	var keys atomic.Int64
	return contender{name, func(ctx context.Context, d time.Duration) (sample, error) {
		wires := make([]*wire, conns)
		for i := range wires {
			wires[i] = &wire{addr: addr}
			defer wires[i].close()
		}
		s, err := closedLoop(ctx, conns, d, func(client, _ int) error {
			w, n := wires[client], b.spare()+client
			status, err := w.ask(b.request(holdPath, fmt.Sprintf("hold-%d", keys.Add(1)), n, n))
			var held struct {
				ID string `json:"id"`
			}
			if err == nil && status == 201 {
				err = json.Unmarshal(w.body, &held)
			}
			if err != nil || status != 201 {
				return errors.Join(err, fmt.Errorf("hold: status %d: %.300s", status, w.body))
			}
			status, err = w.ask(fmt.Appendf(nil, "DELETE %s/%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", holdPath, held.ID))
			if err == nil && status != 204 {
				err = fmt.Errorf("release: status %d: %.300s", status, w.body)
			}
			return err
		})
		s.ops *= 2
		return s, err
	}}
}

// try sends the first bookings, then the same slots for other cases: each of the
// former must be booked, each of the latter be refused for a call in the way.
func (b *bookings) try(ctx context.Context, addr string) error {
	w := &wire{addr: addr}
	defer w.close()
	for n := range checks {
		for _, again := range []bool{false, true} {
			caseOf, want := n, 201
			if again {
				caseOf, want = b.spare()+n, 409
			}
			status, err := w.ask(b.request(bookPath, fmt.Sprintf("try-%d-%d", n, caseOf), n, caseOf))
			if err == nil && status != want {
				err = fmt.Errorf("booking %d: status %d instead of %d: %.300s", n, status, want, w.body)
			}
			if err != nil {
				return err
			}
		}
	}
	b.product.next.Store(checks)
	return ctx.Err()
}

// captureRecords reads from a store what the product wrote for the bookings of try.
func captureRecords(dir string) ([]bookedRecord, error) {
	store, err := persist.Open(dir, persist.Options{})
	if err != nil {
		return nil, err
	}
	last, _ := store.Last()
	var records []bookedRecord
	const header = 37 // of version, chain and checksum before each payload; see persist/FORMAT.md
	err = store.Read(last-checks+1, func(seq engine.Seq, payload []byte) error {
		key := make([]byte, 9)
		records = append(records, bookedRecord{{key, append(make([]byte, header), payload...)}})
		return nil
	})
	for _, space := range []engine.Space{engine.SpaceAudit, engine.SpaceOffers, engine.SpaceArchive} {
		var derived []pair
		err = errors.Join(err, store.Derived(space, nil, func(key, value []byte) error {
			key = append([]byte{byte(space)}, key...)
			derived = append(derived, pair{key, append([]byte(nil), value...)})
			return nil
		}))
		// The newest come last; a space that bookings write has one for each.
		if space == engine.SpaceAudit && len(derived) >= len(records) {
			for i, p := range derived[len(derived)-len(records):] {
				records[i] = append(records[i], p)
			}
		}
	}
	return records, errors.Join(err, store.Close())
}

// countBooked opens a store once more and counts its appointments and holds.
func countBooked(ctx context.Context, dir string) (n int, err error) {
	store, err := persist.Open(dir, persist.Options{})
	if err != nil {
		return 0, err
	}
	eng, err := engine.Open(ctx, engine.Options{Log: store, Identity: store.Identity(), Clock: still(now)})
	if err != nil {
		return 0, errors.Join(err, store.Close())
	}
	counts := eng.Snapshot().Counts()
	return counts.Appointments + counts.Holds, eng.Close()
}
