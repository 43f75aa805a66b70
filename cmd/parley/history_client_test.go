package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// historyFirst is the first start that is wanted; a Tuesday.
var historyFirst = time.Date(2020, 5, 19, 15, 0, 0, 0, time.UTC)

// history is one recording.
type history struct {
	t       *testing.T
	p       *program
	dir     string
	seed    uint64
	rnd     *rand.Rand
	began   time.Time
	groups  []*group
	kills   int
	planted int

	mu      sync.Mutex
	ops     []porcupine.Operation
	retried int
}

// group is what the clients of a group know: each learns from all.
type group struct {
	name  string
	mu    sync.Mutex
	calls [groupCases]string // the newest call of each case
	holds [groupCases]string
	held  [groupCases]groupSlot
	final []seenCall // all calls in the end
}

// historyClient sends one request after the other.
type historyClient struct {
	h      *history
	g      *group
	number int
	sent   int
	rnd    *rand.Rand
	left   int // requests

	lost *lostRequest // what had no answer when the server was killed
}

type lostRequest struct {
	q    asked
	key  string
	call int64
}

// run records a history of two to eight groups; in one of two the server is killed in the middle.
func (h *history) run() {
	for i := range 2 + h.rnd.IntN(7) {
		h.groups = append(h.groups, h.newGroup(i))
	}
	var clients []*historyClient
	for i := range len(h.groups) * groupClients {
		clients = append(clients, &historyClient{
			h: h, g: h.groups[i/groupClients], number: i, left: *historyOps,
			rnd: rand.New(rand.NewPCG(h.seed, uint64(i)+1)),
		})
	}
	kills := 0
	if h.seed%2 == 0 {
		kills = 1 + h.rnd.IntN(2)
	}
	for range kills {
		h.part(clients, int64(len(clients)**historyOps/(kills+1)))
		h.p = serveHistory(h.t, h.dir)
		h.kills++
		h.again(clients)
	}
	h.part(clients, math.MaxInt64)
	for _, g := range h.groups {
		h.finish(g)
	}
}

// part runs the clients until they are done, or have sent so many requests together that the server is killed.
func (h *history) part(clients []*historyClient, until int64) {
	var (
		wait sync.WaitGroup
		sent atomic.Int64
		once sync.Once
	)
	for _, c := range clients {
		wait.Go(func() {
			for c.left > 0 && c.step() {
				if sent.Add(1) >= until {
					once.Do(func() { _ = h.p.cmd.Process.Kill() })
				}
			}
		})
	}
	wait.Wait()
	if until < math.MaxInt64 {
		once.Do(func() { _ = h.p.cmd.Process.Kill() })
		_ = h.p.cmd.Wait() // it was killed
	}
}

// again asks one in two of the changes without answer again, with their keys: each then happened once
// since it was first sent. The others stay open.
func (h *history) again(clients []*historyClient) {
	for _, c := range clients {
		if c.lost == nil {
			continue
		}
		l := c.lost
		c.lost = nil
		if l.key == "" || c.rnd.IntN(2) == 0 {
			h.record(c.number, l.q, l.call, answered{Lost: true}, math.MaxInt64)
			continue
		}
		a, ok := c.send(l.q, l.key)
		if !ok {
			h.t.Errorf("%s again: no answer", l.q)
			return
		}
		h.retried++
		h.record(c.number, l.q, l.call, a, h.clock())
		c.learn(l.q, a)
	}
}

func (h *history) clock() int64 { return int64(time.Since(h.began)) }

func (h *history) record(client int, q asked, call int64, a answered, back int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, porcupine.Operation{ClientId: client, Input: q, Call: call, Output: a, Return: back})
}

func (g *group) reviewer(i int) string { return fmt.Sprintf("%s-rev-%d", g.name, i) }

func (g *group) caseID(i int) string { return fmt.Sprintf("%s-case-%d", g.name, i) }

func (g *group) start(s groupSlot) string {
	return historyFirst.Add(time.Duration(int(s)%groupStarts) * 15 * time.Minute).Format(time.RFC3339)
}

// slotOf returns the slot of a reviewer and a start, -1 if the group has none such.
func (g *group) slotOf(reviewer, start string) groupSlot {
	for s := range groupSlot(groupReviewers * groupStarts) {
		if g.reviewer(s.reviewer()) == reviewer && g.start(s) == start {
			return s
		}
	}
	return -1
}

// newGroup stores the reviewers and cases of a group.
func (h *history) newGroup(number int) *group {
	g := &group{name: fmt.Sprintf("h%d-%d", h.seed, number)}
	for i := range groupReviewers {
		h.p.must(201, "PUT", "/v1/reviewers/"+g.reviewer(i), "", reviewerBody(g.reviewer(i), i*15))
	}
	for i := range groupCases {
		h.p.must(201, "PUT", "/v1/cases/"+g.caseID(i), "", killCase(g.caseID(i)))
	}
	return g
}

// next chooses a request. Ids of holds and calls may be old ones.
func (c *historyClient) next() asked {
	q := asked{Group: c.g.name, Case: c.rnd.IntN(groupCases), Slot: groupSlot(c.rnd.IntN(groupReviewers * groupStarts))}
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	call, hold := c.g.calls[q.Case], c.g.holds[q.Case]
	switch dice := c.rnd.IntN(100); {
	case dice < 15:
		q.Kind = askHold
	case dice < 20 && hold != "":
		q.Kind, q.ID = askRelease, hold
	case dice < 32 && hold != "":
		q.Kind, q.ID, q.Slot = askBook, hold, c.g.held[q.Case]
	case dice < 55 || call == "" && dice < 85:
		q.Kind = askBook
	case dice < 70:
		q.Kind, q.ID = askMove, call
	case dice < 85:
		q.Kind, q.ID = askCancel, call
	case dice < 90 && call != "":
		q.Kind, q.ID = askGet, call
	case dice < 95:
		q.Kind = askCase
	default:
		q.Kind, q.Reviewer = askAgenda, c.rnd.IntN(groupReviewers)
	}
	return q
}

