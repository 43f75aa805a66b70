package bench_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parleyhq/parley/bench"
	"github.com/parleyhq/parley/bench/report"
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
	"github.com/parleyhq/parley/server"
	"github.com/parleyhq/parley/slots"
)

// wiring joins the rooms as the program does, the server in this process.
func wiring() bench.Wiring {
	return bench.Wiring{
		Formatter:      func(e *engine.Engine) bench.Formatter { return server.NewFormatter(e, "default") },
		PlainFormatter: func(e *engine.Engine) bench.Formatter { return server.NewFormatter(e, "default").Plain() },
		CreateStore: func(dir string) (engine.Log, engine.Identity, error) {
			store, err := persist.Create(dir, persist.Options{MinFreeBytes: -1}, bench.Identity())
			return store, bench.Identity(), err
		},
		OpenStore: func(dir string) (engine.Log, engine.Identity, error) {
			store, err := persist.Open(dir, persist.Options{MinFreeBytes: -1})
			return store, bench.Identity(), err
		},
		Serve: serveHere,
	}
}

func serveHere(ctx context.Context, dir string, now slots.Instant, _ string) (*bench.Served, error) {
	identity := bench.Identity()
	identity.Sandbox = true
	store, err := persist.Create(dir, persist.Options{MinFreeBytes: -1}, identity)
	if err != nil {
		return nil, err
	}
	eng, err := engine.Open(ctx, engine.Options{Log: store, Identity: identity, Clock: engine.SandboxClock(now)})
	if err != nil {
		return nil, err
	}
	srv, err := server.New(server.Options{Engine: eng, Tenant: identity.Tenant})
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	return &bench.Served{URL: "http://" + l.Addr().String(), Stop: func() error {
		err := errors.Join(srv.Shutdown(context.Background()), <-served)
		if closed := eng.Close(); err == nil {
			err = closed
		}
		return err
	}}, nil
}

// tiny makes a run as small as it can be.
func tiny(workload, target string) bench.Options {
	return bench.Options{
		Workload: workload, Target: target, Sizes: []int{60}, Rates: []float64{400}, Clients: []int{4}, Memory: true,
		Warmup: 50 * time.Millisecond, Duration: 300 * time.Millisecond, Counts: []int{300}, Rounds: 1, Sample: time.Millisecond,
		Command: "parley bench run " + workload, Wiring: wiring(),
	}
}

// run runs a workload and demands that its checks hold.
func run(t *testing.T, o bench.Options) *report.Result {
	t.Helper()
	results, err := bench.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range results[0].Checks {
		if !c.OK {
			t.Errorf("%s on %s: %s does not hold: %s", o.Workload, o.Target, c.Name, c.Detail)
		}
	}
	return results[0]
}

// TestTraffic runs every workload of operations on both targets. What is asserted
// are the answers, never their speed.
func TestTraffic(t *testing.T) {
	t.Parallel()
	for _, target := range []string{bench.TargetInProcess, bench.TargetHTTP} {
		for _, w := range []string{"national", "search-heavy", "mixed", "morning-peak", "scarce-texas", "soak", "hold-storm", "bookings"} {
			t.Run(w+"/"+target, func(t *testing.T) {
				t.Parallel()
				o := tiny(w, target)
				if w == "bookings" { // a warm-up must not use up the cases
					o.Counts, o.Warmup = []int{2000}, time.Millisecond
				}
				r := run(t, o)
				if len(r.Runs) != 1 || r.Runs[0].Done == 0 || len(r.Checks) == 0 || r.Runs[0].Latency.P99 == 0 {
					t.Errorf("%s: runs %+v, checks %v", w, r.Runs, r.Checks)
				}
			})
		}
	}
}

// TestLoops runs several rates, and both loops, and reads the kinds.
func TestLoops(t *testing.T) {
	t.Parallel()
	o := tiny("mixed", bench.TargetInProcess)
	o.Memory = false // on disk, as it is by default
	o.Rates = []float64{200, 400}
	open := run(t, o)
	o.Loop, o.Clients = "closed", []int{1, 3}
	closed := run(t, o)
	if len(open.Runs) != 2 || len(closed.Runs) != 2 || closed.Runs[1].Label != "clients=3" || closed.Figures[0].Name != bench.FigureMost || open.Runs[1].Label != "rate=400" {
		t.Fatalf("runs %+v and %+v", open.Runs, closed.Runs)
	}
	for _, kind := range []string{"week", "first20", "hold", "book", "cancel"} {
		if open.Runs[1].Outcomes[kind]["ok"] == 0 {
			t.Errorf("no %s among the operations: %v", kind, open.Runs[1].Outcomes)
		}
	}
}

