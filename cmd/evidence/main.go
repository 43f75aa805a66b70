package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/parleyhq/parley/bench/report"
)

// defaultFor is for how long steps are begun: a part of the whole is under an hour.
const defaultFor = 45 * time.Minute

// runLine is what a run of a step came to.
type runLine struct {
	Part     string             `json:"part"`
	Step     int                `json:"step"` // from 1
	Of       int                `json:"of"`
	Command  string             `json:"command"`
	Revision string             `json:"revision"`
	Code     string             `json:"code"` // digest
	Started  string             `json:"started"`
	Seconds  float64            `json:"seconds"`
	OK       bool               `json:"ok"` // it ended with 0
	Figures  map[string]float64 `json:"figures"`
	Machine  report.Machine     `json:"machine"`
}

type options struct {
	root, make, names, page string
	limit                   time.Duration
	dirty                   bool
}

func main() {
	var o options
	flag.StringVar(&o.names, "parts", "", "names of parts, with commas between; empty = all")
	flag.StringVar(&o.make, "make", "make", "the make command")
	flag.StringVar(&o.root, "root", ".", "the folder of the repository")
	flag.StringVar(&o.page, "page", "docs/evidence.md", "the page that is written, in the folder of the repository")
	flag.DurationVar(&o.limit, "for", defaultFor, "begin no step after this time; 0 = only write the page")
	flag.BoolVar(&o.dirty, "dirty", false, "run although files have changed since the commit")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := o.run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "evidence:", err)
		os.Exit(1)
	}
}

// run runs the steps that are left, as long as there is time, and writes the page.
func (o *options) run(ctx context.Context, out io.Writer) error {
	chosen, err := choose(o.names)
	if err != nil {
		return err
	}
	code, revision, err := o.state(ctx)
	if err != nil {
		return err
	}
	root, err := filepath.Abs(o.root)
	if err != nil {
		return err
	}
	e := &evidence{o: o, out: out, code: code, revision: revision, dir: filepath.Join(root, ".cache", "evidence", code)}
	if err := os.MkdirAll(e.dir, 0o700); err != nil {
		return err
	}
	if err := e.load(); err != nil {
		return err
	}
	began := time.Now()
	var failed error
	for i := range chosen {
		failed = errors.Join(failed, e.part(ctx, &chosen[i], began))
	}
	return errors.Join(failed, o.write(e))
}

// choose returns the parts of a list, all if it is empty.
func choose(names string) (chosen []part, err error) {
	if names == "" {
		return parts, nil
	}
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(parts, func(p part) bool { return p.name == strings.TrimSpace(name) })
		if i < 0 {
			return nil, fmt.Errorf("there is no part %q", name)
		}
		chosen = append(chosen, parts[i])
	}
	return chosen, nil
}

// state returns a digest of the code and the revision. Files that have changed since are an error: nobody else could
// have them.
func (o *options) state(ctx context.Context) (code, revision string, err error) {
	git := func(args ...string) string {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir = o.root
		text, e := cmd.Output()
		if e != nil {
			err = errors.Join(err, fmt.Errorf("git %s: %w", args[0], e))
		}
		return string(text)
	}
	files, changed := git("ls-files", "-s"), git("status", "--porcelain")
	revision = strings.TrimSpace(git("rev-parse", "HEAD"))
	if err != nil {
		return "", "", err
	}
	dirty := slices.ContainsFunc(strings.Split(changed, "\n"), func(l string) bool { return len(l) > 3 && !document(l[3:]) })
	if dirty && !o.dirty {
		return "", "", fmt.Errorf("files have changed since %.12s; commit them, or say -dirty", revision)
	}
	sum := sha256.New()
	for line := range strings.Lines(files) {
		if _, path, _ := strings.Cut(strings.TrimSpace(line), "\t"); !document(path) {
			_, _ = io.WriteString(sum, line) // a hash takes everything
		}
	}
	code = fmt.Sprintf("%x", sum.Sum(nil))[:16]
	if dirty {
		code, revision = "dirty", revision+", with changes"
	}
	return code, revision, nil
}

