package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// killReaders is how many requests of a check are under way.
const killReaders = 16

// resolve sends again, with its key, what was under way when the server was killed. What is
// there before tells whether the write had happened: then the answer must be the first one
// again, else it must not.
func (k *killer) resolve(p *program) {
	var wait sync.WaitGroup
	counts := make([]killCount, len(k.clients))
	for i, c := range k.clients {
		wait.Go(func() {
			c.count = killCount{}
			c.replay(p)
			if c.pending != nil {
				c.resolve(p)
			}
			counts[i] = c.count
		})
	}
	wait.Wait()
	for _, d := range counts {
		k.now.add(d)
	}
}

// replay asks for an acknowledged write once more.
func (c *killClient) replay(p *program) {
	op := c.done
	if op == nil || op.key == "" {
		return
	}
	a := p.must(op.acknowledgedState, op.method, op.path, op.key, op.body)
	var got struct {
		ID string `json:"id"`
	}
	a.into(c.k.t, &got)
	if got.ID != op.acknowledged || a.header.Get("Idempotent-Replayed") != "true" {
		c.k.t.Errorf("%s of %s with the same key: %s %q after the kill, %s before", op.kind, op.c.ID, got.ID, a.header.Get("Idempotent-Replayed"), op.acknowledged)
		c.count.Doubled++
	}
	c.count.Replayed++
}

func (c *killClient) resolve(p *program) {
	op := c.pending
	c.pending, c.done = nil, nil
	happened, known := false, true
	if op.kind != "case" && op.kind != "hold" && op.kind != "release" {
		var calls []killCall
		calls, known = c.k.calls(p, op.c.ID)
		happened = !slices.Equal(calls, op.c.Calls)
	}
	before := slices.Clone(op.c.Calls)
	a, err := p.try(op.method, op.path, op.key, op.body)
	if err != nil {
		c.k.t.Errorf("%s of %s again: %v", op.kind, op.c.ID, err)
		return
	}
	replayed := a.header.Get("Idempotent-Replayed") == "true"
	c.settle(op, a)
	switch {
	case replayed:
		c.count.Found++
	case op.acknowledgedState != 0:
		c.count.Repeated++
	default:
		c.count.Refused++
	}
	if known && happened != (replayed && (op.kind == "book" || op.kind == "move" || op.kind == "cancel")) {
		c.k.t.Errorf("%s of %s: happened before the kill: %t; answered again with its key: %t (status %d); receipts %v", op.kind, op.c.ID, happened, replayed, a.status, before)
		c.count.Doubled++
	}
}

// calls reads the calls of a case, as its receipt has them. A case that is not there has none. An answer of any other status
// is an error of the test, and what the calls are is not known then.
func (k *killer) calls(p *program, id string) (calls []killCall, known bool) {
	a, err := p.try("GET", "/v1/appointments?view=case&limit=200&timeZone=UTC&caseId="+id, "", "")
	if err != nil || a.status != 200 && a.status != 404 {
		k.t.Errorf("calls of %s: %v %d %s", id, err, a.status, a.body)
		return nil, false
	}
	if a.status == 404 {
		return nil, true
	}
	var page killPage
	a.into(k.t, &page)
	out := make([]killCall, 0, len(page.Appointments))
	for _, c := range page.Appointments {
		out = append(out, c.call())
	}
	return k.inOrder(id, out), true
}

// inOrder sorts calls as the receipts of their case are, the unknown ones last.
func (k *killer) inOrder(id string, calls []killCall) []killCall {
	k.mu.Lock()
	receipts := k.receipt(id)
	k.mu.Unlock()
	at := func(c killCall) int {
		if i := slices.IndexFunc(receipts, func(r killCall) bool { return r.ID == c.ID }); i >= 0 {
			return i
		}
		return len(receipts)
	}
	slices.SortStableFunc(calls, func(a, b killCall) int { return cmp.Compare(at(a), at(b)) })
	return calls
}

func (k *killer) receipt(id string) []killCall {
	if c := k.cases[id]; c != nil {
		return c.Calls
	}
	if i := slices.IndexFunc(k.fresh, func(c *killReceipt) bool { return c.ID == id }); i >= 0 {
		return k.fresh[i].Calls
	}
	return nil
}

// killPage is a page of a list of appointments.
type killPage struct {
	Appointments []killSeen `json:"appointments"`
	NextCursor   string     `json:"nextCursor"`
}

type killSeen struct {
	ID       string   `json:"id"`
	CaseIDs  []string `json:"caseIds"`
	Version  int      `json:"version"`
	Status   string   `json:"status"`
	Start    string   `json:"start"`
	Reviewer struct {
		ID string `json:"id"`
	} `json:"reviewer"`
}

func (s *killSeen) call() killCall {
	return killCall{s.ID, s.Version, s.Status, s.Reviewer.ID, s.Start}
}

