package server

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// world is a served engine on an in-memory log, with a clock that stands still
// until a test moves it.
type world struct {
	*harness
	engine *engine.Engine
	store  *engine.MemLog
	clock  *testClock
	rules  []byte
}

type testClock struct{ now atomic.Int64 }

func (c *testClock) Now() slots.Instant { return slots.Instant(c.now.Load()) }

func (c *testClock) set(t testing.TB, s string) {
	t.Helper()
	now, _, err := slots.ParseInstant(s)
	if err != nil {
		t.Fatalf("clock %q: %v", s, err)
	}
	c.now.Store(int64(now))
}

// newWorld opens an engine without data at an instant and serves it.
func newWorld(t testing.TB, now string) *world {
	t.Helper()
	return newWorldOf(t, now, nil)
}

// newWorldOf is newWorld with other rules than the shipped ones.
func newWorldOf(t testing.TB, now string, rules []byte) *world {
	t.Helper()
	w := &world{store: engine.NewMemLog(), clock: &testClock{}, rules: rules}
	w.clock.set(t, now)
	w.open(t)
	return w
}

// open starts an engine on the store and serves it.
func (w *world) open(t testing.TB) {
	t.Helper()
	metrics := NewMetrics("test")
	e, err := engine.Open(context.Background(), engine.Options{
		Log: w.store, Clock: w.clock, Rules: w.rules, Observer: metrics.Observer(),
		Identity: engine.Identity{StoreID: "test", Tenant: "test", Format: 1, Sandbox: true, DigestKey: make([]byte, 32)},
	})
	if err != nil {
		t.Fatalf("open engine: %v", err)
	}
	w.engine = e
	store := w.store
	t.Cleanup(func() {
		if err := e.Close(); err != nil && store.Writable() == nil {
			t.Errorf("close engine: %v", err)
		}
	})
	h := &harness{t: t, log: &logBuffer{}}
	if h.server, err = New(Options{Engine: e, Tenant: "test", Version: "test", Logger: h.logger(), Metrics: metrics,
		Rates: unlimited, MaxDelay: -1}); err != nil {
		t.Fatalf("new server: %v", err)
	}
	h.start()
	w.harness = h
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of the server:\n%s", h.log)
		}
	})
}

// crash drops the engine as it is and opens what is durable.
func (w *world) crash(t testing.TB) {
	t.Helper()
	w.store = w.store.Reopen()
	w.open(t)
}

// doc is a JSON object of a test.
type doc map[string]any

func parseDoc(s string) (d doc) {
	if err := json.Unmarshal([]byte(s), &d); err != nil {
		panic(err)
	}
	return d
}

func (d doc) String() string {
	b, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// absent as a value of with takes the member away.
type absent struct{}

// with returns a copy in which the values at some JSON pointers are replaced.
func (d doc) with(changes ...any) doc {
	out := parseDoc(d.String())
	for i := 0; i < len(changes); i += 2 {
		path := strings.Split(changes[i].(string), "/")[1:]
		out = put(map[string]any(out), path, changes[i+1]).(map[string]any)
	}
	return out
}

// put replaces what is at a path below v by a copy of value.
func put(v any, path []string, value any) any {
	if len(path) == 0 {
		return parseDoc(doc{"copy": value}.String())["copy"]
	}
	switch v := v.(type) {
	case map[string]any:
		if _, gone := value.(absent); gone && len(path) == 1 {
			delete(v, path[0])
			return v
		}
		v[path[0]] = put(v[path[0]], path[1:], value)
		return v
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil {
			panic(err)
		}
		v[i] = put(v[i], path[1:], value)
		return v
	}
	panic("no such place: " + strings.Join(path, "/"))
}

// seed puts reviewers and cases.
func (w *world) seed(docs ...doc) {
	w.t.Helper()
	for _, d := range docs {
		kind := "/v1/cases/"
		if _, ok := d["licenses"]; ok {
			kind = "/v1/reviewers/"
		}
		if r := w.put(kind+d["id"].(string), d.String()); r.status != 200 && r.status != 201 {
			w.t.Fatalf("seed %s: %d %s", d["id"], r.status, r.body)
		}
	}
}

// at digs a value out of an answer: object members by name, list items by number.
func (r reply) at(path ...any) any {
	r.t.Helper()
	var v any = r.json()
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok {
				r.t.Fatalf("no %v in %s", path, r.body)
			}
			v = m[p]
		case int:
			l, ok := v.([]any)
			if !ok || p >= len(l) {
				r.t.Fatalf("no %v in %s", path, r.body)
			}
			v = l[p]
		}
	}
	return v
}

// pointers are those of an answer's errors, joined by spaces.
func (r reply) pointers() string {
	r.t.Helper()
	list, _ := r.json()["errors"].([]any)
	var out []string
	for _, e := range list {
		out = append(out, e.(map[string]any)["pointer"].(string))
	}
	return strings.Join(out, " ")
}

// list reads a list of strings.
func list(v any) string {
	items, ok := v.([]any)
	if !ok {
		return "not a list"
	}
	var out []string
	for _, s := range items {
		out = append(out, s.(string))
	}
	return strings.Join(out, " ")
}
