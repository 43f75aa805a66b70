package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// wrkScript posts the lines of a file in turn.
const wrkScript = `local requests, i = {}, 0
function init(args)
  local headers = { ["Content-Type"] = "application/json" }
  for line in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("POST", nil, headers, line)
  end
end
function request()
  i = i % #requests + 1
  return requests[i]
end
`

// poster loads a server with the same bodies over and over.
type poster struct {
	wrk    string // path of wrk; "" = our own client
	script string
	file   string // of the bodies
	bodies [][]byte
	conns  int
}

// newPoster uses wrk where it is installed.
func (r *run) newPoster(name string, bodies [][]byte, conns int) (*poster, error) {
	p := &poster{bodies: bodies, conns: conns, script: filepath.Join(r.scratch, "post.lua"), file: filepath.Join(r.scratch, name+".bodies")}
	if p.wrk = lookUp("wrk"); p.wrk == "" {
		return p, nil
	}
	r.version("wrk", firstLine(p.wrk, "-v"))
	if err := os.WriteFile(p.script, []byte(wrkScript), 0o600); err != nil {
		return nil, err
	}
	return p, os.WriteFile(p.file, append(bytes.Join(bodies, []byte("\n")), '\n'), 0o600)
}

// lookUp finds a program on the path; "" = it is not there.
func lookUp(name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return path
}

// tool names the load generator.
func (p *poster) tool() string {
	if p.wrk == "" {
		return "own client"
	}
	return "wrk"
}

// contender loads path at addr.
func (p *poster) contender(name, addr, path string) contender {
	requests := make([][]byte, len(p.bodies))
	for i, body := range p.bodies {
		requests[i] = post(path, "", body)
	}
	return contender{name, func(ctx context.Context, d time.Duration) (sample, error) {
		if p.wrk == "" {
			return load(ctx, addr, p.conns, d, 200, func(i int) []byte { return requests[i%len(requests)] })
		}
		return p.run(ctx, "http://"+addr+path, d)
	}}
}

var (
	wrkDone   = regexp.MustCompile(`(\d+) requests in ([0-9.]+)(ms|s|m)`)
	wrkFailed = regexp.MustCompile(`(?m)^\s*(Non-2xx.*|Socket errors.*)$`)
)

// run lets wrk run for whole seconds, which is all it knows.
func (p *poster) run(ctx context.Context, url string, d time.Duration) (sample, error) {
	seconds := max(1, int(d.Round(time.Second)/time.Second))
	threads := min(2, p.conns)
	out, err := exec.CommandContext(ctx, p.wrk, fmt.Sprintf("-t%d", threads), fmt.Sprintf("-c%d", p.conns), fmt.Sprintf("-d%ds", seconds),
		"-s", p.script, url, "--", p.file).CombinedOutput()
	if err != nil {
		return sample{}, fmt.Errorf("wrk: %w: %s", err, out)
	}
	return readWrk(string(out))
}

// readWrk reads what wrk prints; an answer that failed fails the whole.
func readWrk(out string) (sample, error) {
	if failed := wrkFailed.FindString(out); failed != "" {
		return sample{}, fmt.Errorf("wrk: %s", failed)
	}
	hit := wrkDone.FindStringSubmatch(out)
	if hit == nil {
		return sample{}, fmt.Errorf("wrk said %q", out)
	}
	ops, err := strconv.Atoi(hit[1])
	if err != nil {
		return sample{}, err
	}
	elapsed, err := time.ParseDuration(hit[2] + hit[3])
	return sample{ops: ops, elapsed: elapsed}, err
}
