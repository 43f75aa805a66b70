package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// When a server was killed.
const (
	killedInLoad  = "load"
	killedInStart = "start"
	killedInStop  = "stop"
)

// killCall is a call as its last acknowledgement left it.
type killCall struct {
	ID       string `json:"id"`
	Version  int    `json:"version"`
	Status   string `json:"status"`
	Reviewer string `json:"reviewer"`
	Start    string `json:"start"`
}

// killReceipt is the receipt of all that was acknowledged about a case. One client works at it.
type killReceipt struct {
	ID    string     `json:"id"`
	Calls []killCall `json:"calls"` // each that was ever booked, oldest first; at most the last is booked
	Open  bool       `json:"open"`  // its client goes on with it in the next round

	stored                        bool
	hold, heldReviewer, heldStart string
}

// last returns the newest call.
func (c *killReceipt) last() *killCall { return &c.Calls[len(c.Calls)-1] }

// booked reports whether the case has a call ahead.
func (c *killReceipt) booked() bool { return len(c.Calls) > 0 && c.last().Status == "booked" }

// killCount is what a round, or all of them, came to.
type killCount struct {
	Kills        int `json:"kills"`
	Acknowledged int `json:"acknowledged"` // writes with a 2xx answer
	Unknown      int `json:"unknown"`      // writes whose answer was lost to a kill; of these, asked again with their key
	Found        int `json:"found"`        // had happened
	Repeated     int `json:"repeated"`     // had not, and happened then
	Refused      int `json:"refused"`      // had not, and could not any more
	Conflicts    int `json:"conflicts"`
	Shed         int `json:"shed"`     // turned away, nothing was changed
	Replayed     int `json:"replayed"` // acknowledged before the kill, asked again after it, answered the same
	Checked      int `json:"checked"`  // cases that were compared with their receipts
	Lost         int `json:"lost"`     // acknowledged, and not there
	Changed      int `json:"changed"`  // there, and not as acknowledged
	Doubled      int `json:"doubled"`  // there twice, overlapping, or asked for by nobody
}

func (c *killCount) add(d killCount) {
	c.Kills += d.Kills
	c.Acknowledged += d.Acknowledged
	c.Unknown += d.Unknown
	c.Found += d.Found
	c.Repeated += d.Repeated
	c.Refused += d.Refused
	c.Conflicts += d.Conflicts
	c.Shed += d.Shed
	c.Replayed += d.Replayed
	c.Checked += d.Checked
	c.Lost += d.Lost
	c.Changed += d.Changed
	c.Doubled += d.Doubled
}

// killLine is the result of a round.
type killLine struct {
	Test    string   `json:"test"`
	Round   int      `json:"round"`
	Seed    int      `json:"seed"`
	Clients int      `json:"clients"`
	How     []string `json:"how"` // when the server was killed
	killCount
	Seconds float64 `json:"seconds"`
	Go      string  `json:"go"`
}

// killer holds the receipts.
type killer struct {
	t       *testing.T
	fail    func(format string, args ...any) // of a receipt that does not hold
	dir     string
	clients []*killClient
	began   int // rounds that were begun, also those that a stop of the loop cut short
	starts  int // of servers: each is later than the one before
	took    time.Duration
	total   killCount
	now     killLine // the round under way

	mu    sync.Mutex // of all below, while clients run
	cases map[string]*killReceipt
	order []*killReceipt  // as they came
	fresh []*killReceipt  // of this round
	aside map[string]bool // cases that a stop of the loop left without a receipt
	cut   map[int]bool    // rounds that it left so
}

func (k *killer) store() string { return filepath.Join(k.dir, "store") }

func (k *killer) file(round int, what string) string {
	return filepath.Join(k.dir, fmt.Sprintf("round-%05d.%s", round, what))
}

// openKiller reads the receipts of earlier rounds. A round that was begun and not ended has none:
// its own cases and those that it went on with are set aside, for nothing is known of them.
func openKiller(t *testing.T, dir string) *killer {
	t.Helper()
	k := &killer{t: t, fail: t.Errorf, dir: dir, cases: map[string]*killReceipt{}, aside: map[string]bool{}, cut: map[int]bool{}, took: time.Second}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for client := range killClients {
		k.clients = append(k.clients, &killClient{k: k, number: client})
	}
	open := map[string]*killReceipt{}
	for {
		if _, err := os.Stat(k.file(k.began+1, "begun")); err != nil {
			break
		}
		k.began++
		k.starts += 20 // more than a round has
		f, err := os.Open(k.file(k.began, "receipts"))
		if errors.Is(err, fs.ErrNotExist) {
			k.cut[k.began] = true
			for id := range open {
				k.aside[id] = true
			}
			clear(open)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		k.readRound(f, open)
	}
	k.starts += k.began
	for _, c := range k.cases {
		c.stored, c.Open = true, false
	}
	for id := range k.aside {
		delete(k.cases, id)
	}
	for _, c := range k.cases {
		k.order = append(k.order, c)
	}
	return k
}

// readRound reads the receipts of a round and its result, its last line.
func (k *killer) readRound(f *os.File, open map[string]*killReceipt) {
	defer f.Close()
	clear(open)
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var line struct {
			Case   *killReceipt `json:"case"`
			Result *killLine    `json:"result"`
		}
		if err := json.Unmarshal(in.Bytes(), &line); err != nil {
			k.t.Fatalf("%s: %v", f.Name(), err)
		}
		if c := line.Case; c != nil {
			k.cases[c.ID] = c
			if c.Open {
				open[c.ID] = c
			}
		}
		if line.Result != nil {
			k.total.add(line.Result.killCount)
		}
	}
	if err := in.Err(); err != nil {
		k.t.Fatal(err)
	}
}

// write writes a file whole, or not at all, and durably.
func (k *killer) write(path string, fill func(out *bufio.Writer) error) {
	k.t.Helper()
	f, err := os.CreateTemp(k.dir, "new-*")
	if err != nil {
		k.t.Fatal(err)
	}
	out := bufio.NewWriter(f)
	if err := errors.Join(fill(out), out.Flush(), f.Sync(), f.Close(), os.Rename(f.Name(), path)); err != nil {
		k.t.Fatal(err)
	}
}

// saveRound writes the receipts of the round and its result.
func (k *killer) saveRound() {
	k.t.Helper()
	k.write(k.file(k.began, "receipts"), func(out *bufio.Writer) error {
		var line struct {
			Case   *killReceipt `json:"case,omitempty"`
			Result *killLine    `json:"result,omitempty"`
		}
		put := func() error {
			if err := json.MarshalWrite(out, line); err != nil {
				return err
			}
			return out.WriteByte('\n')
		}
		for _, line.Case = range k.fresh {
			if err := put(); err != nil {
				return err
			}
		}
		line.Case, line.Result = nil, &k.now
		return put()
	})
	appendLine(k.t, *killOut, &k.now)
}

// appendLine appends a line of JSON to a file of results, "" = none.
func appendLine(t testing.TB, path string, line any) {
	t.Helper()
	if path == "" {
		return
	}
	text, err := json.Marshal(line)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(append(text, '\n'))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// newLine is the result of the round that begins.
func (k *killer) newLine() killLine {
	return killLine{Test: "kill", Round: k.began, Seed: killSeed, Clients: killClients, Go: runtime.Version()}
}
