package bench

import (
	"context"
	"fmt"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// bookingHorizonDays stays below the default policy's horizon of 60 days.
const bookingHorizonDays = 58

// Bookings is a stream of bookings none of which conflicts: every one takes a
// free slot of its own. It measures the write path, not refusals.
type Bookings struct {
	now       slots.Instant
	roster    []*matcher.Reviewer
	perOne    int // slots that each reviewer is sure to have
	starts    [][]slots.Instant
	available int
}

// NewBookings draws a roster and all its free slots.
func NewBookings(reviewers int, seed uint64, now slots.Instant) (*Bookings, error) {
	n, err := NewNational(Config{Reviewers: reviewers, Seed: seed, Now: now})
	if err != nil {
		return nil, err
	}
	b := &Bookings{now: now}
	grid := slots.Grid{StepMinutes: callMinutes}
	within := slots.Interval{Start: now + slots.Hour, End: now + bookingHorizonDays*24*slots.Hour}
	n.View.Roster.Ascend(tenant, "", func(r *matcher.Reviewer) bool {
		var starts []slots.Instant
		grid.Starts(r.Hours.Expand(r.Zone, within), callMinutes, func(s slots.Instant) bool {
			starts = append(starts, s)
			return true
		})
		b.roster, b.starts = append(b.roster, r), append(b.starts, starts)
		return true
	})
	b.perOne = len(b.starts[0])
	for _, s := range b.starts {
		b.perOne = min(b.perOne, len(s))
	}
	b.available = b.perOne * len(b.roster)
	return b, nil
}

// Clock stands still at the workload's instant.
func (b *Bookings) Clock() engine.Clock { return still(b.now) }

type still slots.Instant

func (s still) Now() slots.Instant { return slots.Instant(s) }

// Identity is that of a benchmark's store.
func Identity() engine.Identity {
	return engine.Identity{
		StoreID: "00000000000000000000000000000001", Tenant: tenant, DigestKey: make([]byte, 32),
		CreatedAt: int64(DefaultNow),
	}
}

func actor(i int) engine.Actor {
	return engine.Actor{Tenant: tenant, Principal: fmt.Sprintf("office-%d", i%100), Role: "all", Source: "bench"}
}

// PutRoster stores the reviewers.
func (b *Bookings) PutRoster(ctx context.Context, eng *engine.Engine) error {
	commands := make([]engine.Command, len(b.roster))
	for i, r := range b.roster {
		commands[i] = engine.Command{Actor: actor(0), Payload: engine.PutReviewer{Reviewer: engine.Reviewer{
			Reviewer: *r,
			Personal: eng.Vault().SealReviewer("", &engine.ReviewerPersonal{Name: "Dana Ortiz"}),
		}}}
	}
	return submit(ctx, eng, commands)
}

// Prepare stores the cases of the first count bookings.
func (b *Bookings) Prepare(ctx context.Context, eng *engine.Engine, count int) error {
	if count > b.available {
		return fmt.Errorf("bench: %d bookings asked for, the roster has %d slots; use fewer or a larger roster", count, b.available)
	}
	commands := make([]engine.Command, count)
	vault := eng.Vault()
	for i := range commands {
		commands[i] = b.putCase(vault, i)
	}
	return submit(ctx, eng, commands)
}

// putCase is the command that stores the case of the i-th booking.
func (b *Bookings) putCase(vault *engine.Vault, i int) engine.Command {
	r := b.roster[i%len(b.roster)]
	return engine.Command{Actor: actor(i), Payload: engine.PutCase{Case: engine.Case{
		Case: matcher.Case{
			Tenant: tenant, ID: caseID(i), HealthPlan: "hne", LineOfBusiness: "commercial", SitusState: "MA", MemberState: "MA",
			Population: "adult", Program: r.Programs[0], LevelOfReview: "reconsideration", Phase: "pre_service",
			Determination: matcher.Determination{Status: "denied", Reason: "medical_necessity", LetterReceived: true},
			Requesting:    matcher.Provider{Present: true, NPI: "1234567893", Credential: "MD", Specialty: r.Specialties[0], TimeZone: "US/Eastern"},
		},
		Personal:  vault.SealCase("", &engine.CasePersonal{MemberID: "M-1", MemberName: "Jordan Winter", MemberBirthDate: "1982-06-28"}),
		MemberID:  vault.DigestMemberID("M-1"),
		BirthDate: vault.DigestBirthDate("1982-06-28"),
		LastName:  vault.DigestLastName("Winter"),
	}}}
}

// Fill stores the roster, and then the cases and the bookings of 0 to count-1 in
// turns, without idempotency keys: a store holds those of a week only. It
// reports progress in bookings if report is not nil.
func (b *Bookings) Fill(ctx context.Context, eng *engine.Engine, count int, report func(done, total uint64)) error {
	if count > b.available {
		return fmt.Errorf("bench: %d bookings asked for, the roster has %d slots; use fewer or a larger roster", count, b.available)
	}
	if err := b.PutRoster(ctx, eng); err != nil {
		return err
	}
	vault := eng.Vault()
	cases, bookings := make([]engine.Command, 0, fillChunk), make([]engine.Command, 0, fillChunk)
	for i := range count {
		booking := b.Booking(i)
		booking.Key = ""
		cases, bookings = append(cases, b.putCase(vault, i)), append(bookings, booking)
		if len(bookings) < fillChunk && i+1 < count {
			continue
		}
		if err := submit(ctx, eng, cases); err != nil {
			return err
		}
		if err := submit(ctx, eng, bookings); err != nil {
			return err
		}
		cases, bookings = cases[:0], bookings[:0]
		if report != nil {
			report(uint64(i+1), uint64(count))
		}
	}
	return nil
}

func caseID(i int) string { return fmt.Sprintf("case-%d", i) }

// Booking is the i-th booking; its slot is nobody else's.
func (b *Bookings) Booking(i int) engine.Command {
	r := i % len(b.roster)
	return engine.Command{
		Actor: actor(i), Key: fmt.Sprintf("key-%d", i),
		Payload: engine.Book{
			ID: fmt.Sprintf("apt-%d", i), CaseIDs: []string{caseID(i)}, ReviewerID: b.roster[r].ID,
			Start: b.starts[r][i/len(b.roster)], TimeZone: "US/Eastern", PerformedByRole: "requesting_provider",
			PerformedByCredential: "MD", Location: "provider_office", Notify: "none",
		},
	}
}

// submit sends commands in chunks and insists that all are accepted.
func submit(ctx context.Context, eng *engine.Engine, commands []engine.Command) error {
	const chunk = 1000
	for len(commands) > 0 {
		part := commands[:min(chunk, len(commands))]
		for i, r := range eng.SubmitAll(ctx, part) {
			if r.Err != nil || r.Outcome.Status != engine.StatusOK {
				return fmt.Errorf("bench: command %d: %v %w", i, r.Outcome.Status, r.Err)
			}
		}
		commands = commands[len(part):]
	}
	return nil
}
