package enginetest

import (
	"math/rand/v2"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// swarm is what the seed of a run has chosen: some faults and none of the others, and
// how often. Where everything can go wrong at any time, what needs some quiet to go
// wrong never does.
type swarm struct {
	faults []Fault
	often  int // percent of the steps that meet one
	batch  int

	dropped, late, twice int // percent of the requests
	back                 int // percent of the steps for which the clock is back
	again                int // percent of the power cuts with others behind them

	identity int // percent of the commands that are about tenants and keys
	keyed    int // percent of the commands that come with a key

	urgentFirst bool
	taken       int // commands of one write, at most
	pressing    int // percent of the commands that go before others
}

func newSwarm(seed uint64) *swarm {
	rnd := rand.New(rand.NewPCG(seed, 2))
	s := &swarm{batch: 1 + rnd.IntN(12), often: 5 + rnd.IntN(40)}
	for f := FaultGather; f < faultEnd; f++ {
		if rnd.IntN(100) < 40 {
			s.faults = append(s.faults, f)
		}
	}
	rates := []int{0, 0, 3, 10, 25}
	for _, rate := range []*int{&s.dropped, &s.late, &s.twice, &s.back} {
		*rate = rates[rnd.IntN(len(rates))]
	}
	s.identity, s.keyed = []int{0, 4, 15}[rnd.IntN(3)], []int{0, 20, 50}[rnd.IntN(3)]
	s.again = []int{0, 20, 60}[rnd.IntN(3)]
	s.taken = simBatchLimit
	if s.urgentFirst = rnd.IntN(100) < 40; s.urgentFirst { // then many come at once, and few are written at once
		s.batch += rnd.IntN(32)
		s.taken = []int{1, 2, 4, simBatchLimit}[rnd.IntN(4)]
		s.pressing = []int{0, 40, 80}[rnd.IntN(3)]
	}
	return s
}

// lines tells whether urgent commands go first, and how many commands are written at once, at most.
func (c *Config) lines() (urgentFirst bool, batch int) {
	if c.Swarm {
		s := newSwarm(c.Seed)
		return s.urgentFirst, s.taken
	}
	return c.Seed%2 == 0, simBatchLimit
}

func (s *swarm) fault(w *Workload) Fault {
	if len(s.faults) == 0 || !w.chance(s.often) {
		return FaultNone
	}
	return pick(w, s.faults)
}

// parcel is a request that is on its way for long.
type parcel struct {
	due int // the step that it comes with
	cmd engine.Command
}

// travel is what becomes of requests between client and server. Some are lost, and the
// client asks again; some come later, some twice; and those that come together come in
// any order.
func (w *Workload) travel(sent []engine.Command) (come []engine.Command) {
	count := w.audit.counts
	later := func(cmd engine.Command) {
		w.parcels = append(w.parcels, parcel{w.steps + 1 + w.rnd.IntN(20), cmd})
	}
	for _, cmd := range sent {
		switch n := w.rnd.IntN(100); {
		case n < w.swarm.dropped && cmd.Key != "":
			count.Add("request dropped")
			later(w.repeated(cmd))
		case n < w.swarm.dropped+w.swarm.late:
			count.Add("request late")
			later(cmd)
		case n < w.swarm.dropped+w.swarm.late+w.swarm.twice:
			count.Add("request twice")
			later(cmd)
			come = append(come, cmd)
			if cmd.Key != "" && w.chance(50) { // the client has crashed before the answer came
				count.Add("answer lost, asked again")
				later(w.repeated(cmd))
			}
		default:
			come = append(come, cmd)
		}
	}
	left := w.parcels[:0]
	for _, p := range w.parcels {
		if p.due > w.steps {
			left = append(left, p)
			continue
		}
		come = append(come, p.cmd)
	}
	if w.parcels = left; len(come) > 1 && w.chance(50) {
		count.Add("requests in another order")
		w.rnd.Shuffle(len(come), func(i, k int) { come[i], come[k] = come[k], come[i] })
	}
	return come
}

// troubles says more of a step's fault, and turns the clock back for it.
func (w *Workload) troubles(s *Step) {
	if s.Fault.troubled() {
		t := &s.Trouble
		t.After, t.Loss = w.rnd.IntN(12), w.rnd.IntN(5)-1
		t.Ops = pick(w, []string{"write", "sync", "names", "names", "any"})
		t.Full, t.Forever, t.Reads = w.chance(40), w.chance(50), w.chance(20)
		if t.Ops == "names" { // of which there are few in a step: made, renamed, and then the directory
			t.After = []int{0, 1, 1, 2}[t.After%4]
		}
		if s.Fault == FaultDamage {
			t.After = w.rnd.IntN(1 << 20)
		}
		for w.chance(w.swarm.again) && len(t.Again) < 4 {
			t.Again = append(t.Again, 1+w.rnd.IntN(16))
		}
	}
	if w.chance(w.swarm.back) {
		back := pick(w, []slots.Instant{1, 60, 3600, 86400, 366 * 86400, 10 * 366 * 86400})
		if w.audit.counts.Add("clock stepped back"); back > 366*86400 {
			w.audit.counts.Add("clock stepped back by years")
		}
		s.Clock -= back
	}
}
