package server

import (
	"net/http"
	"strconv"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// eventsOut is a stretch of the log: who did what, when, to what – ids and codes.
type eventsOut struct {
	Events []eventOut `json:"events"`
	Next   uint64     `json:"next"`
}

type eventOut struct {
	Seq       uint64      `json:"seq"`
	At        string      `json:"at"`
	Kind      string      `json:"kind"`
	Tenant    string      `json:"tenant"` // of who did it
	Principal string      `json:"principal"`
	ActorRole string      `json:"actorRole"`
	Source    string      `json:"source"`
	RequestID string      `json:"requestId"`
	Rules     string      `json:"rules"`
	Objects   []objectOut `json:"objects"`
}

type objectOut struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// after reads ?after=, a position in the log.
func (k *check) after(query map[string]string) engine.Seq {
	s, given := query["after"]
	if !given {
		return 0
	}
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil || strconv.FormatUint(n, 10) != s {
		k.unclear("after", "must be an integer, 0 or more")
		return 0
	}
	return engine.Seq(n)
}

// listEvents answers from the log, not from the snapshot: what it tells is durable
// and never changes.
func listEvents(c *call) answer {
	k := check{ofQuery: true}
	after, limit := k.after(c.query), k.pageSize(c.query)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	out := eventsOut{Events: []eventOut{}, Next: uint64(after)}
	next, err := c.server.engine.Events(c.actor.Tenant, after, limit, func(r *engine.Change) bool {
		out.Events = append(out.Events, eventOf(r))
		return true
	})
	out.Next = uint64(next)
	if err != nil {
		return refuse(failure(err))
	}
	return ok(http.StatusOK, out)
}

func eventOf(r *engine.Change) eventOut {
	out := eventOut{
		Seq: uint64(r.Seq), At: string(slots.AppendInstant(nil, r.At, slots.UTC())), Kind: r.Kind.String(),
		Tenant: r.Actor.Tenant, Principal: r.Actor.Principal, ActorRole: r.Actor.Role, Source: r.Actor.Source, RequestID: r.RequestID, Rules: r.Rules,
		Objects: make([]objectOut, len(r.Objects)),
	}
	for i, o := range r.Objects {
		out.Objects[i] = objectOut(o)
	}
	return out
}
