package main

import (
	"context"
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
	Code     string             `json:"code"` // digest of the part's
	Started  string             `json:"started"`
	Seconds  float64            `json:"seconds"`
	OK       bool               `json:"ok"` // it ended with 0
	Figures  map[string]float64 `json:"figures"`
	Machine  report.Machine     `json:"machine"`
}

type options struct {
	root, make, goCommand, names, page string
	limit                              time.Duration
	dirty                              bool
}

func main() {
	var o options
	flag.StringVar(&o.names, "parts", "", "names of parts, with commas between; empty = all")
	flag.StringVar(&o.make, "make", "make", "the make command")
	flag.StringVar(&o.goCommand, "go", "go", "the go command")
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
	if o.root, err = filepath.Abs(o.root); err != nil {
		return err
	}
	e := &evidence{o: o, out: out}
	if e.now, err = o.state(ctx); err != nil {
		return err
	}
	if err := e.load(ctx); err != nil {
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

// evidence is what each part has come to on the code as it is.
type evidence struct {
	o     *options
	out   io.Writer
	now   *code
	codes map[string]string // digests, by the names of parts
	runs  []runLine
}

// dir is the folder of results of a part on this code.
func (e *evidence) dir(p *part) string {
	return filepath.Join(e.o.root, ".cache", "evidence", p.name, e.codes[p.name])
}

func (e *evidence) file(p *part) string { return filepath.Join(e.dir(p), "runs.jsonl") }

// load reads the results that there are on this code.
func (e *evidence) load(ctx context.Context) error {
	e.codes = map[string]string{}
	for i := range parts {
		p := &parts[i]
		digest, err := e.o.digest(ctx, e.now, p)
		if err != nil {
			return err
		}
		e.codes[p.name] = digest
		before := len(e.runs)
		if err := lines(e.file(p), func(l *runLine) { e.runs = append(e.runs, *l) }); err != nil {
			return err
		}
		if len(e.runs) == before {
			continue
		}
		if err := e.complete(p, &e.runs[len(e.runs)-1]); err != nil {
			return err
		}
	}
	return nil
}

// complete adds what the program did not read yet when the newest run of a part was made: its results are still there. What was noted stays.
func (e *evidence) complete(p *part, newest *runLine) error {
	figures, err := p.read(e.dir(p))
	if err != nil {
		return err
	}
	for name, n := range figures {
		if _, noted := newest.Figures[name]; !noted && newest.Figures != nil {
			newest.Figures[name] = n
		}
	}
	return nil
}

// same makes sure that the code of a part is what it was when this run began; the commit may be another.
func (e *evidence) same(ctx context.Context, p *part) error {
	now, err := e.o.state(ctx)
	if err != nil {
		return err
	}
	digest, err := e.o.digest(ctx, now, p)
	if err == nil && digest != e.codes[p.name] {
		err = errors.New("other files")
	}
	e.now = now
	return err
}

// done reports whether a step was run, and well.
func (e *evidence) done(name string, step, of int) bool {
	return slices.ContainsFunc(e.runs, func(l runLine) bool { return l.Part == name && l.Step >= step && l.Of == of && l.OK })
}

// part runs the steps of a part that are left.
func (e *evidence) part(ctx context.Context, p *part, began time.Time) error {
	steps, checked := p.steps(e.dir(p)), false
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
		if !checked {
			if err := e.same(ctx, p); err != nil {
				return fmt.Errorf("%s: the code has changed since this run began; begin another: %w", p.name, err)
			}
			checked = true // and from now on after each step
		}
		line, err := e.step(ctx, p, i, len(steps), args)
		if err := e.unmixed(ctx, p); err != nil {
			return err
		}
		if err == nil && ctx.Err() == nil {
			err = e.keep(p, &line)
		}
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
	return filepath.Join(e.dir(p), fmt.Sprintf("%s-%02d.log", p.name, step+1))
}

// unmixed makes sure, after a step, that the code of its part is what it was before. If it is not, nobody knows what was run on which:
// the step is not kept, and the folder of results, to which it has added, is set aside. A change that is undone before the step ends is not seen.
func (e *evidence) unmixed(ctx context.Context, p *part) error {
	err := e.same(context.WithoutCancel(ctx), p) // what is interrupted has left results as well
	if err == nil {
		return nil
	}
	aside := e.dir(p) + "-mixed"
	err = fmt.Errorf("%s: the code has changed while a step ran; all results are set aside in %s: %w", p.name, aside, err)
	return errors.Join(err, os.RemoveAll(aside), os.Rename(e.dir(p), aside))
}

// step runs one step and reads what its part has come to.
func (e *evidence) step(ctx context.Context, p *part, i, of int, args []string) (line runLine, err error) {
	if err := os.MkdirAll(e.dir(p), 0o700); err != nil {
		return line, err
	}
	log, err := os.Create(e.log(p, i))
	if err != nil {
		return line, err
	}
	began := time.Now()
	command := shown(args, e.dir(p))
	fmt.Fprintf(e.out, "%s: step %d of %d: %s\n", p.name, i+1, of, command)
	line = runLine{
		Part: p.name, Step: i + 1, Of: of, Command: command, Revision: e.now.revision, Code: e.codes[p.name],
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
	line.Figures, err = p.read(e.dir(p))
	return line, err
}

// keep notes what a step has come to.
func (e *evidence) keep(p *part, line *runLine) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(e.file(p), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	e.runs = append(e.runs, *line)
	return errors.Join(err, f.Close())
}

// shown is the command as a stranger types it: where results are kept is the driver's own affair.
func shown(args []string, dir string) string {
	var out []string
	for _, a := range args {
		if strings.Contains(a, dir) {
			continue
		}
		if strings.ContainsAny(a, "|^ ") {
			a = "'" + a + "'"
		}
		out = append(out, a)
	}
	return "make " + strings.Join(out, " ")
}
