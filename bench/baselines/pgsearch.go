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
	r.report.Machine.Versions["PostgreSQL"] = p.version
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
				return fmt.Errorf("%s, question %d: %w", designs[i].name, q.number, err)
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
	return r.compareFirsts(ctx, s, conns)
}

// compareWeeks measures the week search: latency of one client, throughput of many.
func (r *run) compareWeeks(ctx context.Context, s *searcher, designs []weekDesign, conns []*pgx.Conn) error {
	const product = "parley serve over HTTP"
	for _, clients := range []int{1, weekClients} {
		contenders := []contender{s.client(product, weekPath, s.week, clients)}
		var names []string
		for i := range designs {
			d := &designs[i]
			names = append(names, "PostgreSQL, "+d.name)
			contenders = append(contenders, contender{names[i], func(ctx context.Context, limit time.Duration) (sample, error) {
				return closedLoop(ctx, clients, limit, func(client, i int) error {
					_, err := d.week(context.WithoutCancel(ctx), conns[client], s.plain[i%len(s.plain)])
					return err
				})
			}})
		}
		if clients == 1 {
			all, err := r.samples(ctx, "week search, one client: time of one", perOperation, contenders)
			if err != nil {
				return err
			}
			best := bestOf(all, names, func(s sample) float64 { return -latencyOf(s) })
			r.judge(8, "week search, latency of one client", best, product, wantLatency, quotient(all[best], all[product], latencyOf))
			continue
		}
		all, err := r.samples(ctx, fmt.Sprintf("week search, %d clients", clients), perSecond, contenders)
		if err != nil {
			return err
		}
		best := bestOf(all, names, rateOf)
		r.judge(8, fmt.Sprintf("week search, throughput of %d clients", clients), product, best, wantWeekRate, quotient(all[product], all[best], rateOf))
	}
	return nil
}

// compareFirsts measures first-20 against the table that is made for it.
func (r *run) compareFirsts(ctx context.Context, s *searcher, conns []*pgx.Conn) error {
	const product, table = "parley serve over HTTP", "PostgreSQL, slot table of one specialty in order of rank"
	list := s.firstQuestions()
	all, err := r.samples(ctx, fmt.Sprintf("first-20, %d clients", firstClients), perSecond, []contender{
		s.client(product, firstPath, s.first[:len(list)], firstClients),
		{table, func(ctx context.Context, limit time.Duration) (sample, error) {
			return closedLoop(ctx, firstClients, limit, func(client, i int) error {
				_, err := firstFromSlots(context.WithoutCancel(ctx), conns[client], list[i%len(list)])
				return err
			})
		}},
	})
	if err != nil {
		return err
	}
	r.judge(9, fmt.Sprintf("first-20, %d clients", firstClients), product, table, wantFirstRate, quotient(all[product], all[table], rateOf))
	return nil
}
