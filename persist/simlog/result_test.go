package simlog_test

import (
	"bufio"
	"encoding/json"
	"os"
	"sync"
	"testing"

	"github.com/parleyhq/parley/engine/enginetest"
)

// result is a line of a file of results: what some seeds, or scenarios, came to.
type result struct {
	Test       string         `json:"test"`
	From       uint64         `json:"from"`
	To         uint64         `json:"to"`
	Size       int            `json:"size"` // commands of each
	Commands   int            `json:"commands"`
	Steps      int            `json:"steps"`
	Crashes    int            `json:"crashes"`
	Violations []violation    `json:"violations,omitempty"`
	Counts     map[string]int `json:"counts"`
	Seconds    float64        `json:"seconds"`
	Go         string         `json:"go"`
}

type violation struct {
	Seed uint64 `json:"seed"`
	Code string `json:"code"`
	Text string `json:"text"`
}

// results is a file of results, or a list of them where there is no file.
type results struct {
	mu    sync.Mutex
	path  string
	lines []*result
}

// openResults reads a file of results. A line that is cut short, as a crash leaves it, is
// not there.
func openResults(t *testing.T, path string) *results {
	t.Helper()
	r := &results{path: path}
	if path == "" {
		return r
	}
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return r
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		line := new(result)
		if json.Unmarshal(in.Bytes(), line) == nil {
			r.lines = append(r.lines, line)
		}
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return r
}

// has reports whether seeds of a size were run, and without a violation.
func (r *results) has(test string, from, to uint64, size int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.lines {
		if l.Test == test && l.From == from && l.To == to && l.Size == size && len(l.Violations) == 0 {
			return true
		}
	}
	return false
}

func (r *results) add(t *testing.T, line *result) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
	if r.path == "" {
		return
	}
	text, err := json.Marshal(line)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(r.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.Write(append(text, '\n'))
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// sum adds up the newest line about each range of seeds up to the last one.
func (r *results) sum(test string, last uint64, size int) *result {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &result{Test: test, From: 1, To: last, Size: size, Counts: map[string]int{}}
	newest := map[uint64]*result{}
	for _, l := range r.lines {
		if l.Test == test && l.Size == size && l.To <= last {
			newest[l.From] = l
		}
	}
	for from := uint64(1); from <= last; from++ {
		l := newest[from]
		if l == nil {
			continue
		}
		s.Commands += l.Commands
		s.Steps += l.Steps
		s.Crashes += l.Crashes
		s.Seconds += l.Seconds
		s.Violations = append(s.Violations, l.Violations...)
		enginetest.Counts(s.Counts).Merge(l.Counts)
	}
	return s
}
