package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/parleyhq/parley/bench"
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/persist"
	"github.com/parleyhq/parley/server"
	"github.com/parleyhq/parley/slots"
)

// Limits of a server that a run starts.
const (
	benchStartLimit = time.Minute
	benchStopLimit  = 2 * drainTimeout
	benchStderrKept = 4 << 10 // bytes of its complaints
)

// benchWiring gives the suite what its room does not know.
func benchWiring(stderr io.Writer) bench.Wiring {
	return bench.Wiring{
		Formatter:      func(e *engine.Engine) bench.Formatter { return server.NewFormatter(e, bench.Identity().Tenant) },
		PlainFormatter: func(e *engine.Engine) bench.Formatter { return server.NewFormatter(e, bench.Identity().Tenant).Plain() },
		CreateStore: func(dir string) (engine.Log, engine.Identity, error) {
			store, err := persist.Create(dir, persist.Options{}, bench.Identity())
			if err != nil {
				return nil, engine.Identity{}, err
			}
			return store, store.Identity(), nil
		},
		OpenStore: func(dir string) (engine.Log, engine.Identity, error) {
			store, err := persist.Open(dir, persist.Options{})
			if err != nil {
				return nil, engine.Identity{}, err
			}
			return store, store.Identity(), nil
		},
		IndexBytes: indexBytes,
		Pin:        pin,
		Serve: func(ctx context.Context, dir string, now slots.Instant, profile string) (*bench.Served, error) {
			return serveChild(ctx, stderr, dir, now, profile)
		},
	}
}

// indexBytes builds the search index of a snapshot once more and returns what the heap
// grew by. Nothing else may run meanwhile.
func indexBytes(s *engine.Snapshot) int64 {
	view := s.View(bench.Identity().Tenant, s.Stamped())
	inUse := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := inUse()
	index := matcher.NewIndex(view.Rules)
	index.Load(view.Now, view.Roster)
	for !index.Advance(view.Now, view.Calendar, 1<<10) {
	}
	grown := inUse() - before
	runtime.KeepAlive(index)
	return grown
}

// serveChild starts this program's serve command as a process of its own, so that
// generator and server do not share a heap.
func serveChild(ctx context.Context, stderr io.Writer, dir string, now slots.Instant, profile string) (*bench.Served, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), self, "serve", "--listen=127.0.0.1:0", "--data="+dir, "--log-level=warn",
		"--sandbox-clock="+string(slots.AppendInstant(nil, now, slots.UTC())))
	if profile != "" {
		cmd.Args = append(cmd.Args, "--cpu-profile="+profile)
	}
	complaints := &lastBytes{}
	cmd.Stderr = io.MultiWriter(complaints, stderr)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	// A server that hangs, or a run that is stopped meanwhile, must not wait for ever.
	timer := time.AfterFunc(benchStartLimit, func() { _ = cmd.Process.Kill() })
	stopWatch := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	url, err := servedURL(bufio.NewReader(out))
	timer.Stop()
	stopWatch()
	if err != nil {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()
		return nil, fmt.Errorf("the server did not come up: %w: %s", err, complaints)
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		_, _ = io.Copy(io.Discard, out) // until it ends
	}()
	return &bench.Served{
		URL:     url,
		Memory:  func() int64 { return residentBytes(cmd.Process.Pid) },
		Profile: func() error { return cmd.Process.Signal(profileSignal) },
		Stop:    func() error { return stopChild(cmd, drained) },
	}, nil
}

// servedURL reads what serve prints until it says where it is.
func servedURL(out *bufio.Reader) (string, error) {
	for {
		line, err := out.ReadString('\n')
		if _, url, ok := strings.Cut(strings.TrimSpace(line), " on http://"); ok && strings.Contains(line, " serves ") {
			return "http://" + url, nil
		}
		if err != nil {
			return "", err
		}
	}
}

// stopChild asks for a graceful stop and waits for the end.
func stopChild(cmd *exec.Cmd, drained <-chan struct{}) error {
	timer := time.AfterFunc(benchStopLimit, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	// A process that has ended meanwhile cannot be asked, and need not.
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-drained
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("the server: %w", err)
	}
	return nil
}

// residentBytes is what a process has in memory; 0 = this system does not tell.
func residentBytes(pid int) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	fields := strings.Fields(string(text))
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

// lastBytes keeps the end of what is written.
type lastBytes struct {
	mu   sync.Mutex
	text []byte
}

func (l *lastBytes) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	l.text = l.text[max(0, len(l.text)-benchStderrKept):]
	return len(p), nil
}

func (l *lastBytes) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(bytes.TrimSpace(l.text))
}
