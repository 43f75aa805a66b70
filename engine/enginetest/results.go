package enginetest

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
)

// Result is a line of a file of results: what some seeds, or scenarios, came to.
type Result struct {
	Test       string      `json:"test"`
	From       uint64      `json:"from"` // first and
	To         uint64      `json:"to"`   // last seed
	Size       int         `json:"size"` // commands or steps of each seed, as asked
	Commands   int         `json:"commands"`
	Steps      int         `json:"steps"`
	Crashes    int         `json:"crashes"`
	Violations []SeedFault `json:"violations"`
	Counts     Counts      `json:"counts"`
	Seconds    float64     `json:"seconds"` // of one worker
	Go         string      `json:"go"`      // version
}

// SeedFault is a violation that a seed has shown.
type SeedFault struct {
	Seed uint64 `json:"seed"`
	Code string `json:"code"`
	Text string `json:"text"`
}

// Results is a file of results, or a list of them where there is no file. Safe for
// concurrent use.
type Results struct {
	mu    sync.Mutex
	path  string
	lines []*Result
}

// OpenResults reads a file of results. A line that is cut short, as a crash leaves it, is
// not there.
func OpenResults(t *testing.T, path string) *Results {
	t.Helper()
	r := &Results{path: path}
	if path == "" {
		return r
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		line := new(Result)
		if json.Unmarshal(in.Bytes(), line) == nil {
			r.lines = append(r.lines, line)
		}
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return r
}

// Has reports whether seeds of a size were run, and without a violation.
func (r *Results) Has(test string, from, to uint64, size int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.lines {
		if l.Test == test && l.From == from && l.To == to && l.Size == size && len(l.Violations) == 0 {
			return true
		}
	}
	return false
}

// Add appends a line.
func (r *Results) Add(t *testing.T, line *Result) {
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

// Sum adds up the newest line about each range of seeds up to the last one.
func (r *Results) Sum(test string, last uint64, size int) *Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &Result{Test: test, From: 1, To: last, Size: size, Counts: Counts{}}
	newest := map[uint64]*Result{}
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
		s.Counts.Merge(l.Counts)
	}
	return s
}
