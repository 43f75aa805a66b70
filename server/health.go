package server

import (
	"errors"
	"net/http"

	"github.com/parleyhq/parley/engine"
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
	Cause           string   `json:"cause,omitzero"` // one word of engine.Cause
	// ClockStepSeconds is how far the machine's clock is ahead of the time that counts, after a step.
	ClockStepSeconds int64 `json:"clockStepSeconds,omitzero"`
}

// causeWords say in a sentence why nothing may be changed, by cause, and what ends it.
var causeWords = map[engine.Cause]string{
	engine.CauseSpace:      "The disk is nearly full, or has inodes for few more files: only cancellations and the like are taken. It passes when there is room again.",
	engine.CauseStalled:    "A write to the disk takes too long. It passes when the write ends.",
	engine.CauseBackground: "The disk has failed in background work. It passes some seconds after the last failure.",
	engine.CauseWatermark:  "The watermark cannot be written. It passes when it can.",
	engine.CauseClosing:    "The server is stopping.",
	engine.CausePoisoned:   "A write has failed and nobody knows how much of it is on the disk. The server must be restarted.",
	engine.CauseDamage:     "Damage was found in the store's files. Stop the server, keep the files, and restore a backup that is whole.",
	engine.CauseState:      "A check has found that the state contradicts itself. Stop the server, keep the files, and verify the store.",
}

// causeOf returns why the store takes no changes, "" if it is not known in one word.
func causeOf(err error) engine.Cause {
	var r *engine.Refusal
	switch {
	case errors.As(err, &r):
		return r.Cause
	case errors.Is(err, engine.ErrClosed), errors.Is(err, engine.ErrLogClosed):
		return engine.CauseClosing
	case errors.Is(err, engine.ErrPoisoned):
		return engine.CausePoisoned
	}
	return ""
}

// takesNothing is the problem of a store that takes no changes.
func takesNothing(err error, detail string) *problem {
	p := &problem{code: codeReadOnly, detail: detail}
	if cause := causeOf(err); cause != "" {
		p.detail += " " + causeWords[cause]
		p.extra = append(p.extra, member{"cause", encode(string(cause))})
	}
	return p
}

// getReadiness says whether commands are accepted, on which clock, and with which rules. How much there is to do is of all
// tenants together, and so for operators of the store's own.
func getReadiness(c *call) answer {
	h := c.server.engine.Health()
	d := readinessDTO{
		Ready: h.Ready && h.Writable == nil, Sandbox: h.Sandbox, Now: c.now.String(),
		Ruleset: c.snap.Rules().Version(), ZoneData: slots.ZoneDataVersion(),
		Cause: string(causeOf(h.Writable)), ClockStepSeconds: int64(h.ClockStep),
	}
	if seq := uint64(h.Seq); c.role == roleAll || c.role == roleOperator && c.actor.Tenant == c.server.tenant {
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
	p := &problem{code: codeNotReady, detail: "The engine is not ready."}
	if h.Writable != nil {
		p = takesNothing(h.Writable, "The store takes no changes; reading goes on.")
	}
	p.extra = append(p.extra, member{name: "state", json: encode(d)})
	return refuse(p)
}
