package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Paths of the product's searches.
const (
	weekPath  = "/v1/search"
	firstPath = "/v1/search/earliest"
)

// Connections of the HTTP comparison, and clients of the comparison with a database.
const (
	httpConns    = 64
	weekClients  = 16
	firstClients = 8
)

// searches compares all that reads.
func (r *run) searches(ctx context.Context) (err error) {
	w, err := newWorkload(r.log, r.reviewers)
	if err != nil {
		return err
	}
	if err := r.compareCalendars(ctx, w); err != nil {
		return err
	}
	store, err := r.nationalStore(ctx, w)
	if err != nil {
		return err
	}
	began := time.Now()
	product, err := r.serveProduct(ctx, store)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, product.stop()) }()
	fmt.Fprintf(r.log, "product: started in %v\n", time.Since(began).Round(time.Millisecond))
	s := &searcher{addr: product.addr, workload: w}
	if err := s.prepare(); err != nil {
		return err
	}
	if err := r.compareBare(ctx, s); err != nil {
		return err
	}
	if err := r.comparePostgresSearch(ctx, s); err != nil {
		return err
	}
	if err := s.check(w.plain); err != nil {
		return fmt.Errorf("after the run: %w", err)
	}
	return r.recordedSearches(ctx, s)
}

// searcher asks the product over HTTP.
type searcher struct {
	*workload
	addr        string
	week, first [][]byte // bodies, in the order of plain
}

// prepare makes the requests and compares the product's answers over HTTP with
// those that the other contenders are held to.
func (s *searcher) prepare() error {
	for _, q := range s.plain {
		week, first, err := q.bodies()
		if err != nil {
			return err
		}
		s.week, s.first = append(s.week, week), append(s.first, first)
	}
	return s.check(s.plain)
}

func (s *searcher) check(list []*question) error {
	for _, q := range list {
		week, first, err := q.bodies()
		if err != nil {
			return err
		}
		answer, err := capture(s.addr, weekPath, week)
		if err != nil {
			return err
		}
		places, err := parseWeek(answer.Body)
		if err := errors.Join(err, sameWeek(places, q.wantWeek)); err != nil {
			return fmt.Errorf("product over HTTP, week, question %d: %w", q.number, err)
		}
		if answer, err = capture(s.addr, firstPath, first); err != nil {
			return err
		}
		offers, err := parseFirst(answer.Body)
		if err := errors.Join(err, sameFirst(offers, q.wantFirst)); err != nil {
			return fmt.Errorf("product over HTTP, first %d, question %d: %w", firstN, q.number, err)
		}
	}
	return nil
}

// client is the product under conns of our own clients.
func (s *searcher) client(name, path string, bodies [][]byte, conns int) contender {
	p := poster{bodies: bodies, conns: conns}
	return p.contender(name, s.addr, path)
}

// compareBare compares the product with a handler that has the answers at hand.
func (r *run) compareBare(ctx context.Context, s *searcher) (err error) {
	const product, bare = "parley serve", "bare fasthttp handler, same bytes"
	p, err := r.newPoster("week", s.week, httpConns)
	if err != nil {
		return err
	}
	handler, err := r.startBare(ctx, s.addr, weekPath, s.week)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, handler.stop()) }()
	title := fmt.Sprintf("week search over HTTP, %d connections, load by %s", httpConns, p.tool())
	all, err := r.samples(ctx, title, perSecond, []contender{
		p.contender(product, s.addr, weekPath), p.contender(bare, handler.addr, weekPath),
	})
	if err != nil {
		return err
	}
	r.judge(overBare, "week search over HTTP", product, bare, quotient(all[product], all[bare], rateOf))
	return nil
}

// recordedSearches measures searches whose answer goes to the log, durably,
// before it is given: no rival does this, so there is nothing to compare.
func (r *run) recordedSearches(ctx context.Context, s *searcher) error {
	var bodies [][]byte
	for _, q := range s.all {
		if !q.duty || len(q.wantWeek) == 0 {
			continue
		}
		week, _, err := q.bodies()
		if err != nil {
			return err
		}
		bodies = append(bodies, week)
	}
	if len(bodies) == 0 {
		r.skip("recorded searches", "no question of this size is under a duty to record what is offered")
		return nil
	}
	title := fmt.Sprintf("week search over HTTP whose answer is recorded durably first, %d connections, own client", httpConns)
	_, err := r.samples(ctx, title, perSecond, []contender{s.client("parley serve", weekPath, bodies, httpConns)})
	return err
}
