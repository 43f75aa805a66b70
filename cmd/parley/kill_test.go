package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// killRounds is how often the server is killed under load; `make kill` asks for more.
var killRounds = flag.Int("kill.rounds", 3, "kill -9 rounds under load")

const (
	killClients   = 16
	killReviewers = 8
	killSeed      = 7
)

// receipt is an acknowledged booking, kept outside the server.
type receipt struct {
	caseID, id, reviewer, start string
}

// TestKillUnderLoad kills the server again and again while clients book. Every
// acknowledged booking must be there after the restart, unchanged, no two
// calls of a reviewer may overlap, and the store must be whole.
func TestKillUnderLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/store"
	rnd := rand.New(rand.NewPCG(killSeed, 0))
	t.Logf("seed %d, %d rounds", killSeed, *killRounds)
	k := &killer{t: t, starts: killStarts()}
	for round := range *killRounds {
		p := serve(t, dir, "--sandbox-clock=2020-05-15T09:00:00-04:00")
		if round == 0 {
			k.fill(p)
		}
		k.check(p)
		k.load(p, 20+rnd.IntN(200))
		p.kill()
	}
	p := serve(t, dir, "--sandbox-clock=2020-05-15T09:00:00-04:00")
	k.check(p)
	if code := p.stop(); code != 0 {
		t.Errorf("graceful stop: exit code %d\n%s", code, p.stderr)
	}
	if out, errs, code := parley(t, "", "verify", "--data", dir); code != 0 {
		t.Errorf("verify: exit code %d\n%s%s", code, out, errs)
	}
	t.Logf("%d acknowledged bookings, %d conflicts, %d answers lost to kills", len(k.receipts), k.conflicts.Load(), k.unknown.Load())
	if len(k.receipts) == 0 || k.unknown.Load() == 0 {
		t.Error("the load never met a kill: the test proved nothing")
	}
}

type killer struct {
	t      *testing.T
	starts []string

	mu       sync.Mutex
	receipts []receipt

	next               atomic.Int64 // number of the next case
	conflicts, unknown atomic.Int64
}

// killStarts are the quarter hours of four working weeks, 14:00–21:00 UTC.
func killStarts() []string {
	var out []string
	monday := time.Date(2020, 5, 18, 14, 0, 0, 0, time.UTC)
	for day := range 28 {
		for quarter := range 28 {
			s := monday.AddDate(0, 0, day).Add(time.Duration(quarter) * 15 * time.Minute)
			if s.Weekday() != time.Saturday && s.Weekday() != time.Sunday {
				out = append(out, s.Format(time.RFC3339))
			}
		}
	}
	return out
}

// fill imports the reviewers; cases are put as they are needed.
func (k *killer) fill(p *program) {
	for i := range killReviewers {
		p.must(201, "PUT", fmt.Sprintf("/v1/reviewers/rev-%d", i), "", fmt.Sprintf(`{"id":"rev-%d","name":"Dana Ortiz","credential":"MD",
			"npi":"1234567893","specialties":["207XS0117X"],"licenses":[{"state":"MA","type":"full","status":"active","from":"2012-01-01","to":"2026-12-31"}],
			"programs":["msk-spine-surgery"],"populations":["adult"],"timeZone":"UTC",
			"weeklyHours":[{"days":["mon","tue","wed","thu","fri"],"start":"14:00","end":"21:00"}],"exceptions":[],"blocks":[],
			"bufferBeforeMinutes":0,"bufferAfterMinutes":0,"maxPerDay":0,"active":true}`, i))
	}
}

func killCase(id string) string {
	return fmt.Sprintf(`{"id":%q,"episodeId":"E-77","member":{"id":"M-1","name":"Jordan Winter","dateOfBirth":"1982-06-28","state":"MA","population":"adult"},
		"healthPlan":"hne","lineOfBusiness":"commercial","situsState":"MA","program":"msk-spine-surgery","levelOfReview":"reconsideration","phase":"pre_service",
		"expedited":false,"determination":{"status":"denied","reason":"medical_necessity","letterDate":"2020-05-11","letterReceived":true,"final":false},
		"providers":{"requesting":{"npi":"1234567893","firstName":"Jane","lastName":"Doe","credential":"MD","specialty":"207XS0117X","phone":"+12125550100","timeZone":"US/Eastern"}},
		"service":{"codes":["22551"],"specialty":"207XS0117X"}}`, id)
}

