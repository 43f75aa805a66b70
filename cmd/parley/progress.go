package main

import (
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/schollz/progressbar/v3"
)

// Sizes of a job, in parts and in bytes, below which progress is only noise.
const (
	progressMin      = 500
	progressMinBytes = 64 << 20
)

// progress shows how far a long job is: a bar on a terminal, else a line for
// every tenth part.
type progress struct {
	mu    sync.Mutex
	what  string
	out   io.Writer
	least uint64
	bar   *progressbar.ProgressBar
	tenth uint64
}

func newProgress(out io.Writer, what string) *progress {
	return &progress{what: what, out: out, least: progressMin}
}

// newByteProgress is newProgress for a job whose parts are bytes.
func newByteProgress(out io.Writer, what string) *progress {
	return &progress{what: what, out: out, least: progressMinBytes}
}

// update tells that done of total parts are finished. It may be called from any goroutine.
func (p *progress) update(done, total uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if total < p.least {
		return
	}
	if isTerminal(p.out) {
		if p.bar == nil {
			p.bar = progressbar.NewOptions64(int64(total), progressbar.OptionSetWriter(p.out),
				progressbar.OptionSetDescription(p.what), progressbar.OptionShowCount(),
				progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(),
				progressbar.OptionThrottle(progressInterval))
		}
		_ = p.bar.Set64(int64(done)) // a bar that cannot be drawn is no reason to stop
		return
	}
	if tenth := done * 10 / total; tenth > p.tenth {
		p.tenth = tenth
		fmt.Fprintf(p.out, "%s: %d of %d\n", p.what, done, total)
	}
}

// isTerminal reports whether w is a terminal that can redraw a line.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
