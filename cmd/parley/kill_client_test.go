package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// killNow is when the sandbox clock of the loop begins, killFirst the first start that is booked:
// some thousand starts of servers later.
var (
	killNow   = time.Date(2020, 5, 15, 13, 0, 0, 0, time.UTC)
	killFirst = time.Date(2020, 6, 5, 0, 0, 0, 0, time.UTC)
)

// killDays is how many days are booked from killFirst on. All lie within the horizon.
const killDays = 38

// killHTTP keeps a connection for each client.
func killHTTP() *http.Client {
	return &http.Client{Timeout: startLimit, Transport: &http.Transport{MaxIdleConnsPerHost: killClients, MaxIdleConns: killClients}}
}

// killOp is one write, kept to be sent again as it was.
type killOp struct {
	kind              string // case, hold, release, book, move, cancel
	method, path      string
	key, body         string
	c                 *killReceipt
	reviewer, start   string
	acknowledged      string // the id in the answer
	acknowledgedState int    // the status of the answer
}

// killClient does one write after the other, each at its own case.
type killClient struct {
	k      *killer
	number int
	c      *killReceipt // it works at
	made   int          // cases and
	sent   int          // operations of this round

	pending *killOp // sent before the kill, and not answered
	done    *killOp // the last that was acknowledged
	count   killCount
}

// begin marks a round as begun, and fills a new store.
func (k *killer) begin(p *program) *rand.Rand {
	k.began++
	k.now, k.fresh = k.newLine(), nil
	k.write(k.file(k.began, "begun"), func(*bufio.Writer) error { return nil })
	if k.began == 1 {
		k.fill(p)
	}
	for _, c := range k.clients {
		c.made, c.sent, c.count, c.pending, c.done = 0, 0, killCount{}, nil, nil
		if c.c != nil {
			k.fresh = append(k.fresh, c.c)
		}
	}
	return rand.New(rand.NewPCG(killSeed, uint64(k.began)<<32))
}

// fill puts the reviewers, every other one with a buffer; cases are put as they are needed.
func (k *killer) fill(p *program) {
	for i := range killReviewers {
		p.must(201, "PUT", "/v1/reviewers/"+killReviewer(i), "", reviewerBody(killReviewer(i), int(killBufferOf(i)/time.Minute)))
	}
}

// reviewerBody is a reviewer who takes every case of killCase at any time, and rests after each
// call for so many minutes.
func reviewerBody(id string, rest int) string {
	return fmt.Sprintf(`{"id":%q,"name":"Dana Ortiz","credential":"MD",
		"npi":"1234567893","specialties":["207XS0117X"],"licenses":[{"state":"MA","type":"full","status":"active","from":"2012-01-01","to":"2026-12-31"}],
		"programs":["msk-spine-surgery"],"populations":["adult"],"timeZone":"UTC",
		"weeklyHours":[{"days":["mon","tue","wed","thu","fri","sat","sun"],"start":"00:00","end":"24:00"}],"exceptions":[],"blocks":[],
		"bufferBeforeMinutes":0,"bufferAfterMinutes":%d,"maxPerDay":0,"active":true}`, id, rest)
}

func killReviewer(i int) string { return fmt.Sprintf("rev-%03d", i) }

// killBufferOf is how long a reviewer rests after a call.
func killBufferOf(i int) time.Duration { return time.Duration(i%2) * killBuffer }

func killCase(id string) string {
	return fmt.Sprintf(`{"id":%q,"episodeId":"E-77","member":{"id":"M-1","name":"Jordan Winter","dateOfBirth":"1982-06-28","state":"MA","population":"adult"},
		"healthPlan":"plain","lineOfBusiness":"commercial","situsState":"MA","program":"msk-spine-surgery","levelOfReview":"reconsideration","phase":"pre_service",
		"expedited":false,"determination":{"status":"denied","reason":"medical_necessity","letterDate":"2020-05-11","letterReceived":true,"final":false},
		"providers":{"requesting":{"npi":"1234567893","firstName":"Jane","lastName":"Doe","credential":"MD","specialty":"207XS0117X","phone":"+12125550100","timeZone":"US/Eastern"}},
		"service":{"codes":["22551"],"specialty":"207XS0117X"}}`, id)
}

// load lets all clients write until about want writes are acknowledged, then kills the server
// under them: at once, or somewhere in a graceful stop.
func (k *killer) load(p *program, rnd *rand.Rand, want int, how string) {
	var (
		acked atomic.Int64
		wait  sync.WaitGroup
		once  sync.Once
	)
	linger := time.Duration(rnd.Int64N(int64(max(k.took/8, time.Millisecond)))) // a stop takes less than a start
	end := func() {
		if how == killedInStop && p.cmd.Process.Signal(syscall.SIGTERM) == nil {
			time.AfterFunc(linger, func() { _ = p.cmd.Process.Kill() })
			return
		}
		_ = p.cmd.Process.Kill()
	}
	for _, c := range k.clients {
		own := rand.New(rand.NewPCG(killSeed, uint64(k.began)<<32|uint64(c.number)+1))
		wait.Go(func() {
			for {
				acknowledged, alive := c.step(p, own)
				switch {
				case !alive:
					return
				case acknowledged && acked.Add(1) >= int64(want):
					once.Do(end)
				}
			}
		})
	}
	wait.Wait()
	once.Do(end)
	_ = p.cmd.Wait() // the signal is looked at below
	if p.killed() {
		k.now.Kills++
		k.now.How = append(k.now.How, how)
	}
	for _, c := range k.clients {
		k.now.add(c.count)
		if c.c != nil {
			c.c.Open = true
		}
	}
}

