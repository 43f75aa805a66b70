package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// bookSchema is the design with the exclusion constraint: what the product keeps
// of a booking, in one row, and the two indexes that the promise needs. What else
// the product writes (who did it, the repeated request) it is spared.
var bookSchema = []string{
	`CREATE EXTENSION IF NOT EXISTS btree_gist`,
	`CREATE TABLE booking (
	  id text PRIMARY KEY, cases text NOT NULL, reviewer text NOT NULL, during int4range NOT NULL, zone text NOT NULL,
	  role text NOT NULL, credential text NOT NULL, location text NOT NULL, notify text NOT NULL, personal text NOT NULL,
	  EXCLUDE USING gist (reviewer WITH =, during WITH &&))`,
	`CHECKPOINT`,
}

// bookSQL is prepared under bookName once a connection.
const (
	bookName = "book"
	bookSQL  = `INSERT INTO booking VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
)

// personalText is what stands for names and phone in a row.
const personalText = `{"performedBy":["Jane","Doe","MD"],"contact":["Ann","Poe","+12125550100"]}`

// bookArgs are the arguments of the n-th booking as they go over the wire.
func (b *bookings) bookArgs(n int, id string) [][]byte {
	a := b.at(n)
	start := cellOf(a.Start)
	texts := [...]string{
		id, a.CaseIDs[0], a.ReviewerID, fmt.Sprintf("[%d,%d)", start, start+1), a.TimeZone,
		a.PerformedByRole, a.PerformedByCredential, a.Location, a.Notify, personalText,
	}
	args := make([][]byte, len(texts))
	for i, text := range texts {
		args[i] = []byte(text)
	}
	return args
}

// book runs the prepared insert, below what maps Go values to the database's.
func book(ctx context.Context, conn *pgconn.PgConn, args [][]byte) error {
	return conn.ExecPrepared(ctx, bookName, args, nil, nil).Read().Err
}

// exclusionViolation is PostgreSQL's code for what the constraint keeps out.
const exclusionViolation = "23P01"

// prepareBookings makes the table and tries it as the product was tried.
func (p *postgres) prepareBookings(ctx context.Context, b *bookings) error {
	if err := p.exec(ctx, bookSchema...); err != nil {
		return err
	}
	conn, err := p.connect(ctx)
	if err != nil {
		return err
	}
	defer hangUp([]*pgx.Conn{conn})
	if _, err := conn.Prepare(ctx, bookName, bookSQL); err != nil {
		return err
	}
	for n := range checks {
		if err := book(ctx, conn.PgConn(), b.bookArgs(n, fmt.Sprintf("apt-%d", n))); err != nil {
			return err
		}
		err := book(ctx, conn.PgConn(), b.bookArgs(n, fmt.Sprintf("again-%d", n)))
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != exclusionViolation {
			return fmt.Errorf("booking %d twice: %w", n, err)
		}
	}
	b.postgres.next.Store(checks)
	return nil
}

// bookings is a contender of so many connections, and how to end it. As for the
// product, what is sent is made ready before the clock starts.
func (p *postgres) bookings(ctx context.Context, name string, b *bookings, clients, perTurn int) (contender, func(), error) {
	conns, err := p.connections(ctx, clients)
	if err != nil {
		return contender{}, nil, err
	}
	for _, c := range conns {
		if _, err := c.Prepare(ctx, bookName, bookSQL); err != nil {
			hangUp(conns)
			return contender{}, nil, err
		}
	}
	return contender{name, func(ctx context.Context, d time.Duration) (sample, error) {
		from := int(b.postgres.next.Load())
		b.postgres.turn(min(perTurn, b.total-from))
		rows := make([][][]byte, int(b.postgres.stop.Load())-from)
		for i := range rows {
			rows[i] = b.bookArgs(from+i, fmt.Sprintf("apt-%d", from+i))
		}
		return closedLoop(ctx, clients, d, func(client, _ int) error {
			n, ok := b.postgres.take()
			if !ok {
				return errTurnOver
			}
			return book(context.WithoutCancel(ctx), conns[client].PgConn(), rows[n-from])
		})
	}}, func() { hangUp(conns) }, nil
}

// countBookings counts the rows.
func (p *postgres) countBookings(ctx context.Context) (n int, err error) {
	conn, err := p.connect(ctx)
	if err != nil {
		return 0, err
	}
	defer hangUp([]*pgx.Conn{conn})
	return n, conn.QueryRow(ctx, `SELECT count(*) FROM booking`).Scan(&n)
}
