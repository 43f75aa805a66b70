package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// process is a server of ours or of others that was started for the comparison.
type process struct {
	cmd  *exec.Cmd
	addr string
	out  *os.File
}

// startPatience bounds how long a server may take until it serves.
const startPatience = 5 * time.Minute

// start runs cmd and waits for a line of its output with " on ADDR" at the end.
func start(cmd *exec.Cmd, scratch string) (*process, error) {
	errs, err := os.CreateTemp(scratch, filepath.Base(cmd.Path)+"-*.log")
	if err != nil {
		return nil, err
	}
	cmd.Stderr = errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, out: errs}
	found := make(chan string, 1)
	go func() {
		defer close(found)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if i := strings.LastIndex(lines.Text(), " on "); i >= 0 {
				found <- strings.TrimPrefix(lines.Text()[i+len(" on "):], "http://")
				break
			}
		}
		_, _ = io.Copy(io.Discard, out)
	}()
	select {
	case p.addr = <-found:
	case <-time.After(startPatience):
	}
	if p.addr == "" {
		err := fmt.Errorf("%s did not start: %s", cmd.Path, p.said())
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

// said is the end of what the process wrote to its standard error.
func (p *process) said() string {
	text, _ := os.ReadFile(p.out.Name())
	return strings.TrimSpace(string(text[max(0, len(text)-1000):]))
}

// stop ends the process and waits for it.
func (p *process) stop() error {
	defer p.out.Close()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w: %s", p.cmd.Path, err, p.said())
	}
	return nil
}

// serveProduct starts `parley serve` on a store. Its log of requests is off, as
// the bare handler's is.
func (r *run) serveProduct(ctx context.Context, store string) (*process, error) {
	clock := slots.AppendInstant(nil, now, slots.UTC())
	cmd := exec.CommandContext(ctx, r.program, "serve", "--data", store, "--listen", "127.0.0.1:0",
		"--sandbox-clock", string(clock), "--log-level", "warn")
	p, err := start(cmd, r.scratch)
	if err != nil {
		return nil, err
	}
	if err := p.settle(ctx); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

// settle waits until the product has read the older part of its log behind the start, which is
// work of its first seconds and not of a search.
func (p *process) settle(ctx context.Context) error {
	const pause = 200 * time.Millisecond
	for began := time.Now(); time.Since(began) < startPatience; {
		status, body, err := fasthttp.Get(nil, "http://"+p.addr+"/metrics")
		if err != nil || status != fasthttp.StatusOK {
			return fmt.Errorf("GET /metrics: status %d: %w", status, err)
		}
		if bytes.Contains(body, []byte("\nparley_store_old_log_whole 1\n")) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	return fmt.Errorf("%s has not read its log after %v", p.cmd.Path, startPatience)
}

// nationalStore returns a scratch copy of a store that holds the workload.
func (r *run) nationalStore(ctx context.Context, w *workload) (string, error) {
	name := fmt.Sprintf("national-%d-%d-%d", w.Reviewers, w.BookedPercent, w.Seed)
	return r.keptStore(ctx, name, func(f *filler) error { return f.national(w.National, r.log) })
}

// answered is the part of the product's answers that is compared.
type answered struct {
	Priorities []struct {
		Tier      string `json:"tier"`
		Reviewers []struct {
			who
			Days []struct {
				Slots []struct {
					Start string `json:"start"`
				} `json:"slots"`
				More int `json:"more"`
			} `json:"days"`
		} `json:"reviewers"`
	} `json:"priorities"`
	Offers []struct {
		who
		Tier  string `json:"tier"`
		Start string `json:"start"`
	} `json:"offers"`
}

type who struct {
	Reviewer struct {
		ID string `json:"id"`
	} `json:"reviewer"`
	Relation string `json:"relation"`
}

// number is the reviewer's, as the workload counts them.
func (w *who) number() (n int, err error) {
	_, err = fmt.Sscanf(w.Reviewer.ID, "rev-%d", &n)
	return n, err
}

// tierNumber and relationNumber read the wire's names; -1 is none of them.
func tierNumber(name string) int {
	for t := matcher.TierNone; t <= matcher.TierBothWaived; t++ {
		if t.String() == name {
			return int(t)
		}
	}
	return -1
}

func relationNumber(name string) int {
	for rel := matcher.RelationNone; rel <= matcher.RelationSameSubspecialty; rel++ {
		if rel.String() == name {
			return int(rel)
		}
	}
	return -1
}

func startCell(text string) (cell, error) {
	t, _, err := slots.ParseInstant(text)
	return cellOf(t), err
}

// parseWeek reads a week answer of the product.
func parseWeek(body []byte) (places []place, err error) {
	var a answered
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	for _, p := range a.Priorities {
		for _, r := range p.Reviewers {
			w := place{tier: tierNumber(p.Tier), relation: relationNumber(r.Relation)}
			if w.reviewer, err = r.number(); err != nil {
				return nil, err
			}
			for i, d := range r.Days {
				w.days[i].more = d.More
				for _, s := range d.Slots {
					c, err := startCell(s.Start)
					if err != nil {
						return nil, err
					}
					w.days[i].starts = append(w.days[i].starts, c)
				}
			}
			places = append(places, w)
		}
	}
	return places, nil
}

// parseFirst reads a first-20 answer of the product.
func parseFirst(body []byte) (offers []offer, err error) {
	var a answered
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	for _, o := range a.Offers {
		f := offer{tier: tierNumber(o.Tier), relation: relationNumber(o.Relation)}
		if f.reviewer, err = o.number(); err != nil {
			return nil, err
		}
		if f.start, err = startCell(o.Start); err != nil {
			return nil, err
		}
		offers = append(offers, f)
	}
	return offers, nil
}
