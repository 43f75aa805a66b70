package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// InProcess is an engine in this process, with the served interface's JSON but
// without HTTP. Its clock stands still, and it makes no offer records.
type InProcess struct {
	Engine *engine.Engine
	format Formatter
	dir    string // of its own store, removed at the end; "" = in memory
	next   atomic.Int64
}

// NewInProcess starts an engine at now: on a new store in a temporary directory,
// or in memory if durable is false. rules is the bundle that it starts with, nil =
// the embedded one.
func NewInProcess(ctx context.Context, w Wiring, durable bool, rules []byte, now slots.Instant) (*InProcess, error) {
	t := &InProcess{}
	log, identity := engine.Log(engine.NewMemLog()), Identity()
	if durable {
		var err error
		if t.dir, err = os.MkdirTemp("", "parley-bench-"); err != nil {
			return nil, err
		}
		if log, identity, err = w.CreateStore(t.dir + "/store"); err != nil {
			return nil, errors.Join(err, os.RemoveAll(t.dir))
		}
	}
	var err error
	if t.Engine, err = engine.Open(ctx, engine.Options{Log: log, Identity: identity, Clock: still(now), Rules: rules}); err != nil {
		return nil, errors.Join(err, log.Close(), t.remove())
	}
	if w.Formatter != nil {
		t.format = w.Formatter(t.Engine)
	}
	return t, nil
}

// Name implements Target.
func (t *InProcess) Name() string { return TargetInProcess }

// Now implements Target.
func (t *InProcess) Now() slots.Instant { return t.Engine.Now() }

// Load implements Target.
func (t *InProcess) Load(ctx context.Context, w *World, report func(done, total uint64)) error {
	if err := w.Fill(ctx, t.Engine, report); err != nil {
		return err
	}
	return t.indexed(ctx)
}

// indexed waits until the engine's writer, now idle, has built the index of searches: a
// run measures what a server does all day, not its first seconds.
func (t *InProcess) indexed(ctx context.Context) error {
	for {
		snap := t.Engine.Snapshot()
		now := snap.Stamped()
		if index := snap.View(tenant, now).Index; index != nil && !index.Behind(now) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(indexPause):
		}
	}
}

// indexPause is how long a look at the index waits for the next.
const indexPause = 10 * time.Millisecond

// Memory implements Target: the heap in use, what is not yet collected included.
func (t *InProcess) Memory() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Close implements Target.
func (t *InProcess) Close() error { return errors.Join(t.Engine.Close(), t.remove()) }

func (t *InProcess) remove() error {
	if t.dir == "" {
		return nil
	}
	return os.RemoveAll(t.dir)
}

// Session implements Target.
func (t *InProcess) Session() (Session, error) { return t.session(), nil }

func (t *InProcess) session() *inProcessSession {
	return &inProcessSession{target: t, shape: shape, cases: make([]*matcher.Case, 0, matcher.MaxCases)}
}

// inProcessSession searches and books as the server's handlers do.
type inProcessSession struct {
	target *InProcess
	search matcher.Searcher
	cases  []*matcher.Case
	shape  matcher.WeekShape // of weeks, but for the Monday

	// The newest answer; here, for a formatter is handed pointers.
	week   matcher.WeekAnswer
	offers matcher.OffersAnswer
	body   []byte
}

// plan makes the plan of a search on the newest snapshot.
func (s *inProcessSession) plan(q *Search, span slots.Interval) (*engine.Snapshot, *matcher.Plan, *matcher.Refusal) {
	snap := s.target.Engine.Snapshot()
	s.cases = s.cases[:0]
	for _, id := range q.CaseIDs {
		c, found := snap.Case(tenant, id)
		if !found {
			return nil, nil, &matcher.Refusal{Code: "not_found", CaseID: id}
		}
		s.cases = append(s.cases, &c.Case)
	}
	query := q.Query
	query.Cases, query.Range = s.cases, span
	view := s.search.View()
	snap.ViewInto(view, tenant, snap.Stamped())
	plan, refusal := s.search.Plan(view, query)
	return snap, plan, refusal
}

