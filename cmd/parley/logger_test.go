package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Lines wait for company; a warning waits for nobody and takes those before it along.
func TestLogLines(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		out := &held{}
		log, flush := newLogger(out, format, "info")
		log.Info("one", "seq", 1)
		log.Debug("never")
		log.With("last", 2).WithGroup("g").Warn("two", "done", 3)
		if got := lines(out); got != 2 || strings.Contains(out.String(), "never") {
			t.Errorf("%s: after a warning: %q", format, out.String())
		}
		if !strings.Contains(out.String(), "last=2 g.done=3") && !strings.Contains(out.String(), `"last":2,"g":{"done":3}`) {
			t.Errorf("%s: %q", format, out.String())
		}
		log.Info("three")
		flush()
		if got := lines(out); got != 3 {
			t.Errorf("%s: after flush: %q", format, out.String())
		}
		for range 2 * logRoom / 100 {
			log.Info(strings.Repeat("x", 100))
		}
		flush()
		if got, want := lines(out), 3+2*logRoom/100; got != want {
			t.Errorf("%s: %d lines, want %d", format, got, want)
		}
	}
}

func lines(out *held) int { return strings.Count(out.String(), "\n") }

// held is a buffer that the logger's timer may write to at any time.
type held struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (h *held) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.buf.Write(p)
}

func (h *held) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.buf.String()
}

// A line that no other follows is written after a while.
func TestLogPatience(t *testing.T) {
	t.Parallel()
	written := make(chan string, 1)
	log, _ := newLogger(writes(written), "text", "info")
	log.Info("alone")
	if got := <-written; !strings.Contains(got, "msg=alone") {
		t.Errorf("wrote %q", got)
	}
}

// writes hands every write on.
type writes chan string

func (w writes) Write(p []byte) (int, error) {
	w <- string(p)
	return len(p), nil
}

// A log that nobody takes holds nobody up; what it had no room for is counted when it is taken again.
func TestLogThatNobodyTakes(t *testing.T) {
	t.Parallel()
	taken := make(writes)
	log, flush := newLogger(taken, "text", "info")
	began := time.Now()
	for range 100 {
		log.Warn("held up")
	}
	line := strings.Repeat("x", 1000)
	for range 2 * logMost / len(line) {
		log.Info(line)
	}
	flush()
	if took := time.Since(began); took > 10*logStuck {
		t.Errorf("held up for %v", took)
	}
	var text strings.Builder
	for !strings.Contains(text.String(), "lines of the log were lost") {
		text.WriteString(<-taken)
	}
	if n := strings.Count(text.String(), "held up"); n != 100 || text.Len() > 2*logMost {
		t.Errorf("%d warnings of 100, %d bytes", n, text.Len())
	}
}

// TestLogReaderLeaves ends who reads a server's log: the server goes on.
func TestLogReaderLeaves(t *testing.T) {
	t.Parallel()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), startLimit)
	defer cancel()
	cmd := command(ctx, "serve", "--listen=127.0.0.1:0", "--data="+t.TempDir(), "--min-free-mib=0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = writer
	if err := errors.Join(cmd.Start(), writer.Close()); err != nil {
		t.Fatal(err)
	}
	var url []string
	for lines := bufio.NewScanner(out); url == nil; url = servesOn.FindStringSubmatch(lines.Text()) {
		if !lines.Scan() {
			t.Fatal("it does not serve")
		}
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		r, err := http.Get(url[1] + "/nowhere") // a line each
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("asked to stop it ended with %v", err)
	}
}

// Only fields on the list are written, whichever way they come; of the others nobody sees more than the name.
func TestLogFieldsAreListed(t *testing.T) {
	t.Parallel()
	const secret = "Jane Winter"
	for _, format := range []string{"text", "json"} {
		out := &held{}
		log, flush := newLogger(out, format, "debug")
		log.Info("a", "request", "req-1", "member", secret, "seq", 7)
		log.With("name", secret, "last", 8).Warn("b")
		log.WithGroup("g").Error("c", "phone", secret, "done", 9)
		log.Error("d", slog.Group("error", slog.String("text", secret)))
		log.Debug("e", []any{secret}...) // a value without a key
		log.LogAttrs(t.Context(), slog.LevelInfo, "f", slog.Any("who", struct{ Name string }{secret}))
		flush()
		text := out.String()
		if strings.Contains(text, secret) {
			t.Errorf("%s: %s", format, text)
		}
		for _, want := range []string{"req-1", "7", "8", "9"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: lacks %s: %s", format, want, text)
			}
		}
		if got := strings.Count(text, withheldText); got != 6 || lines(out) != 6 {
			t.Errorf("%s: %d fields of %d lines withheld, want 6 of 6: %s", format, got, lines(out), text)
		}
	}
}