// step sends one write; !alive means that the server is gone, and the write's fate unknown.
func (c *killClient) step(p *program, rnd *rand.Rand) (acknowledged, alive bool) {
	op := c.next(rnd)
	c.pending = op
	a, err := p.try(op.method, op.path, op.key, op.body)
	if err != nil || a.status == 503 && strings.Contains(string(a.body), "outcome_unknown") {
		c.count.Unknown++
		return false, false
	}
	c.pending = nil
	alive = c.settle(op, a)
	return c.done == op, alive
}

// next chooses the next write.
func (c *killClient) next(rnd *rand.Rand) *killOp {
	if c.c == nil || len(c.c.Calls) >= 3 && (!c.c.booked() || rnd.IntN(3) == 0) {
		return c.newCase()
	}
	op := &killOp{
		c: c.c, method: "POST", key: fmt.Sprintf("key-%d-%d-%d", c.k.began, c.number, c.sent),
		reviewer: killReviewer(rnd.IntN(killReviewers)), start: killStart(rnd),
	}
	c.sent++
	switch {
	case !c.c.stored:
		return c.newCase()
	case c.c.booked() && rnd.IntN(5) < 3:
		op.kind, op.path = "move", "/v1/appointments/"+c.c.last().ID+"/reschedule"
		op.body = fmt.Sprintf(`{"slot":{"reviewerId":%q,"start":%q}}`, op.reviewer, op.start)
	case c.c.booked():
		op.kind, op.path, op.body = "cancel", "/v1/appointments/"+c.c.last().ID+"/cancel", `{"reason":"the case was withdrawn","by":"provider"}`
	case c.c.hold != "" && rnd.IntN(4) == 0:
		op.kind, op.method, op.path, op.key = "release", "DELETE", "/v1/holds/"+c.c.hold, ""
	case c.c.hold != "":
		op.kind, op.path, op.reviewer, op.start = "book", "/v1/appointments", c.c.heldReviewer, c.c.heldStart
		op.body = strings.Replace(booking(c.c.ID, op.reviewer, op.start), "{", fmt.Sprintf(`{"holdId":%q,`, c.c.hold), 1)
	case rnd.IntN(2) == 0:
		op.kind, op.path = "hold", "/v1/holds"
		op.body = fmt.Sprintf(`{"caseIds":[%q],"slot":{"reviewerId":%q,"start":%q}}`, c.c.ID, op.reviewer, op.start)
	default:
		op.kind, op.path, op.body = "book", "/v1/appointments", booking(c.c.ID, op.reviewer, op.start)
	}
	return op
}

// newCase stores another case; what there is of the last one stays as it is.
func (c *killClient) newCase() *killOp {
	if c.c == nil || c.c.stored {
		c.c = &killReceipt{ID: fmt.Sprintf("case-%d-%d-%d", c.k.began, c.number, c.made)}
		c.made++
		c.k.mu.Lock()
		c.k.fresh = append(c.k.fresh, c.c)
		c.k.mu.Unlock()
	}
	return &killOp{kind: "case", method: "PUT", path: "/v1/cases/" + c.c.ID, body: killCase(c.c.ID), c: c.c}
}

// killStart draws a start; one in eight is on a day that many want. A conflict costs the server a
// search for alternatives, so most writes are to find room, also after a million of them.
func killStart(rnd *rand.Rand) string {
	day := rnd.IntN(killDays)
	if rnd.IntN(8) == 0 {
		day = 0
	}
	return killFirst.AddDate(0, 0, day).Add(time.Duration(rnd.IntN(96)) * 15 * time.Minute).Format(time.RFC3339)
}

// settle notes an answer; false ends the client's round.
func (c *killClient) settle(op *killOp, a answer) bool {
	switch a.status {
	case 200, 201, 204:
		c.count.Acknowledged++
		c.note(op, a)
	case 409:
		c.count.Conflicts++
		if op.kind == "book" && op.c.hold != "" {
			op.c.hold = "" // it has expired
		}
	case 429, 503:
		c.count.Shed++
	default:
		c.k.t.Errorf("%s %s: status %d: %s", op.kind, op.c.ID, a.status, a.body)
		return false
	}
	return true
}

// note writes the receipt of an acknowledged write.
func (c *killClient) note(op *killOp, a answer) {
	var got struct {
		ID      string `json:"id"`
		Version int    `json:"version"`
		Status  string `json:"status"`
	}
	if a.status != 204 {
		a.into(c.k.t, &got)
	}
	op.acknowledged, op.acknowledgedState = got.ID, a.status
	c.done = op
	switch op.kind {
	case "case":
		op.c.stored = true
	case "hold":
		op.c.hold, op.c.heldReviewer, op.c.heldStart = got.ID, op.reviewer, op.start
	case "release":
		op.c.hold = ""
	case "book":
		op.c.hold = ""
		op.c.Calls = append(op.c.Calls, killCall{got.ID, got.Version, got.Status, op.reviewer, op.start})
	case "move":
		last := op.c.last()
		last.Version, last.Status, last.Reviewer, last.Start = got.Version, got.Status, op.reviewer, op.start
	case "cancel":
		last := op.c.last()
		last.Version, last.Status = got.Version, got.Status
	}
}
