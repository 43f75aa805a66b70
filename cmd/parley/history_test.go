package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/go-json-experiment/json"
)

// The size of the histories; `make histories` asks for more than what runs with every test.
var (
	histories    = flag.Int("history.count", 4, "how many histories are recorded and checked")
	historySeed  = flag.Uint64("history.seed", 1, "seed of the first history")
	historyOps   = flag.Int("history.ops", 12, "requests of each client")
	historyOut   = flag.String("history.out", "", "append a line of JSON a history to this file; what it has is not done again")
	historyLimit = flag.Duration("history.limit", 5*time.Minute, "a check that takes longer has failed")
	historyKeep  = flag.String("history.keep", "", "keep a drawing of each history that cannot be explained in this folder")
	historyFor   = flag.Duration("history.for", 45*time.Minute, "begin no history after this time")
)

// historyLine is the result of a history.
type historyLine struct {
	Test       string  `json:"test"`
	Seed       uint64  `json:"seed"`
	Clients    int     `json:"clients"`
	Groups     int     `json:"groups"`
	Operations int     `json:"operations"`
	Refused    int     `json:"refused"`
	Lost       int     `json:"lost"`    // without an answer, open to the end
	Retried    int     `json:"retried"` // without an answer before a kill, and asked again after it
	Kills      int     `json:"kills"`
	Outcome    string  `json:"outcome"` // linearizable, illegal, timeout
	CheckMS    int64   `json:"checkMs"`
	Seconds    float64 `json:"seconds"` // in all
	Go         string  `json:"go"`
}

// TestHistories lets clients hold, book, move, cancel and read the same few slots of hot reviewers
// at the same time, some of them while the server is killed, and looks for an order in which their
// requests could have happened one after the other.
func TestHistories(t *testing.T) {
	t.Parallel()
	began := time.Now()
	done := historiesDone(t, *historyOut)
	dir := t.TempDir() + "/store"
	var p *program
	sum := historyLine{}
	for seed := *historySeed; seed < *historySeed+uint64(*histories); seed++ {
		if done[seed] || time.Since(began) > *historyFor {
			continue
		}
		if p == nil {
			p = serveHistory(t, dir)
		}
		h := &history{t: t, p: p, dir: dir, seed: seed, began: time.Now(), rnd: rand.New(rand.NewPCG(seed, 0))}
		h.run()
		p = h.p
		line := h.check()
		appendLine(t, *historyOut, &line)
		t.Logf("%+v", line)
		sum.Operations += line.Operations
		sum.Kills += line.Kills
		sum.Lost += line.Lost + line.Retried
		if line.Outcome != "linearizable" {
			t.Fatalf("history %d: %s", seed, line.Outcome)
		}
	}
	if p != nil && p.stop() != 0 {
		t.Errorf("graceful stop: %s", p.stderr)
	}
	if p != nil && *histories >= 4 && len(done) == 0 && (sum.Kills == 0 || sum.Lost == 0) {
		t.Error("no history met a kill")
	}
}

func serveHistory(t *testing.T, dir string) *program {
	p := serve(t, dir, "--sandbox-clock=2020-05-15T09:00:00-04:00", "--log-level=error")
	p.http = killHTTP()
	return p
}

// historiesDone reads which histories a file of results has.
func historiesDone(t *testing.T, path string) map[uint64]bool {
	t.Helper()
	done := map[uint64]bool{}
	text, err := os.ReadFile(path)
	if path == "" || os.IsNotExist(err) {
		return done
	}
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var l historyLine
		if json.Unmarshal([]byte(line), &l) == nil && l.Outcome == "linearizable" {
			done[l.Seed] = true
		}
	}
	return done
}

// check looks for an order that explains the history.
func (h *history) check() historyLine {
	line := historyLine{
		Test: "history", Seed: h.seed, Clients: len(h.groups) * groupClients, Groups: len(h.groups),
		Operations: len(h.ops), Retried: h.retried, Kills: h.kills, Go: runtime.Version(),
	}
	for _, op := range h.ops {
		a := op.Output.(answered)
		if a.Lost {
			line.Lost++
		}
		if a.Code != "" {
			line.Refused++
		}
	}
	began := time.Now()
	result, info := porcupine.CheckOperationsVerbose(groupModel, h.ops, *historyLimit)
	line.CheckMS = time.Since(began).Milliseconds()
	line.Seconds = time.Since(h.began).Round(time.Millisecond).Seconds()
	line.Outcome = map[porcupine.CheckResult]string{porcupine.Ok: "linearizable", porcupine.Illegal: "illegal", porcupine.Unknown: "timeout"}[result]
	if result != porcupine.Ok && *historyKeep != "" {
		path := filepath.Join(*historyKeep, fmt.Sprintf("history-%d.html", h.seed))
		if err := porcupine.VisualizePath(groupModel, info, path); err != nil {
			h.t.Error(err)
		}
		h.t.Logf("drawn in %s", path)
	}
	if result == porcupine.Illegal {
		h.explain()
	}
	if result == porcupine.Ok && h.kills == 0 {
		h.plant()
	}
	return line
}

// explain prints the group that cannot be explained, in the order of its answers.
func (h *history) explain() {
	for _, ops := range groupModel.Partition(h.ops) {
		if porcupine.CheckOperationsTimeout(groupModel, ops, *historyLimit) != porcupine.Illegal {
			continue
		}
		slices.SortFunc(ops, func(a, b porcupine.Operation) int { return int(a.Return - b.Return) })
		for _, op := range ops {
			h.t.Logf("%9d–%9d client %d: %s → %+v", op.Call/1000, op.Return/1000, op.ClientId, op.Input, op.Output)
		}
		return
	}
}

// plant adds a second booking of a slot that is busy in the end; the checker must see it.
func (h *history) plant() {
	last := h.ops[len(h.ops)-1].Return
	for _, g := range h.groups {
		busy := slices.IndexFunc(g.final, func(c seenCall) bool { return c.Booked })
		if busy < 0 {
			continue
		}
		free := -1
		for c := range groupCases {
			if !slices.ContainsFunc(g.final, func(k seenCall) bool { return k.Booked && k.Case == c }) {
				free = c
			}
		}
		if free < 0 {
			continue
		}
		made := seenCall{"planted", free, g.final[busy].Slot, 1, true}
		own := slices.DeleteFunc(slices.Clone(h.ops), func(op porcupine.Operation) bool { return op.Input.(asked).Group != g.name })
		own = append(own, porcupine.Operation{
			Input: asked{Kind: askBook, Group: g.name, Case: free, Slot: made.Slot}, Call: last + 1,
			Output: answered{ID: made.ID, Calls: []seenCall{made}}, Return: last + 2,
		})
		if got := porcupine.CheckOperationsTimeout(groupModel, own, *historyLimit); got != porcupine.Illegal {
			h.t.Errorf("history %d with a planted double booking: %s", h.seed, got)
		}
		h.planted++
		return
	}
}
