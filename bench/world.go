package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// Scene sizes a World.
type Scene struct {
	Reviewers     int
	BookedPercent int // share of the next two weeks that is not free, 0–100
	Seed          uint64
	Now           slots.Instant

	Searches       int // distinct ones; default 256
	CasesPerSearch int // 1–5; default 1
	TexasPercent   int // share of searches under the Texas rule, 0–100
	TickedHours    int // hours ticked from 7:00 on, 1–24; 0 = 11 of the usual 12
	// Claims is how many cases there are for holds and bookings, each with a slot
	// of its own.
	Claims int
	// Scarce: every search is about a Texas case that few reviewers can take, none of
	// them lawfully before its deadline.
	Scarce bool
}

// DefaultTexasPercent is the share of Texas in the national workload.
const DefaultTexasPercent = 25

const defaultSearches = 256

// World is a state to fill an engine or a server with, and what to ask of it. The
// same scene gives the same world. Immutable after NewWorld.
//
// The share that is not free stands in the roster as blocks: to book 60 % of the
// time of 5,000 reviewers takes a million calls, and the national load is 5,000 a
// day. The calls of the workload come on top, as appointments.
type World struct {
	Scene
	Reviewers []*matcher.Reviewer
	Cases     []*matcher.Case // of the searches, then of the claims
	Searches  []Search
	Claims    []Claim
	// Eligible is how many reviewers can take the cases of a scarce scene.
	Eligible int
}

// Search is one question, ready for every target.
type Search struct {
	Query    matcher.Query // of a week; its cases stand for those of the state with the same ids
	Monday   slots.Date
	CaseIDs  []string
	week     []byte // body of POST /v1/search
	earliest []byte // body of POST /v1/search/earliest
}

// Claim is a case and a slot that it may have.
type Claim struct {
	CaseID, ReviewerID string
	Start              slots.Instant
	hold               []byte // body of POST /v1/holds
}

// claimMargin keeps claims clear of the present, in seconds: filling takes a while.
const claimMargin = 24 * slots.Hour

// NewWorld draws a world. It fails for numbers out of range, and for more claims
// than the roster has slots.
func NewWorld(s Scene) (*World, error) {
	if s.Searches == 0 {
		s.Searches = defaultSearches
	}
	s.CasesPerSearch = max(s.CasesPerSearch, 1)
	if s.Reviewers <= 0 || s.BookedPercent < 0 || s.BookedPercent > 100 || s.TexasPercent < 0 || s.TexasPercent > 100 ||
		s.CasesPerSearch > matcher.MaxCases || s.TickedHours < 0 || s.TickedHours > 24 || s.Claims < 0 || s.Searches < 0 {
		return nil, fmt.Errorf("bench: scene out of range: %+v", s)
	}
	w := &World{Scene: s}
	d := drawer{rand.New(rand.NewPCG(s.Seed, 2))}
	for i := range s.Reviewers {
		r, err := d.reviewer(i, s.Now)
		if err != nil {
			return nil, err
		}
		r.Hours.Blocks = d.blocks(r, s)
		w.Reviewers = append(w.Reviewers, r)
	}
	if s.Scarce {
		w.makeScarce(d)
	}
	for i := range s.Searches {
		if err := w.addSearch(d, i); err != nil {
			return nil, err
		}
	}
	return w, w.addClaims()
}

// blocks takes a share of a reviewer's quarter hours of the next two weeks.
func (d drawer) blocks(r *matcher.Reviewer, s Scene) (blocks []slots.Interval) {
	within := slots.Interval{Start: s.Now, End: s.Now + bookedDays*24*slots.Hour}
	grid := slots.Grid{StepMinutes: callMinutes}
	grid.Starts(r.Hours.Expand(r.Zone, within), callMinutes, func(at slots.Instant) bool {
		if d.IntN(100) >= s.BookedPercent {
			return true
		}
		span := slots.Interval{Start: at, End: at + callMinutes*slots.Minute}
		if n := len(blocks); n > 0 && blocks[n-1].End == at {
			blocks[n-1].End = span.End
		} else {
			blocks = append(blocks, span)
		}
		return true
	})
	return blocks
}