// load books from many clients until about want bookings are acknowledged, then kills the server under them.
func (k *killer) load(p *program, want int) {
	var (
		acked atomic.Int64
		wait  sync.WaitGroup
		once  sync.Once
	)
	for client := range killClients {
		rnd := rand.New(rand.NewPCG(killSeed, uint64(client)+1))
		wait.Go(func() {
			for k.bookOne(p, rnd, &acked) {
				if acked.Load() >= int64(want) {
					once.Do(func() { _ = p.cmd.Process.Kill() })
				}
			}
		})
	}
	wait.Wait()
}

// bookOne puts a new case and books it somewhere; false means the server is gone.
func (k *killer) bookOne(p *program, rnd *rand.Rand, acked *atomic.Int64) bool {
	id := fmt.Sprintf("case-%d", k.next.Add(1))
	if _, err := p.try("PUT", "/v1/cases/"+id, "", killCase(id)); err != nil {
		return false
	}
	r := receipt{caseID: id, reviewer: fmt.Sprintf("rev-%d", rnd.IntN(killReviewers)), start: k.starts[rnd.IntN(len(k.starts))]}
	a, err := p.try("POST", "/v1/appointments", "book-"+id, booking(id, r.reviewer, r.start))
	switch {
	case err != nil:
		k.unknown.Add(1)
		return false
	case a.status == 409:
		k.conflicts.Add(1)
	case a.status == 201:
		var got struct {
			ID string `json:"id"`
		}
		a.into(k.t, &got)
		r.id = got.ID
		k.mu.Lock()
		k.receipts = append(k.receipts, r)
		k.mu.Unlock()
		acked.Add(1)
	default:
		k.t.Errorf("booking %s: status %d: %s", id, a.status, a.body)
		return false
	}
	return true
}

// check compares the server with the receipts and looks for overlaps.
func (k *killer) check(p *program) {
	taken := map[string]map[string]string{}
	for i := range killReviewers {
		reviewer := fmt.Sprintf("rev-%d", i)
		taken[reviewer] = k.agenda(p, reviewer)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range k.receipts {
		if got := taken[r.reviewer][r.start]; got != r.id {
			k.t.Errorf("acknowledged booking %s of %s with %s at %s: the store has %q there", r.id, r.caseID, r.reviewer, r.start, got)
		}
	}
}

// agenda lists a reviewer's appointments, id by start, and fails on two at one start.
func (k *killer) agenda(p *program, reviewer string) map[string]string {
	out, cursor := map[string]string{}, ""
	var starts []string
	for {
		path := "/v1/appointments?view=reviewer&reviewerId=" + reviewer + "&limit=200&timeZone=UTC"
		if cursor != "" {
			path += "&cursor=" + cursor
		}
		var page struct {
			Appointments []struct {
				ID     string `json:"id"`
				Start  string `json:"start"`
				Status string `json:"status"`
			} `json:"appointments"`
			NextCursor string `json:"nextCursor"`
		}
		p.must(200, "GET", path, "", "").into(k.t, &page)
		for _, a := range page.Appointments {
			if a.Status != "booked" {
				continue
			}
			if other, twice := out[a.Start]; twice {
				k.t.Errorf("%s has %s and %s at %s", reviewer, other, a.ID, a.Start)
			}
			out[a.Start] = a.ID
			starts = append(starts, a.Start)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	// Calls are 15 minutes on the quarter hour, so distinct starts cannot overlap; off the grid they could.
	if i := slices.IndexFunc(starts, func(s string) bool {
		return !slices.ContainsFunc([]string{":00:00Z", ":15:00Z", ":30:00Z", ":45:00Z"}, func(q string) bool { return strings.HasSuffix(s, q) })
	}); i >= 0 {
		k.t.Errorf("%s has a call off the grid at %s", reviewer, starts[i])
	}
	return out
}
