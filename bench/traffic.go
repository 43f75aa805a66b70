package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parleyhq/parley/bench/load"
)

// Kinds of operations, as numbers of load.Outcome.
const (
	kindWeek uint8 = iota
	kindEarliest
	kindHold
	kindBook
	kindCancel
)

var kindNames = []string{"week", "first20", "hold", "book", "cancel"}

// traffic is a mix of operations; the shares are percent of all and add up to 100.
type traffic struct {
	week, earliest, write int
	scarce, peak, soak    bool
}

// claimsPerClient is how many cases a client holds, books and cancels in turn.
const claimsPerClient = 8

func (t traffic) run(ctx context.Context, s *session) (err error) {
	t = t.withWrites(s.Writes)
	clients := slices.Max(s.Clients)
	scene := s.scene()
	scene.Scarce = t.scarce
	if t.write > 0 {
		scene.Claims = clients * claimsPerClient
	}
	target, world, err := s.target(ctx, scene)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	all, err := sessions(target, clients)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeAll(all)) }()
	m := &mix{traffic: t, seed: s.Seed, world: world, sessions: all, cycles: make([]cycle, clients)}
	for c := range m.cycles {
		if t.write > 0 {
			m.cycles[c].claims = world.Claims[c*claimsPerClient : (c+1)*claimsPerClient]
		}
	}
	arrivals := load.Arrivals{Even: s.Even, Seed: s.Seed}
	if t.peak {
		if err := m.plan(s, &arrivals); err != nil {
			return err
		}
	}
	s.note(map[string]string{"week": percent(t.week), "first20": percent(t.earliest), "writes": percent(t.write), "log": s.logName(),
		"warmup": s.Warmup.String(), "duration": s.Duration.String(), "texas": percent(scene.TexasPercent)})
	job := load.Job{Kinds: kindNames, Classes: ClassNames, Do: m.do, Gauge: target.Memory}
	if err := s.runs(ctx, job, arrivals, 0); err != nil {
		return err
	}
	m.check(s)
	if t.soak {
		s.drift()
	}
	return nil
}

func percent(n int) string { return fmt.Sprintf("%d %%", n) }

// logName says where the target keeps its log.
func (s *session) logName() string {
	if s.Target == TargetInProcess && s.Memory {
		return "memory"
	}
	return "disk"
}

// withWrites returns t with another share of writes; the searches keep their
// proportion. 0 keeps t, -1 means none.
func (t traffic) withWrites(share int) traffic {
	if share == 0 || t.week+t.earliest == 0 || t.write == 0 {
		return t
	}
	searches := t.week + t.earliest
	t.write = max(share, 0)
	t.week = (100 - t.write) * t.week / searches
	t.earliest = 100 - t.write - t.week
	return t
}

// mix sends the operations of a traffic.
type mix struct {
	traffic
	seed     uint64
	world    *World
	sessions []Session
	cycles   []cycle

	due    []time.Duration // of the peak: when each operation is due
	span   time.Duration
	byZone [][]int // searches of each zone of the peak

	searches, offered, empty, unexplained atomic.Int64
	fault                                 firstFault
}

// firstFault keeps the first answer that should not have been.
type firstFault struct {
	once sync.Once
	text string
}

func (f *firstFault) note(kind uint8, r Reply) {
	f.once.Do(func() { f.text = kindNames[kind] + ": " + ClassNames[r.Class] + " " + r.Detail })
}

// count says how many answers should not have been, and which was the first.
func (f *firstFault) count(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d were not; first: %s", n, f.text)
}

// scramble spreads a number over all 64 bits: a choice that depends on seed and
// position alone, whichever client comes first.
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// do runs the i-th operation.
func (m *mix) do(client, i int) load.Outcome {
	chance := scramble(m.seed<<32 + uint64(i))
	session := m.sessions[client]
	var kind uint8
	var r Reply
	switch share := int(chance % 100); {
	case share < m.week:
		kind, r = kindWeek, session.Week(m.search(i, chance>>8))
	case share < m.week+m.earliest:
		kind, r = kindEarliest, session.Earliest(m.search(i, chance>>8))
	default:
		kind, r = m.cycles[client].next(session)
	}
	if kind <= kindEarliest && r.Class == OK {
		m.searched(r)
	}
	if r.Class != OK {
		m.fault.note(kind, r)
	}
	return load.Outcome{Kind: kind, Class: uint8(r.Class)}
}

