package server

import (
	"net/http"

	"github.com/parleyhq/parley/slots"
)

type healthDTO struct {
	Status  string `json:"status"`
	Version string `json:"version"`
}

// getHealth says that the process answers.
func getHealth(c *call) answer {
	return answer{status: http.StatusOK, body: encode(healthDTO{Status: "ok", Version: c.server.version})}
}

type readinessDTO struct {
	Ready    bool    `json:"ready"`
	Sandbox  bool    `json:"sandbox"`
	Now      string  `json:"now"`
	Sequence *uint64 `json:"sequence,omitempty"`
	Queue    *int    `json:"queue,omitempty"`
	Ruleset  string  `json:"ruleset"`
	ZoneData string  `json:"zoneData"`
	// MissingDataKeys are those without which personal data is refused.
	MissingDataKeys []uint32 `json:"missingDataKeys,omitempty"`
}

// getReadiness says whether commands are accepted, on which clock, and with which rules. How much there is to do is for
// operators.
func getReadiness(c *call) answer {
	h := c.server.engine.Health()
	d := readinessDTO{
		Ready: h.Ready && h.Writable == nil, Sandbox: h.Sandbox, Now: c.now.String(),
		Ruleset: c.snap.Rules().Version(), ZoneData: slots.ZoneDataVersion(),
	}
	if seq := uint64(h.Seq); c.role == roleAll || c.role == roleOperator {
		d.Sequence, d.Queue = &seq, &h.Queue
	}
	d.MissingDataKeys = c.server.vault.missing()
	if d.Ready && len(d.MissingDataKeys) > 0 {
		d.Ready = false
		p := keyMissing()
		p.extra = []member{{name: "state", json: encode(d)}}
		return refuse(p)
	}
	if d.Ready {
		return answer{status: http.StatusOK, body: encode(d)}
	}
	p := &problem{code: codeNotReady, detail: "The engine is not ready.", extra: []member{{name: "state", json: encode(d)}}}
	if h.Writable != nil {
		p = &problem{code: codeReadOnly, detail: "The store takes no changes; reading goes on.", extra: p.extra}
	}
	return refuse(p)
}