// addSearch draws the i-th search and its cases.
func (w *World) addSearch(d drawer, i int) error {
	q, err := d.query(i, w.Now)
	if err != nil {
		return err
	}
	first := q.Cases[0]
	state := "TX"
	if i*w.TexasPercent/100 == (i+1)*w.TexasPercent/100 { // spread evenly over the searches
		for state == "TX" {
			state = states[d.IntN(len(states))]
		}
	}
	first.SitusState, first.MemberState = state, state
	if w.TickedHours > 0 {
		q.Ticks.Hours = tickedFrom7(w.TickedHours)
	}
	if w.Scarce {
		w.scarceQuery(&q)
	}
	s := Search{Query: q, Monday: Monday(q)}
	s.Query.Cases = nil
	for k := range w.CasesPerSearch {
		c := *first
		c.ID = fmt.Sprintf("search-%d-%d", i, k)
		s.Query.Cases = append(s.Query.Cases, &c)
		s.CaseIDs = append(s.CaseIDs, c.ID)
		w.Cases = append(w.Cases, &c)
	}
	s.write()
	w.Searches = append(w.Searches, s)
	return nil
}

// tickedFrom7 ticks a number of hours, the first at 7:00, around midnight if need be.
func tickedFrom7(hours int) (ticks uint32) {
	for h := range hours {
		ticks |= 1 << ((7 + h) % 24)
	}
	return ticks
}

// addClaims gives each claim a slot of its own: all reviewers' first free slots,
// then their second ones, and so on.
func (w *World) addClaims() error {
	if w.Scene.Claims == 0 {
		return nil
	}
	grid := slots.Grid{StepMinutes: callMinutes}
	within := slots.Interval{Start: w.Now + claimMargin, End: w.Now + bookingHorizonDays*24*slots.Hour}
	need := (w.Scene.Claims + len(w.Reviewers) - 1) / len(w.Reviewers)
	starts := make([][]slots.Instant, len(w.Reviewers))
	for i, r := range w.Reviewers {
		grid.Starts(r.Hours.Expand(r.Zone, within), callMinutes, func(at slots.Instant) bool {
			starts[i] = append(starts[i], at)
			return len(starts[i]) < need
		})
		if len(starts[i]) < need {
			return fmt.Errorf("bench: %d claims asked for, %s has only %d free slots; use fewer claims or more reviewers",
				w.Scene.Claims, r.ID, len(starts[i]))
		}
	}
	for i := range w.Scene.Claims {
		r := w.Reviewers[i%len(w.Reviewers)]
		c := claimCase(w.Now, r)
		c.ID = fmt.Sprintf("claim-%d", i)
		w.Cases = append(w.Cases, c)
		claim := Claim{CaseID: c.ID, ReviewerID: r.ID, Start: starts[i%len(w.Reviewers)][i/len(w.Reviewers)]}
		claim.write()
		w.Claims = append(w.Claims, claim)
	}
	return nil
}

// claimCase is a case that a reviewer may take without a waiver.
func claimCase(now slots.Instant, r *matcher.Reviewer) *matcher.Case {
	return &matcher.Case{
		Tenant: tenant, HealthPlan: "hne", LineOfBusiness: "commercial", SitusState: "MA", MemberState: "MA",
		Population: "adult", Program: r.Programs[0], LevelOfReview: "reconsideration", Phase: "pre_service",
		Determination:            matcher.Determination{Status: "denied", Reason: "medical_necessity", LetterReceived: true},
		AuthorizationRequestedAt: now - 10*24*slots.Hour,
		Requesting:               matcher.Provider{Present: true, NPI: "1234567893", Credential: "MD", Specialty: r.Specialties[0], TimeZone: "US/Eastern"},
		ServiceSpecialty:         r.Specialties[0],
	}
}

// Bounds of a scarce scene: how many reviewers can take its cases, and how far
// off their deadline is, in seconds.
const (
	scarceLeast, scarceMost = 3, 10
	scarceProgram           = "msk-spine-surgery"
	scarceSpecialty         = "207XS0117X" // orthopaedic surgery of the spine
	scarceDeadline          = 4 * 24 * slots.Hour
)