// TestTargetsAgree asks both targets the same questions: they must offer the same
// number of slots, in answers of the same length but for the log's position.
func TestTargetsAgree(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	scene := bench.Scene{Reviewers: 80, BookedPercent: 60, Seed: 5, Now: bench.DefaultNow, TexasPercent: 25, CasesPerSearch: 2}
	w, err := bench.NewWorld(scene)
	if err != nil {
		t.Fatal(err)
	}
	here, err := bench.NewInProcess(ctx, wiring(), false, nil, bench.DefaultNow)
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	there, err := bench.StartHTTP(ctx, wiring(), bench.DefaultNow, "")
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	var asked [2]bench.Session
	for i, target := range []bench.Target{here, there} {
		if err := target.Load(ctx, w, nil); err != nil {
			t.Fatal(err)
		}
		if asked[i], err = target.Session(); err != nil {
			t.Fatal(err)
		}
		defer asked[i].Close()
	}
	const positions = 8 // digits of the log's position
	offered := 0
	for i := range w.Searches {
		q := &w.Searches[i]
		f := func(name string, a, b bench.Reply) {
			offered += a.Offered
			near := a.Bytes-b.Bytes < positions && b.Bytes-a.Bytes < positions
			if a.Class != b.Class || a.Offered != b.Offered || a.Explained != b.Explained || !near {
				t.Errorf("%s %d: in process %+v, over HTTP %+v", name, i, a, b)
			}
		}
		f("week", asked[0].Week(q), asked[1].Week(q))
		if i < 16 {
			f("earliest", asked[0].Earliest(q), asked[1].Earliest(q))
		}
	}
	if offered == 0 {
		t.Error("nothing was offered: nothing was compared")
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	o := tiny("replay", "")
	o.Counts = []int{100, 300}
	r := run(t, o)
	if len(r.Curves) != 1 || len(r.Curves[0].Lines) != 3 || len(r.Curves[0].Lines[0].Points) != 2 {
		t.Errorf("curves %+v", r.Curves)
	}
}

func TestGrowth(t *testing.T) {
	t.Parallel()
	o := tiny("growth", "")
	o.Sizes = []int{20, 40}
	r := run(t, o)
	names := []string{}
	for _, c := range r.Curves {
		names = append(names, c.Name)
		for _, line := range c.Lines {
			for _, p := range line.Points {
				if p.Y <= 0 {
					t.Errorf("%s, %s: %+v", c.Name, line.Name, p)
				}
			}
		}
	}
	for _, want := range []string{"reviewers", "hours", "slots", "page", "cases", "tiers"} {
		if !slices.Contains(names, want) {
			t.Errorf("no curve %s among %v", want, names)
		}
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	r := run(t, tiny("figures", ""))
	names := []string{}
	for _, f := range r.Figures {
		names = append(names, f.Name)
		if len(f.Samples) == 0 || f.Unit == "ratio" && f.Median <= 0 {
			t.Errorf("%+v", f)
		}
	}
	for _, want := range []string{
		bench.FigureWeekOverFormat, bench.FigureFirst20OverWeek, bench.FigureWeekGrowth, bench.FigureWeekAllocs, bench.FigureFirst20Allocs,
		bench.FigureSearchWhileBooks, bench.FigureBookingsApplied, bench.FigureStartOverRead, bench.FigureStateBytes, bench.FigureRulesOverPlain,
	} {
		if !slices.Contains(names, want) {
			t.Errorf("no figure %s among %v", want, names)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	f := func(want string, change func(*bench.Options)) {
		t.Helper()
		o := tiny("national", bench.TargetInProcess)
		change(&o)
		_, err := bench.Run(t.Context(), o)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	f("no workload", func(o *bench.Options) { o.Workload = "locusts" })
	f("not on loopback", func(o *bench.Options) { o.Target = "http://192.0.2.1:80" })
	f("is no URL", func(o *bench.Options) { o.Target = "https://127.0.0.1" })
	f("loop", func(o *bench.Options) { o.Loop = "spiral" })
	f("rate", func(o *bench.Options) { o.Rates = []float64{-1} })
	f("clients", func(o *bench.Options) { o.Clients = []int{0} })
	f("size", func(o *bench.Options) { o.Sizes = []int{1 << 30} })
	f("one rate", func(o *bench.Options) { o.Workload, o.Rates = "morning-peak", []float64{1, 2} })
	f("attempts", func(o *bench.Options) { o.Workload, o.Loop, o.Rates = "hold-storm", "open", []float64{1e6} })
	f("in this process", func(o *bench.Options) { o.Workload, o.Target = "growth", bench.TargetHTTP })
}
