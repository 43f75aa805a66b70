package server

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// national is a served engine with a payer's roster: so many reviewers in six zones, with
// a few of a hundred specialties and of fifty states' licences, eight hours on weekdays.
// Cases are of Texas, where most rules speak, and of a state of which none does.
type national struct {
	*world
	monday slots.Date
	snap   *engine.Snapshot
}

var (
	nationalZones  = []string{"America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles", "Pacific/Honolulu"}
	nationalStates = []string{"TX", "NY", "CA", "FL", "IL", "PA", "OH", "GA", "NC", "MI", "WY", "WA", "AZ", "MA", "TN", "IN"}
)

const nationalNow = "2026-11-23T14:00:00Z"

func newNational(t testing.TB, reviewers int) *national {
	t.Helper()
	n := &national{world: newWorld(t, nationalNow), monday: slots.Date(20790).Monday()} // 2026-11-30
	random := rand.New(rand.NewPCG(1, 2))
	var puts []engine.Command
	for i := range reviewers {
		zone, err := slots.LoadZone(nationalZones[random.IntN(len(nationalZones))])
		if err != nil {
			t.Fatal(err)
		}
		start := slots.ClockTime(6*60 + 15*random.IntN(25))
		r := engine.Reviewer{Reviewer: matcher.Reviewer{
			ID: fmt.Sprintf("rev-%05d", i), NPI: "1234567893", Credential: "MD", Active: true, Zone: zone,
			Specialties: []string{"207XS0117X"}, Programs: []string{"msk-spine-surgery"}, Populations: []string{"adult"},
			Hours: slots.Availability{Weekly: []slots.WeeklyHours{{Days: 0b11111, Span: slots.ClockSpan{Start: start, End: start + 8*60}}}},
		}}
		if i%40 > 0 {
			r.Specialties = []string{[]string{"207X00000X", "208100000X", "207R00000X", "2084N0400X"}[random.IntN(4)]}
		}
		for k := range 1 + random.IntN(6) {
			l := matcher.License{
				State: nationalStates[(random.IntN(3)+k*3)%len(nationalStates)], Type: "full", Status: "active",
				From: n.monday - 2000, To: n.monday + 400,
			}
			if random.IntN(20) == 0 { // within the horizon, so that verdicts change in time
				l.To = n.monday + slots.Date(random.IntN(60))
			}
			r.Licenses = append(r.Licenses, l)
		}
		r.Personal = n.engine.Vault().SealReviewer("test/reviewer/"+r.ID, &engine.ReviewerPersonal{Name: "Dr. " + r.ID + " Example"})
		puts = append(puts, engine.Command{Actor: n.server.localActor(), RequestID: "seed", Payload: engine.PutReviewer{Reviewer: r}})
	}
	for i, result := range n.engine.SubmitAll(context.Background(), puts) {
		if result.Err != nil || result.Outcome.Status != engine.StatusOK {
			t.Fatalf("reviewer %d: %v %+v", i, result.Err, result.Outcome)
		}
	}
	texas := texasCase.with("/situsState", "TX", "/member/state", "TX")
	plain := texasCase.with("/situsState", "WY", "/member/state", "WY")
	n.seed(texas.with("/id", "texas"), texas.with("/id", "second", "/expedited", true), plain.with("/id", "plain"))
	n.snap = n.engine.Snapshot()
	return n
}

// nationalSearch is a week search, or one for the earliest offers, as the handlers do it
// from the checked question to the bytes of the answer.
type nationalSearch struct {
	*national
	call     *call
	searcher matcher.Searcher
	query    matcher.Query
	body     []byte
}

func (n *national) search(cases ...string) *nationalSearch {
	zone, err := slots.LoadZone("US/Eastern")
	if err != nil {
		n.t.Fatal(err)
	}
	s := &nationalSearch{national: n, call: &call{server: n.server, actor: n.server.localActor(), snap: n.snap, now: n.engine.Now()}}
	s.query = matcher.Query{Zone: zone, Range: matcher.WeekRange(zone, n.monday), Ticks: slots.Ticks{Days: defaultDays, Hours: defaultHours}}
	for _, id := range cases {
		c, found := n.snap.Case("test", id)
		if !found {
			n.t.Fatalf("no case %s", id)
		}
		s.query.Cases = append(s.query.Cases, &c.Case)
	}
	return s
}

func (s *nationalSearch) plan(whole bool) *matcher.Plan {
	q := s.query
	if whole {
		q.Range = slots.Interval{}
	}
	p, refusal := s.searcher.Plan(s.snap.View("test", s.call.now), q)
	if refusal != nil {
		s.t.Fatalf("refused: %+v", refusal)
	}
	return p
}

func (s *nationalSearch) week() matcher.WeekAnswer {
	return s.plan(false).Week(matcher.WeekShape{Monday: s.monday, ReviewersPerPriority: 10, SlotsPerDay: 4})
}

func (s *nationalSearch) earliest() matcher.OffersAnswer { return s.plan(true).Earliest(20) }

func (s *nationalSearch) writeWeek(week *matcher.WeekAnswer) {
	w := s.call.offerWriter(s.query.Zone)
	s.body = w.week(s.body[:0], week, 15)
	w.done()
}

func (s *nationalSearch) writeEarliest(found *matcher.OffersAnswer) {
	w := s.call.offerWriter(s.query.Zone)
	s.body = w.earliest(s.body[:0], found, 15)
	w.done()
}
