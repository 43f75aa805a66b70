package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// comparePostgresSearch compares both searches with all designs.
func (r *run) comparePostgresSearch(ctx context.Context, s *searcher) (err error) {
	p, err := startPostgres(ctx, r.scratch)
	if errors.Is(err, errAbsent) {
		r.skip("searches in PostgreSQL", "it is not installed (Debian: postgresql)")
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	r.version("PostgreSQL", p.version)
	if err := p.fillSearch(ctx, r.log, s.workload); err != nil {
		return err
	}
	conns, err := p.connections(ctx, weekClients)
	if err != nil {
		return err
	}
	defer hangUp(conns)
	designs := weekDesigns()
	for i := range designs {
		for _, q := range s.plain {
			got, err := designs[i].week(ctx, conns[0], q)
			if err := errors.Join(err, sameWeek(got, q.wantWeek)); err != nil {
				return fmt.Errorf("%s, question %d: %w", designs[i].title(), q.number, err)
			}
		}
	}
	for _, q := range s.firstQuestions() {
		got, err := firstFromSlots(ctx, conns[0], q)
		if err := errors.Join(err, sameFirst(got, q.wantFirst)); err != nil {
			return fmt.Errorf("slot table, first %d, question %d: %w", firstN, q.number, err)
		}
	}
	fmt.Fprintf(r.log, "postgres: %d designs answer %d questions as the product does\n", len(designs), len(s.plain))
	if err := r.compareWeeks(ctx, s, designs, conns); err != nil {
		return err
	}
	return r.compareFirsts(ctx, s, p, conns)
}

// compareWeeks measures the week search: latency of one client, throughput of many.
func (r *run) compareWeeks(ctx context.Context, s *searcher, designs []weekDesign, conns []*pgx.Conn) error {
	const product = "parley serve over HTTP"
	for _, clients := range []int{1, weekClients} {
		contenders := []contender{s.client(product, weekPath, s.week, clients)}
		var named, joined, all []string
		for i := range designs {
			d := &designs[i]
			all = append(all, d.title())
			if !d.given {
				joined = append(joined, d.title())
			}
			if !d.given && !d.added {
				named = append(named, d.title())
			}
			contenders = append(contenders, contender{d.title(), func(ctx context.Context, limit time.Duration) (sample, error) {
				return closedLoop(ctx, clients, limit, func(client, i int) error {
					_, err := d.week(context.WithoutCancel(ctx), conns[client], s.plain[i%len(s.plain)])
					return err
				})
			}})
		}
		title, u := "week search, one client: time of one", perOperation
		if clients > 1 {
			title, u = fmt.Sprintf("week search, %d clients", clients), perSecond
		}
		samples, err := r.samples(ctx, title, u, contenders)
		if err != nil {
			return err
		}
		r.judgeWeeks(clients, product, reading{"best of all designs, roster and rules joined", "", true}, joined, samples)
		r.judgeWeeks(clients, product, reading{"best of the three designs that the target was set with, roster and rules joined", "_three_designs", false}, named, samples)
		r.judgeWeeks(clients, product, reading{"best of all designs, the product's verdicts given", "_verdicts_given", false}, all, samples)
	}
	return nil
}

// reading is one way to understand "the best PostgreSQL design"; doc.go says why one
// of them is held to target 8 and the others stand beside it.
type reading struct {
	among, suffix string
	held          bool
}

// judgeWeeks compares the product with the best of some designs.
func (r *run) judgeWeeks(clients int, product string, how reading, names []string, samples map[string][]sample) {
	t, what := weekRate, fmt.Sprintf("week search over HTTP, throughput of %d clients, %s", clients, how.among)
	if clients == 1 {
		t, what = weekLatency, "week search over HTTP, latency of one client, "+how.among
	}
	if !how.held {
		t = t.beside(how.suffix)
	}
	if clients == 1 {
		best := bestOf(samples, names, func(s sample) float64 { return -latencyOf(s) })
		r.judge(t, what, best, product, quotient(samples[best], samples[product], latencyOf))
		return
	}
	best := bestOf(samples, names, rateOf)
	r.judge(t, what, product, best, quotient(samples[product], samples[best], rateOf))
}

// compareFirsts measures first-20 against the table that is made for it. Here the
// rival is quick enough for its client to matter, so both sides get one in C.
func (r *run) compareFirsts(ctx context.Context, s *searcher, p *postgres, conns []*pgx.Conn) error {
	const product, table = "parley serve over HTTP", "PostgreSQL, slot table of one specialty in order of rank"
	list := s.firstQuestions()
	bodies := s.first[:len(list)]
	ours, err := r.newPoster("first", bodies, firstClients)
	if err != nil {
		return err
	}
	var statements []string
	for _, q := range list {
		statements = append(statements, firstStatement(q))
	}
	theirs, err := p.newPgbench(r.scratch, "first", statements, firstClients)
	if err != nil {
		return err
	}
	tools := "own clients"
	contenders := []contender{
		s.client(product, firstPath, bodies, firstClients),
		{table, func(ctx context.Context, limit time.Duration) (sample, error) {
			return closedLoop(ctx, firstClients, limit, func(client, i int) error {
				_, err := firstFromSlots(context.WithoutCancel(ctx), conns[client], list[i%len(list)])
				return err
			})
		}},
	}
	if ours.wrk != "" && theirs != nil {
		tools = "wrk and pgbench"
		contenders = []contender{ours.contender(product, s.addr, firstPath), theirs.contender(table)}
	}
	all, err := r.samples(ctx, fmt.Sprintf("first-20, %d clients, load by %s", firstClients, tools), perSecond, contenders)
	if err != nil {
		return err
	}
	r.judge(overTable, fmt.Sprintf("first-20 over HTTP, %d clients", firstClients), product, table, quotient(all[product], all[table], rateOf))
	return nil
}