// document reports whether a path is no part of what is proved.
func document(path string) bool {
	return strings.HasPrefix(path, "docs/") || strings.HasPrefix(path, "bench/results/") || strings.HasSuffix(path, ".md")
}

// evidence is the folder of results of one state of the code.
type evidence struct {
	o                   *options
	out                 io.Writer
	code, revision, dir string
	runs                []runLine
}

func (e *evidence) file() string { return filepath.Join(e.dir, "runs.jsonl") }

func (e *evidence) load() error {
	e.runs = nil
	return lines(e.file(), func(l *runLine) { e.runs = append(e.runs, *l) })
}

// done reports whether a step was run, and well.
func (e *evidence) done(name string, step, of int) bool {
	return slices.ContainsFunc(e.runs, func(l runLine) bool { return l.Part == name && l.Step >= step && l.Of == of && l.OK })
}

// part runs the steps of a part that are left.
func (e *evidence) part(ctx context.Context, p *part, began time.Time) error {
	steps := p.steps(e.dir)
	for i, args := range steps {
		switch {
		case e.done(p.name, i+1, len(steps)):
			continue
		case ctx.Err() != nil || time.Since(began) >= e.o.limit:
			if e.o.limit > 0 {
				fmt.Fprintf(e.out, "%s: step %d of %d is left for the next run\n", p.name, i+1, len(steps))
			}
			return nil
		}
		if code, _, err := e.o.state(ctx); err != nil || code != e.code {
			return errors.Join(fmt.Errorf("%s: the code has changed since this run began; begin another", p.name), err)
		}
		line, err := e.step(ctx, p, i, len(steps), args)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s: interrupted; the next run goes on with step %d of %d", p.name, i+1, len(steps))
		}
		if !line.OK {
			return fmt.Errorf("%s: make %s failed; see %s", p.name, strings.Join(args, " "), e.log(p, i))
		}
	}
	return nil
}

func (e *evidence) log(p *part, step int) string {
	return filepath.Join(e.dir, fmt.Sprintf("%s-%02d.log", p.name, step+1))
}

// step runs one step and notes what its part has come to.
func (e *evidence) step(ctx context.Context, p *part, i, of int, args []string) (line runLine, err error) {
	log, err := os.Create(e.log(p, i))
	if err != nil {
		return line, err
	}
	began := time.Now()
	command := shown(args, e.dir)
	fmt.Fprintf(e.out, "%s: step %d of %d: %s\n", p.name, i+1, of, command)
	line = runLine{
		Part: p.name, Step: i + 1, Of: of, Command: command, Revision: e.revision, Code: e.code,
		Started: began.UTC().Format(time.RFC3339), Machine: report.ThisMachine(""),
	}
	cmd := exec.CommandContext(ctx, e.o.make, append([]string{"--no-print-directory", "-C", e.o.root}, args...)...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what it starts ends with it
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	line.OK = cmd.Run() == nil
	line.Machine.After()
	line.Seconds = time.Since(began).Round(time.Second).Seconds()
	if err := log.Close(); err != nil {
		return line, err
	}
	if line.Figures, err = p.read(e.dir); err != nil || ctx.Err() != nil {
		return line, err // what was interrupted has come to nothing yet
	}
	text, err := json.Marshal(line)
	if err != nil {
		return line, err
	}
	f, err := os.OpenFile(e.file(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return line, err
	}
	_, err = f.Write(append(text, '\n'))
	e.runs = append(e.runs, line)
	return line, errors.Join(err, f.Close())
}

// shown is the command as a stranger types it: where results are kept is the driver's own affair.
func shown(args []string, dir string) string {
	var out []string
	for _, a := range args {
		if strings.Contains(a, dir) {
			continue
		}
		if strings.ContainsAny(a, "|^") {
			a = "'" + a + "'"
		}
		out = append(out, a)
	}
	return "make " + strings.Join(out, " ")
}