// search picks what the i-th operation asks.
func (m *mix) search(i int, chance uint64) *Search {
	all := m.world.Searches
	if i < len(m.due) {
		total, zones := peakDemand(float64(m.due[i]) / float64(m.span))
		at := total * float64(chance%1000) / 1000
		for z, share := range zones {
			if at -= share; at < 0 && len(m.byZone[z]) > 0 {
				return &all[m.byZone[z][chance/1000%uint64(len(m.byZone[z]))]]
			}
		}
	}
	return &all[chance%uint64(len(all))]
}

func (m *mix) searched(r Reply) {
	m.searches.Add(1)
	m.offered.Add(int64(r.Offered))
	if r.Offered == 0 {
		m.empty.Add(1)
	}
	if !r.Explained {
		m.unexplained.Add(1)
	}
}

// plan fixes when the operations of a peak are due, so that each can ask from the
// zones that are busy then.
func (m *mix) plan(s *session, a *load.Arrivals) error {
	if s.Loop == loopClosed || len(s.Rates) != 1 {
		return wrong("morning-peak needs an open loop and one rate")
	}
	a.Rate, m.span = s.Rates[0], s.Warmup+s.Duration
	a.Shape = func(at float64) float64 { all, _ := peakDemand(at); return all }
	var err error
	if m.due, err = a.Within(m.span); err != nil {
		return err
	}
	m.byZone = make([][]int, len(peakZones))
	for i := range m.world.Searches {
		for z := range peakZones {
			if m.world.Searches[i].Query.Zone.Name() == peakZones[z].name {
				m.byZone[z] = append(m.byZone[z], i)
			}
		}
	}
	return nil
}

// check judges the answers.
func (m *mix) check(s *session) {
	wanted := map[string]bool{ClassNames[OK]: true, ClassNames[Overloaded]: true}
	odd := int64(0)
	for i := range s.result.Runs {
		for _, counts := range s.result.Runs[i].Outcomes {
			for class, n := range counts {
				if !wanted[class] {
					odd += n
				}
			}
		}
	}
	s.check("every operation is taken", odd == 0, "%s", m.fault.count(odd))
	n := m.searches.Load()
	s.check("searches offer something", m.scarce || m.empty.Load()*2 < n || n == 0,
		"%d searches, %d slots offered, %d without any", n, m.offered.Load(), m.empty.Load())
	if m.scarce {
		s.check("few reviewers are eligible", m.world.Eligible >= min(scarceLeast, s.size) && m.world.Eligible <= scarceMost, "%d", m.world.Eligible)
		s.check("every answer explains why nothing lawful is in time", m.unexplained.Load() == 0, "%d of %d do not", m.unexplained.Load(), n)
	}
}

// cycle holds a slot, books it, cancels the call, and begins again with the next
// claim: the state stays as large as it is. Its claims are nobody else's.
type cycle struct {
	claims []Claim
	at     int
	stage  uint8
	hold   string
	call   string
}

func (c *cycle) next(s Session) (kind uint8, r Reply) {
	claim := &c.claims[c.at]
	switch c.stage {
	case 0:
		if kind, r = kindHold, s.Hold(claim); r.Class == OK {
			c.hold, c.stage = r.ID, 1
		}
	case 1:
		c.stage = 0 // if it is refused, the claim is tried afresh
		if kind, r = kindBook, s.Book(claim, c.hold); r.Class == OK {
			c.call, c.stage = r.ID, 2
		}
	default:
		if kind, r = kindCancel, s.Cancel(c.call); r.Class == OK {
			c.stage, c.at = 0, (c.at+1)%len(c.claims)
		}
	}
	return kind, r
}
