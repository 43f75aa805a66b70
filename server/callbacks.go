package server

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

func createCallback(c *call) answer {
	t := c.ticket()
	made := c.callbackMade(t)
	if a, known := c.recall(t, made); known {
		return a
	}
	var in callbackIn
	if p := decode(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	cmd, personal := in.resolve(&k, c.now)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	if !in.RequestedBy.Set {
		personal.RequestedBy = c.requesting(cmd.CaseIDs[0])
	}
	cmd.ID, cmd.AppointmentID = newID("cbr"), newID("apt")
	cmd.Personal = c.server.engine.Vault().SealAppointment(appointmentPlace(c.actor.Tenant, cmd.AppointmentID), personal)
	o, p := c.submitLasting(t, cmd)
	if p != nil {
		return refuse(p)
	}
	if o.Status != engine.StatusOK {
		return refuse(c.refused(o))
	}
	return replayable(o, made)
}

// callbackMade renders a new request. While nobody is assigned, its place in the
// queue and what would help are of the moment: that answer is composed once and
// remembered beside the outcome, so that repeated it is the first one.
func (c *call) callbackMade(t ticket) func(engine.Outcome) answer {
	return func(o engine.Outcome) answer {
		r := o.Callback
		a := answer{status: http.StatusCreated, version: r.Version}
		if r.Status == engine.CallbackAssigned {
			a.body = encode(c.callbackOut(r, o.Appointment, callbackZone(r)))
			return a
		}
		body, p := c.composed(t, o, func() ([]byte, *problem) { return c.composeCallback(r) })
		if p != nil {
			return refuse(p)
		}
		c.tell("callback", r.ID) // the body that is remembered does, too
		a.body = body
		return a
	}
}

func (c *call) composeCallback(r *engine.CallbackRequest) ([]byte, *problem) {
	snap := c.newest()
	v := callbackView{call: c, snap: snap, now: max(c.now, snap.Stamped())}
	z := callbackZone(r)
	out := v.full(r, z)
	if r.Open() {
		if p := v.recordNearest(r, out.Explanation, z); p != nil {
			return nil, p
		}
	}
	return encode(out), nil
}

// composed gives the answer that was composed first for an outcome, and composes
// it now if none was.
func (c *call) composed(t ticket, first engine.Outcome, compose func() ([]byte, *problem)) ([]byte, *problem) {
	t, body := c.composedBefore(t, "answer ", first)
	if body != nil {
		return body, nil
	}
	body, p := compose()
	if p != nil {
		return nil, unsure(p)
	}
	o, p := c.answered(t, body)
	switch {
	case p != nil:
		return nil, unsure(p)
	case o.Status != engine.StatusOK: // the credential has ended
		return nil, c.refused(o)
	}
	return o.Answer, nil
}

// composedBefore returns the ticket under which what is composed for an outcome is remembered, and that if it is there. The
// key holds a space, which no client's key does, and the outcome's place in the log: what was composed later than an outcome is
// remembered longer, and is not what a new outcome under the same key is answered with.
func (c *call) composedBefore(t ticket, kind string, first engine.Outcome) (ticket, []byte) {
	own := t
	own.key = composedKey(kind, t.key+" "+strconv.FormatUint(uint64(first.Seq), 10))
	if o, known := c.known(own); known && o.Status == engine.StatusOK {
		return own, o.Answer
	}
	if first.Replayed { // by a build that left the place out
		t.key = composedKey(kind, t.key)
		if o, known := c.known(t); known && o.Status == engine.StatusOK {
			return own, o.Answer
		}
	}
	return own, nil
}

func composedKey(kind, of string) string {
	sum := sha256.Sum256([]byte(of))
	if kind == "part " {
		return kind + hex.EncodeToString(sum[:])
	}
	return kind + base64.RawURLEncoding.EncodeToString(sum[:])
}

// unsure turns a failure after a command has taken effect into one that says so:
// the same request again gives the answer.
func unsure(p *problem) *problem {
	if p.status() == http.StatusServiceUnavailable {
		return failure(engine.ErrOutcomeUnknown)
	}
	return p
}

func callbackZone(r *engine.CallbackRequest) *slots.Zone { return zoneOr(r.TimeZone, slots.UTC()) }

func getCallback(c *call) answer {
	r, found := c.snap.Callback(c.actor.Tenant, c.id)
	if !found {
		return notFound()
	}
	z, p := c.zone(callbackZone(r))
	if p != nil {
		return refuse(p)
	}
	v := callbackView{call: c, snap: c.snap, now: c.now}
	a := ok(http.StatusOK, v.full(r, z))
	a.version = r.Version
	return a
}

// deleteCallback withdraws a request, and its appointment if it has one.
func deleteCallback(c *call) answer {
	o, p := c.submit(ticket{}, engine.CancelCallback{ID: c.id, Expect: c.ifMatch})
	if p != nil {
		return refuse(p)
	}
	if o.Status != engine.StatusOK {
		return refuse(c.refused(o))
	}
	return answer{status: http.StatusNoContent}
}

// callbacksOut is a page of requests: the queued ones alone in the order in which
// they are tried, else by id.
type callbacksOut struct {
	CallbackRequests []callbackOut `json:"callbackRequests"`
	NextCursor       *string       `json:"nextCursor"`
}

func listCallbacks(c *call) answer {
	k := check{ofQuery: true}
	limit := k.pageSize(c.query)
	zone := k.queryZone(c.query)
	status, given := c.query["status"]
	if given {
		status = k.word("status", status, callbackStates)
	}
	list := "callbacks in order " + status
	cursor, cp := c.readCursor(list)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	if cp != nil {
		return refuse(cp)
	}
	out := callbacksOut{CallbackRequests: []callbackOut{}}
	v := callbackView{call: c, snap: c.snap, now: c.now}
	places := queuePlaces{snap: c.snap}
	var last position
	at := c.callbacks(status, cursor, func(r *engine.CallbackRequest) bool {
		if len(out.CallbackRequests) == limit {
			next := c.writeCursor(list, last)
			out.NextCursor = &next
			return false
		}
		z := zone
		if z == nil {
			z = callbackZone(r)
		}
		last = placeOf(r)
		item := v.call.callbackOut(r, v.appointment(r), z)
		if r.Status == engine.CallbackQueued {
			item.QueuePosition = places.of(r)
		}
		out.CallbackRequests = append(out.CallbackRequests, item)
		return true
	})
	if at != "" && out.NextCursor == nil { // enough was looked at for one page
		next := c.writeCursor(list, position{id: at})
		out.NextCursor = &next
	}
	return ok(http.StatusOK, out)
}

// callbacks yields the requests after a place, of one status or all. at is the id where it stopped because it had
// looked at enough of them, else "".
func (c *call) callbacks(status string, after position, yield func(*engine.CallbackRequest) bool) (at string) {
	if status == engine.CallbackQueued.String() {
		c.snap.CallbacksQueued(c.actor.Tenant, func(r *engine.CallbackRequest) bool {
			return !placeOf(r).behind(after) || yield(r)
		})
		return ""
	}
	return c.snap.Callbacks(c.actor.Tenant, after.id, func(r *engine.CallbackRequest) bool {
		return r.ID == after.id || status != "" && r.Status.String() != status || yield(r)
	})
}

// placeOf is where a request stands among the queued ones: few options first, then the oldest, then by id. A page goes on
// behind it, whether or not the request is still queued.
func placeOf(r *engine.CallbackRequest) position {
	return position{start: slots.Instant(r.Options)<<40 | max(0, r.CreatedAt), id: r.ID}
}

// behind reports whether a place comes after another one; every place comes after the beginning.
func (p position) behind(other position) bool {
	return p.start > other.start || p.start == other.start && p.id > other.id
}

// queuePlaces numbers the queue once for a whole list.
type queuePlaces struct {
	snap *engine.Snapshot
	byID map[string]int
}

func (q *queuePlaces) of(r *engine.CallbackRequest) *int {
	if q.byID == nil {
		q.byID = q.snap.QueuePlaces(r.Tenant)
	}
	n := q.byID[r.ID]
	return &n
}