// makeScarce leaves the scarce program to a few reviewers. Only one of them is
// licensed in Texas, and he is away until the deadline is over.
func (w *World) makeScarce(d drawer) {
	w.Eligible = min(scarceLeast+d.IntN(scarceMost-scarceLeast+1), len(w.Reviewers))
	for i, r := range w.Reviewers {
		r.Programs = slices.DeleteFunc(r.Programs, func(p string) bool { return p == scarceProgram })
		if i >= w.Eligible {
			if len(r.Programs) == 0 {
				r.Programs = []string{programs[0]}
			}
			continue
		}
		r.Programs, r.Specialties = []string{scarceProgram}, []string{scarceSpecialty}
		r.Licenses = slices.DeleteFunc(r.Licenses, func(l matcher.License) bool { return l.State == "TX" })
		if i == 0 {
			today := slots.Date(w.Now / (24 * slots.Hour))
			r.Licenses = append(r.Licenses, matcher.License{State: "TX", Type: "full", Status: "active", From: today.AddDays(-2000), To: today.AddDays(400)})
			r.Hours.Blocks = []slots.Interval{{Start: w.Now, End: w.Now + scarceDeadline + 24*slots.Hour}}
		}
	}
}

// scarceQuery turns a query into one about a scarce case, in the present week.
func (w *World) scarceQuery(q *matcher.Query) {
	c := q.Cases[0]
	c.SitusState, c.MemberState, c.Program, c.ServiceSpecialty = "TX", "TX", scarceProgram, scarceSpecialty
	c.Requesting.Specialty = scarceSpecialty
	c.Determination = matcher.Determination{Status: "pending", Reason: "medical_necessity"}
	c.DecisionDue = w.Now + scarceDeadline
	q.Range = matcher.WeekRange(q.Zone, q.Zone.Date(w.Now).Monday())
	q.Ticks.Days = 0b1111111
}

// Fill stores the roster and the cases in an engine. It reports progress in
// commands if report is not nil.
func (w *World) Fill(ctx context.Context, eng *engine.Engine, report func(done, total uint64)) error {
	vault := eng.Vault()
	total := uint64(len(w.Reviewers) + len(w.Cases))
	var commands []engine.Command
	done := uint64(0)
	add := func(p engine.Payload, last bool) error {
		commands = append(commands, engine.Command{Actor: actor(int(done) + len(commands)), Payload: p})
		if len(commands) < fillChunk && !last {
			return nil
		}
		err := submit(ctx, eng, commands)
		done += uint64(len(commands))
		commands = commands[:0]
		if report != nil {
			report(done, total)
		}
		return err
	}
	for i, r := range w.Reviewers {
		reviewer := engine.Reviewer{Reviewer: *r, Personal: vault.SealReviewer(tenant+"/reviewer/"+r.ID, &engine.ReviewerPersonal{Name: reviewerName(i)})}
		if err := add(engine.PutReviewer{Reviewer: reviewer}, i == len(w.Reviewers)-1); err != nil {
			return err
		}
	}
	for i, c := range w.Cases {
		if err := add(engine.PutCase{Case: storedCase(vault, c)}, i == len(w.Cases)-1); err != nil {
			return err
		}
	}
	return nil
}

// fillChunk is how many commands are submitted together.
const fillChunk = 1000

// The member of every case; one is enough, for no workload looks members up.
const (
	memberID, memberName, memberLast, memberBirth = "M-1", "Jordan Winter", "Winter", "1982-06-28"
)

func storedCase(vault *engine.Vault, c *matcher.Case) engine.Case {
	return engine.Case{
		Case:      *c,
		Personal:  vault.SealCase(tenant+"/case/"+c.ID, &engine.CasePersonal{MemberID: memberID, MemberName: memberName, MemberBirthDate: memberBirth}),
		MemberID:  vault.DigestMemberID(memberID),
		BirthDate: vault.DigestBirthDate(memberBirth),
		LastName:  vault.DigestLastName(memberLast),
	}
}

func reviewerName(i int) string { return fmt.Sprintf("Dana Ortiz %d", i) }