// compare compares a case with its receipts.
func (k *killer) compare(id string, want, got []killCall) (n killCount) {
	n.Checked = 1
	for _, r := range want {
		i := slices.IndexFunc(got, func(c killCall) bool { return c.ID == r.ID })
		switch {
		case i < 0:
			k.fail("case %s: acknowledged %+v is not there", id, r)
			n.Lost++
		case got[i] != r:
			k.fail("case %s: acknowledged %+v is %+v", id, r, got[i])
			n.Changed++
		}
	}
	booked := 0
	for _, c := range got {
		if c.Status == "booked" {
			booked++
		}
		if !slices.ContainsFunc(want, func(r killCall) bool { return c.ID == r.ID }) {
			k.fail("case %s: nobody asked for %+v", id, c)
			n.Doubled++
		}
	}
	if booked > 1 {
		k.fail("case %s has %d calls ahead", id, booked)
		n.Doubled++
	}
	return n
}

// checkRound compares the cases of the round and a sample of earlier ones with their receipts,
// and reads some reviewers' whole agendas.
func (k *killer) checkRound(p *program, rnd *rand.Rand) {
	for _, c := range k.fresh {
		k.cases[c.ID] = c
	}
	cases := slices.Clone(k.fresh)
	for range min(killSample, len(k.order)) {
		cases = append(cases, k.order[rnd.IntN(len(k.order))])
	}
	k.each(len(cases), func(i int) killCount {
		calls, known := k.calls(p, cases[i].ID)
		if !known {
			return killCount{}
		}
		return k.compare(cases[i].ID, cases[i].Calls, calls)
	})
	k.each(killAgendas, func(i int) killCount {
		n, _ := k.agenda(p, (k.began*killAgendas+i)%killReviewers)
		return n
	})
}

// each runs f for 0…n-1 beside each other and adds up what it finds.
func (k *killer) each(n int, f func(i int) killCount) {
	var (
		wait sync.WaitGroup
		mu   sync.Mutex
		next int
	)
	for range killReaders {
		wait.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= n {
					return
				}
				found := f(i)
				mu.Lock()
				k.now.add(found)
				mu.Unlock()
			}
		})
	}
	wait.Wait()
}

// agenda reads all calls of a reviewer and looks for overlaps of those that are booked.
func (k *killer) agenda(p *program, reviewer int) (n killCount, all []killSeen) {
	path := "/v1/appointments?view=reviewer&limit=200&timeZone=UTC&reviewerId=" + killReviewer(reviewer)
	for cursor := ""; ; {
		a, err := p.try("GET", path+cursor, "", "")
		if err != nil || a.status != 200 {
			k.t.Errorf("agenda of %s: %v %d %s", killReviewer(reviewer), err, a.status, a.body)
			return n, all
		}
		var page killPage
		a.into(k.t, &page)
		all = append(all, page.Appointments...)
		if page.NextCursor == "" {
			break
		}
		cursor = "&cursor=" + page.NextCursor
	}
	n.Doubled = k.overlaps(all, killBufferOf(reviewer))
	return n, all
}

// overlaps counts booked calls of a reviewer that begin before the one before, and the rest after
// it, is over.
func (k *killer) overlaps(all []killSeen, rest time.Duration) (found int) {
	var starts []time.Time
	for _, a := range all {
		if a.Status != "booked" {
			continue
		}
		start, err := time.Parse(time.RFC3339, a.Start)
		if err != nil {
			k.t.Error(err)
		}
		starts = append(starts, start)
	}
	slices.SortFunc(starts, time.Time.Compare)
	for i := 1; i < len(starts); i++ {
		if starts[i].Before(starts[i-1].Add(15*time.Minute + rest)) {
			k.fail("calls of one reviewer at %s and %s", starts[i-1], starts[i])
			found++
		}
	}
	return found
}

// end writes the receipts of the round.
func (k *killer) end(took time.Duration) {
	k.now.Seconds = took.Round(time.Millisecond).Seconds()
	k.saveRound()
	k.total.add(k.now.killCount)
	for _, c := range k.fresh {
		if !c.Open {
			k.order = append(k.order, c)
		}
		c.Open = false
	}
	k.t.Logf("round %d: %v, %d kills and %d acknowledged writes so far, %s", k.began, k.now.How, k.total.Kills, k.total.Acknowledged, took.Round(time.Millisecond))
}

// checkAll compares everything that is there with every receipt, both ways.
func (k *killer) checkAll(p *program) {
	k.now = k.newLine()
	var mu sync.Mutex
	got := map[string][]killCall{}
	k.each(killReviewers, func(i int) killCount {
		n, all := k.agenda(p, i)
		mu.Lock()
		defer mu.Unlock()
		for _, a := range all {
			for _, id := range a.CaseIDs {
				got[id] = append(got[id], a.call())
			}
		}
		return n
	})
	for id, c := range k.cases {
		k.now.add(k.compare(id, c.Calls, got[id]))
	}
	for id := range got {
		if k.cases[id] == nil && !k.ofAside(id) {
			k.now.add(k.compare(id, nil, got[id]))
		}
	}
	k.now.How = []string{"all"}
	appendLine(k.t, *killOut, &k.now)
	k.total.add(k.now.killCount)
}

// ofAside reports whether a case belongs to a round that has no receipts.
func (k *killer) ofAside(id string) bool {
	if k.aside[id] {
		return true
	}
	var round, client, number int
	if _, err := fmt.Sscanf(id, "case-%d-%d-%d", &round, &client, &number); err != nil {
		return false
	}
	return k.cut[round]
}
