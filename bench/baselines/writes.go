package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
)

// What is kept in flight, by whom.
var (
	inFlight          = []int{1, 64, 256, 1024}
	inFlightOfProduct = []int{1, 64, 256}
)

// targetConns is the number of connections at which the targets are held.
const targetConns = 64

// Names of the contenders.
const (
	productBooks = "parley serve, bookings over HTTP"
	productHolds = "parley serve, holds and releases over HTTP"
	pebbleName   = "raw Pebble, one writer, same bytes"
	fileName     = "plain file, one writer, same bytes"
	postgresName = "PostgreSQL, exclusion constraint"
	redisName    = "Redis, append-only file synced always, SET NX and DEL"
)

// writer holds the servers of the comparison of writes.
type writer struct {
	*run
	b        *bookings
	product  *process
	pebble   *rawPebble
	file     *plainFile
	postgres *postgres // nil = absent
	redis    *redis    // nil = absent
	number   atomic.Uint64
	hangUps  []func()
}

// writes compares all that books.
func (r *run) writes(ctx context.Context) (err error) {
	b, err := r.newBookings()
	if err != nil {
		return err
	}
	store, err := r.bookingStore(ctx, b)
	if err != nil {
		return err
	}
	w := &writer{run: r, b: b}
	defer func() { err = errors.Join(err, w.close(ctx, store)) }()
	records, err := w.firstBookings(ctx, store)
	if err != nil {
		return err
	}
	if err := w.startRivals(ctx, records); err != nil {
		return err
	}
	if w.product, err = r.serveProduct(ctx, store); err != nil {
		return err
	}
	for _, clients := range inFlight {
		if err := w.compare(ctx, clients); err != nil {
			return err
		}
	}
	return nil
}

// firstBookings tries the product and reads from its store what it has written.
func (w *writer) firstBookings(ctx context.Context, store string) ([]bookedRecord, error) {
	product, err := w.serveProduct(ctx, store)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(w.b.try(ctx, product.addr), product.stop()); err != nil {
		return nil, err
	}
	records, err := captureRecords(store)
	if err != nil {
		return nil, err
	}
	size, keys := 0, 0
	for _, b := range records {
		size, keys = size+b.size(), keys+len(b)
	}
	note := fmt.Sprintf("A booking is %d bytes under %.0f key(s) in the product's store; raw Pebble and the plain file write the same.",
		size/len(records), float64(keys)/float64(len(records)))
	w.report.Notes = append(w.report.Notes, note)
	fmt.Fprintln(w.log, note)
	return records, nil
}

// startRivals starts those that are installed, and tries them.
func (w *writer) startRivals(ctx context.Context, records []bookedRecord) (err error) {
	if w.pebble, err = newRawPebble(filepath.Join(w.scratch, "raw-pebble"), records); err != nil {
		return err
	}
	if w.file, err = newPlainFile(filepath.Join(w.scratch, "plain-file"), records); err != nil {
		return err
	}
	switch w.postgres, err = startPostgres(ctx, w.scratch); {
	case errors.Is(err, errAbsent):
		w.skip("bookings in PostgreSQL", "it is not installed (Debian: postgresql)")
	case err != nil:
		return err
	default:
		w.version("PostgreSQL", w.postgres.version)
		if err := w.postgres.prepareBookings(ctx, w.b); err != nil {
			return err
		}
	}
	switch w.redis, err = startRedis(ctx, w.scratch); {
	case errors.Is(err, errAbsent):
		w.skip("holds in Redis", "it is not installed (Debian: redis-server)")
	case err != nil:
		return err
	default:
		w.version("Redis", w.redis.version)
		if err := w.redis.try(); err != nil {
			return err
		}
	}
	return nil
}

// compare lets everybody keep so many writes in flight.
func (w *writer) compare(ctx context.Context, clients int) error {
	defer w.hangUp()
	next := func() uint64 { return w.number.Add(1) }
	list := []contender{w.pebble.contender(pebbleName, clients, next), w.file.contender(fileName, clients, next)}
	for _, n := range inFlightOfProduct {
		if n == clients {
			list = append(list, w.b.contender(productBooks, w.product.addr, clients, w.perTurn))
		}
	}
	if clients <= targetConns && w.postgres != nil {
		c, hangUp, err := w.postgres.bookings(ctx, postgresName, w.b, clients, w.perTurn)
		if err != nil {
			return err
		}
		list, w.hangUps = append(list, c), append(w.hangUps, hangUp)
	}
	if clients == targetConns {
		list = append(list, w.b.holds(productHolds, w.product.addr, clients))
		if w.redis != nil {
			c, hangUp, err := w.redis.holds(redisName, w.b, clients)
			if err != nil {
				return err
			}
			list, w.hangUps = append(list, c), append(w.hangUps, hangUp)
		}
	}
	all, err := w.samples(ctx, fmt.Sprintf("durable writes, %d in flight", clients), perSecond, list)
	if err != nil {
		return err
	}
	if clients == targetConns {
		w.judgeAll(all)
	}
	return nil
}

// judgeAll holds the product to its targets.
func (w *writer) judgeAll(all map[string][]sample) {
	what := fmt.Sprintf("durable bookings, %d connections", targetConns)
	w.judge(overPebble, what, productBooks, pebbleName, quotient(all[productBooks], all[pebbleName], rateOf))
	if w.postgres != nil {
		w.judge(overPostgres, what, productBooks, postgresName, quotient(all[productBooks], all[postgresName], rateOf))
	}
	if w.redis != nil {
		w.judge(target{name: "holds_over_redis"}, fmt.Sprintf("durable holds, %d connections (Redis checks no overlap)", targetConns), productHolds, redisName,
			quotient(all[productHolds], all[redisName], rateOf))
	}
}

func (w *writer) hangUp() {
	for _, f := range w.hangUps {
		f()
	}
	w.hangUps = nil
}

// close ends all servers and counts what is in the stores: every write that was
// acknowledged, and nothing else.
func (w *writer) close(ctx context.Context, store string) (err error) {
	if w.pebble != nil {
		err = errors.Join(err, w.pebble.close())
	}
	if w.file != nil {
		err = errors.Join(err, w.file.close())
	}
	if w.redis != nil {
		err = errors.Join(err, w.redis.stop())
	}
	if w.postgres != nil {
		n, countErr := w.postgres.countBookings(ctx)
		if want := int(w.b.postgres.next.Load()); countErr == nil && n != want {
			countErr = fmt.Errorf("PostgreSQL has %d bookings instead of %d", n, want)
		}
		err = errors.Join(err, countErr, w.postgres.stop())
	}
	if w.product != nil {
		err = errors.Join(err, w.product.stop())
		n, countErr := countBooked(ctx, store)
		if want := int(w.b.product.next.Load()); countErr == nil && n != want {
			countErr = fmt.Errorf("the product has %d bookings instead of %d, or a hold is left", n, want)
		}
		err = errors.Join(err, countErr)
	}
	return err
}
