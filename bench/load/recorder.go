package load

import (
	"sync"
	"time"
)

// Outcome is what became of an operation: numbers of a kind and of a class, as
// Job names them. Class 0 is success.
type Outcome struct{ Kind, Class uint8 }

// Job is what a run does, again and again.
type Job struct {
	Kinds   []string // at least one, at most 256
	Classes []string // at least one, at most 256; the first is success
	// Do runs the i-th operation as one of the clients, from 0. Calls of one client
	// never overlap.
	Do func(client, i int) Outcome
	// Gauge, if not nil, is read every second, for instance the memory in use in bytes.
	Gauge func() int64
	// Progress, if not nil, is called every second.
	Progress func(Second)
}

// Second is what was measured in about a second of a run.
type Second struct {
	At     float64 `json:"at"`     // its end, in seconds from the run's start
	Warmup bool    `json:"warmup"` // not part of the figures
	Done   int64   `json:"done"`
	Failed int64   `json:"failed"` // done with another class than success
	P50    int64   `json:"p50Ns"`
	P99    int64   `json:"p99Ns"`
	Max    int64   `json:"maxNs"`
	Gauge  int64   `json:"gauge,omitempty"`
}

// Stats are the figures of a run, without its warm-up.
type Stats struct {
	Seconds   float64 `json:"seconds"` // until the last answer
	Due       int64   `json:"due"`     // operations that were to be sent; closed loop: that were
	Done      int64   `json:"done"`
	Unsent    int64   `json:"unsent"` // due but given up when the run was over; they count in Latency as far as they waited
	PerSecond float64 `json:"perSecond"`

	Latency Quantiles `json:"latency"` // open loop: from when it was due; closed loop: Service
	Service Quantiles `json:"service"` // from when it was sent
	Lag     Quantiles `json:"lag"`     // how late a free client sent: the generator's own delay

	Kinds    map[string]Quantiles        `json:"kinds"`    // latency by kind
	Outcomes map[string]map[string]int64 `json:"outcomes"` // kind → class → count
	Series   []Second                    `json:"series"`
	// HDR is the histogram behind Latency, see Histogram.Encoded.
	HDR string `json:"hdr,omitempty"`
}

// shards spread the recording of many clients; more of them would only cost memory.
const shards = 4

type recorder struct {
	job    Job
	start  time.Time
	shards [shards]shard
	series []Second
	last   time.Time // end of the newest second
}

type shard struct {
	mu                    sync.Mutex
	kinds                 []*Histogram
	counts                [][]int64 // by kind and class
	service, lag, running *Histogram
	done, failed          int64 // of the running second
	lastDone              time.Time
	unsent                int64
}

func newRecorder(j Job) *recorder {
	r := &recorder{job: j}
	for i := range r.shards {
		s := &r.shards[i]
		s.service, s.lag, s.running = NewHistogram(), NewHistogram(), NewHistogram()
		for range j.Kinds {
			s.kinds = append(s.kinds, NewHistogram())
			s.counts = append(s.counts, make([]int64, len(j.Classes)))
		}
	}
	return r
}

// timing is when one operation was due, sent and answered. idle: its client was
// waiting for it.
type timing struct {
	due, sent, done time.Time
	idle            bool
}

// record notes an operation; counted is false while the run warms up.
func (r *recorder) record(client int, o Outcome, t timing, counted bool) {
	s := &r.shards[client%shards]
	latency := t.done.Sub(t.due)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running.Record(latency)
	s.done++
	if o.Class != 0 {
		s.failed++
	}
	if !counted {
		return
	}
	s.kinds[o.Kind].Record(latency)
	s.counts[o.Kind][o.Class]++
	s.service.Record(t.done.Sub(t.sent))
	if t.idle {
		s.lag.Record(t.sent.Sub(t.due))
	}
	if t.done.After(s.lastDone) {
		s.lastDone = t.done
	}
}

// giveUp notes an operation that was due and will not be sent.
func (r *recorder) giveUp(client int, waited time.Duration) {
	s := &r.shards[client%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unsent++
	s.kinds[0].Record(waited)
}

// second closes the running second.
func (r *recorder) second(now time.Time, warmup bool) {
	all := NewHistogram()
	v := Second{At: now.Sub(r.start).Seconds(), Warmup: warmup}
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		all.Add(s.running)
		s.running.Reset()
		v.Done += s.done
		v.Failed += s.failed
		s.done, s.failed = 0, 0
		s.mu.Unlock()
	}
	q := all.Quantiles()
	v.P50, v.P99, v.Max = q.P50, q.P99, q.Max
	if r.job.Gauge != nil {
		v.Gauge = r.job.Gauge()
	}
	r.series, r.last = append(r.series, v), now
	if r.job.Progress != nil {
		r.job.Progress(v)
	}
}

// watch closes a second each second until stop is closed; the returned channel
// is closed when it has ended.
func (r *recorder) watch(warmup time.Duration, stop <-chan struct{}) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case now := <-tick.C:
				r.second(now, now.Sub(r.start) <= warmup)
			case <-stop:
				if now := time.Now(); now.Sub(r.last) > time.Second/10 {
					r.second(now, now.Sub(r.start) <= warmup)
				}
				return
			}
		}
	}()
	return ended
}

// stats sums up. from is when counting began.
func (r *recorder) stats(from time.Time) *Stats {
	latency, service, lag := NewHistogram(), NewHistogram(), NewHistogram()
	v := &Stats{Kinds: map[string]Quantiles{}, Outcomes: map[string]map[string]int64{}, Series: r.series}
	end := from
	for i := range r.shards {
		s := &r.shards[i]
		service.Add(s.service)
		lag.Add(s.lag)
		v.Unsent += s.unsent
		if s.lastDone.After(end) {
			end = s.lastDone
		}
	}
	for k, kind := range r.job.Kinds {
		one := NewHistogram()
		for i := range r.shards {
			one.Add(r.shards[i].kinds[k])
			for c, n := range r.shards[i].counts[k] {
				if n == 0 {
					continue
				}
				if v.Outcomes[kind] == nil {
					v.Outcomes[kind] = map[string]int64{}
				}
				v.Outcomes[kind][r.job.Classes[c]] += n
				v.Done += n
			}
		}
		latency.Add(one)
		if one.Count() > 0 {
			v.Kinds[kind] = one.Quantiles()
		}
	}
	v.Due, v.HDR = v.Done+v.Unsent, latency.Encoded()
	v.Latency, v.Service, v.Lag = latency.Quantiles(), service.Quantiles(), lag.Quantiles()
	if v.Seconds = end.Sub(from).Seconds(); v.Seconds > 0 {
		v.PerSecond = float64(v.Done) / v.Seconds
	}
	return v
}