// step sends a request and records it; false means that the server is gone.
func (c *historyClient) step() bool {
	q := c.next()
	key := ""
	if q.Kind != askGet && q.Kind != askCase && q.Kind != askAgenda && q.Kind != askRelease {
		key = fmt.Sprintf("%s-%d-%d", c.g.name, c.number, c.sent)
	}
	c.sent++
	c.left--
	call := c.h.clock()
	a, ok := c.send(q, key)
	if !ok {
		c.lost = &lostRequest{q, key, call}
		return false
	}
	c.h.record(c.number, q, call, a, c.h.clock())
	c.learn(q, a)
	return true
}

// send sends a request; !ok means that there was no answer.
func (c *historyClient) send(q asked, key string) (a answered, ok bool) {
	got, err := c.h.p.try(c.g.request(q, key))
	if err != nil || strings.Contains(string(got.body), "outcome_unknown") {
		return a, false
	}
	return c.h.read(c.g, got), true
}

// request puts a request into HTTP.
func (g *group) request(q asked, key string) (method, path, sameKey, body string) {
	slot := fmt.Sprintf(`"slot":{"reviewerId":%q,"start":%q}`, g.reviewer(q.Slot.reviewer()), g.start(q.Slot))
	method = "POST"
	switch q.Kind {
	case askHold:
		path, body = "/v1/holds", fmt.Sprintf(`{"caseIds":[%q],%s}`, g.caseID(q.Case), slot)
	case askBook:
		path, body = "/v1/appointments", booking(g.caseID(q.Case), g.reviewer(q.Slot.reviewer()), g.start(q.Slot))
		if q.ID != "" {
			body = strings.Replace(body, "{", fmt.Sprintf(`{"holdId":%q,`, q.ID), 1)
		}
	case askMove:
		path, body = "/v1/appointments/"+q.ID+"/reschedule", "{"+slot+"}"
	case askCancel:
		path, body = "/v1/appointments/"+q.ID+"/cancel", `{"reason":"the case was withdrawn","by":"provider"}`
	case askRelease:
		method, path = "DELETE", "/v1/holds/"+q.ID
	case askGet:
		method, path = "GET", "/v1/appointments/"+q.ID+"?timeZone=UTC"
	case askCase:
		method, path = "GET", "/v1/appointments?view=case&limit=200&timeZone=UTC&caseId="+g.caseID(q.Case)
	case askAgenda:
		method, path = "GET", "/v1/appointments?view=reviewer&limit=200&timeZone=UTC&reviewerId="+g.reviewer(q.Reviewer)
	}
	return method, path, key, body
}

// read reads an answer.
func (h *history) read(g *group, got answer) (a answered) {
	if got.status >= 400 {
		var problem struct {
			Code string `json:"code"`
		}
		got.into(h.t, &problem)
		if a.Code = problem.Code; a.Code == "" || got.status >= 500 {
			h.t.Errorf("status %d: %s", got.status, got.body)
		}
		return a
	}
	var in struct {
		killSeen
		Appointments []killSeen `json:"appointments"`
	}
	if got.status != 204 {
		got.into(h.t, &in)
	}
	a.ID = in.ID
	if in.Status != "" {
		in.Appointments = append(in.Appointments, in.killSeen)
	}
	for _, s := range in.Appointments {
		start, err := time.Parse(time.RFC3339, s.Start)
		if err != nil || s.Status != "booked" && s.Status != "cancelled" || len(s.CaseIDs) != 1 {
			h.t.Errorf("%v in %s", err, got.body)
		}
		seen := seenCall{ID: s.ID, Case: -1, Slot: g.slotOf(s.Reviewer.ID, start.UTC().Format(time.RFC3339)), Version: s.Version, Booked: s.Status == "booked"}
		for i := range groupCases {
			if g.caseID(i) == s.CaseIDs[0] {
				seen.Case = i
			}
		}
		a.Calls = append(a.Calls, seen)
	}
	return a
}

// learn tells the group of new ids.
func (c *historyClient) learn(q asked, a answered) {
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	switch {
	case a.Code != "":
	case q.Kind == askHold:
		c.g.holds[q.Case], c.g.held[q.Case] = a.ID, q.Slot
	case q.Kind == askBook:
		c.g.calls[q.Case] = a.ID
	}
	for _, s := range a.Calls {
		if s.Booked && s.Case >= 0 {
			c.g.calls[s.Case] = s.ID // also of a booking that had no answer
		}
	}
}

// finish reads everything of a group, when nothing else is under way.
func (h *history) finish(g *group) {
	c := &historyClient{h: h, g: g, number: len(h.groups) * groupClients, rnd: h.rnd}
	for i := range groupCases {
		q := asked{Kind: askCase, Group: g.name, Case: i}
		call := h.clock()
		a, ok := c.send(q, "")
		if !ok {
			h.t.Errorf("%s: no answer", q)
			return
		}
		h.record(c.number, q, call, a, h.clock())
		g.final = append(g.final, a.Calls...)
	}
}