// Week implements Session.
func (s *inProcessSession) Week(q *Search) Reply {
	snap, plan, refusal := s.plan(q, q.Query.Range)
	if refusal != nil {
		return Reply{Class: Refused, Detail: refusal.Code}
	}
	cut := s.shape
	cut.Monday = q.Monday
	s.week = plan.Week(cut)
	week := &s.week
	if s.target.format != nil {
		s.body = s.target.format.AppendWeek(s.body[:0], snap, q.Query.Zone, week, plan.CallMinutes)
	}
	return Reply{Offered: week.Explanation.Offered, Explained: len(week.Explanation.NothingBecause) > 0, Bytes: len(s.body)}
}

// Earliest implements Session.
func (s *inProcessSession) Earliest(q *Search) Reply {
	snap, plan, refusal := s.plan(q, slots.Interval{})
	if refusal != nil {
		return Reply{Class: Refused, Detail: refusal.Code}
	}
	s.offers = plan.Earliest(earliestLimit)
	found := &s.offers
	if s.target.format != nil {
		s.body = s.target.format.AppendEarliest(s.body[:0], snap, q.Query.Zone, found, plan.CallMinutes)
	}
	return Reply{Offered: len(found.Offers), Explained: len(found.Explanation.NothingBecause) > 0, Bytes: len(s.body)}
}

// submit sends one command of a client and sorts its outcome. Holds belong to who
// has asked for them, so that all commands about a case have the same actor.
func (s *inProcessSession) submit(caseID string, p engine.Payload) (engine.Outcome, Reply) {
	a := actor(0)
	a.Principal = "office-" + caseID
	o, err := s.target.Engine.Submit(context.Background(), engine.Command{Actor: a, Key: s.target.id("key"), Payload: p})
	switch {
	case errors.Is(err, engine.ErrOverloaded) || errors.Is(err, engine.ErrDeadline):
		return o, Reply{Class: Overloaded, Detail: err.Error()}
	case err != nil:
		return o, Reply{Class: Failed, Detail: err.Error()}
	}
	switch o.Status {
	case engine.StatusOK:
		return o, Reply{}
	case engine.StatusSlotTaken, engine.StatusCaseAlreadyScheduled, engine.StatusHoldExpired, engine.StatusRulesChanged:
		return o, Reply{Class: Conflict, Detail: o.Status.String()}
	}
	return o, Reply{Class: Refused, Detail: o.Status.String() + " " + o.Detail}
}

func (t *InProcess) id(kind string) string { return fmt.Sprintf("%s-%d", kind, t.next.Add(1)) }

// Hold implements Session.
func (s *inProcessSession) Hold(c *Claim) Reply {
	o, r := s.submit(c.CaseID, engine.HoldSlot{
		ID: s.target.id("hold"), CaseIDs: []string{c.CaseID}, ReviewerID: c.ReviewerID, Start: c.Start, TimeZone: "US/Eastern",
	})
	if r.Class == OK {
		r.ID = o.Hold.ID
	}
	return r
}

// booking is the payload of a booking.
func (t *InProcess) booking(c *Claim, holdID string) engine.Book {
	return engine.Book{
		ID: t.id("apt"), CaseIDs: []string{c.CaseID}, ReviewerID: c.ReviewerID, Start: c.Start, HoldID: holdID,
		TimeZone: "US/Eastern", PerformedByRole: "requesting_provider", PerformedByCredential: "MD", Location: "provider_office", Notify: "none",
	}
}

// bookings are the commands of many bookings.
func (t *InProcess) bookings(claims []Claim) []engine.Command {
	commands := make([]engine.Command, len(claims))
	for i := range claims {
		commands[i] = engine.Command{Actor: actor(i), Key: t.id("key"), Payload: t.booking(&claims[i], "")}
	}
	return commands
}

// Book implements Session.
func (s *inProcessSession) Book(c *Claim, holdID string) Reply {
	o, r := s.submit(c.CaseID, s.target.booking(c, holdID))
	if r.Class == OK {
		r.ID = o.Appointment.ID
	}
	return r
}

// Cancel implements Session.
func (s *inProcessSession) Cancel(appointmentID string) Reply {
	caseID := ""
	if a, found := s.target.Engine.Snapshot().Appointment(tenant, appointmentID); found {
		caseID = a.CaseIDs[0]
	}
	_, r := s.submit(caseID, engine.Cancel{ID: appointmentID, By: "provider"})
	return r
}

// Close implements Session.
func (s *inProcessSession) Close() error { return nil }
