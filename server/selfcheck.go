package server

import (
	"net/http"
	"time"

	"github.com/parleyhq/parley/engine"
)

// selfCheckRest is the least that the self-check rests between two slices of its work. It rests
// selfCheckRests times as long as the slice took, so it never has more than a fifth of a core.
const (
	selfCheckRest  = time.Millisecond
	selfCheckRests = 4
)

// checkSelf sweeps over the state at every tick until the server stops.
func (s *Server) checkSelf(tick <-chan time.Time) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-s.base.Done():
			return
		case <-tick:
		}
		worked := time.Now()
		s.engine.Sweep(func() bool {
			timer.Reset(max(selfCheckRest, selfCheckRests*time.Since(worked)))
			defer func() { worked = time.Now() }()
			select {
			case <-s.base.Done():
				return false
			case <-timer.C:
				return true
			}
		})
	}
}

// SelfCheck is the last check of a live store, as the operator's listener tells it.
type SelfCheck struct {
	Checked      bool    `json:"checked"` // false: none has come to its end yet
	Whole        bool    `json:"whole"`
	Fault        string  `json:"fault,omitzero"` // names ids of entities, never persons
	At           string  `json:"at,omitzero"`
	Sequence     uint64  `json:"sequence,omitzero"`
	Seconds      float64 `json:"seconds,omitzero"`
	Cases        int     `json:"cases"`
	Holds        int     `json:"holds"`
	Appointments int     `json:"appointments"`
}

// getSelfCheck answers with the last self-check of a live store.
func getSelfCheck(c *call) answer { return ok(http.StatusOK, sweepOut(c.server.engine.LastSweep())) }

func sweepOut(r *engine.SweepReport) SelfCheck {
	if r == nil {
		return SelfCheck{}
	}
	d := SelfCheck{
		Checked: true, Whole: r.Fault == nil, At: r.At.String(), Sequence: uint64(r.Seq), Seconds: r.Seconds,
		Cases: r.Cases, Holds: r.Holds, Appointments: r.Appointments,
	}
	if r.Fault != nil {
		d.Fault = r.Fault.Error()
	}
	return d
}
