package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// result is one line of what is written.
type result struct {
	Bug      int     `json:"bug"`
	Name     string  `json:"name"`
	Tag      string  `json:"tag"`
	Package  string  `json:"package"`
	Detector string  `json:"detector"`
	Caught   bool    `json:"caught"`
	Seconds  float64 `json:"seconds"` // of the run with the bug, its compilation included
	Said     string  `json:"said"`    // the line that names it, or why it is not caught
}

func main() {
	only := flag.String("bugs", "", "numbers of bugs, with commas between; empty = all")
	command := flag.String("go", "go", "the go command")
	flag.Parse()
	chosen, err := choose(*only)
	if err == nil {
		err = run(*command, chosen, os.Stdout, os.Stderr)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "planted:", err)
		os.Exit(1)
	}
}

// choose returns the bugs of the numbers in a list, all if it is empty.
func choose(list string) (chosen []bug, err error) {
	if list == "" {
		return bugs, nil
	}
	for _, word := range strings.Split(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		i := slices.IndexFunc(bugs, func(b bug) bool { return b.number == n })
		if err != nil || i < 0 {
			return nil, fmt.Errorf("no bug %q: they are numbered 1 to %d", word, len(bugs))
		}
		chosen = append(chosen, bugs[i])
	}
	return chosen, nil
}

// run plants one bug after the other: lines of JSON go to lines as they come, a table at the end to table. The error
// tells how many were not caught.
func run(command string, chosen []bug, lines, table io.Writer) error {
	sound := map[detector]string{} // "" = passes without any bug, else what it said
	out := json.NewEncoder(lines)
	out.SetEscapeHTML(false)
	var results []result
	caught := 0
	for i := range chosen {
		b := &chosen[i]
		why, known := sound[b.by]
		if !known {
			why = b.by.sound(command)
			sound[b.by] = why
		}
		r := result{Bug: b.number, Name: b.name, Tag: b.tag(), Package: b.in, Detector: b.by.pkg + "." + b.by.test, Said: why}
		if why == "" {
			began := time.Now()
			r.Said, r.Caught = b.tried(command)
			r.Seconds = time.Since(began).Seconds()
		}
		if r.Caught {
			caught++
		}
		if err := out.Encode(r); err != nil {
			return err
		}
		results = append(results, r)
	}
	if err := show(table, results, caught); err != nil {
		return err
	}
	if caught < len(chosen) {
		return fmt.Errorf("%d of %d bugs are not caught", len(chosen)-caught, len(chosen))
	}
	return nil
}

// sound returns "" if the detector passes without any bug, else what is wrong with it.
func (d *detector) sound(command string) string {
	text, err := d.run(command, "")
	switch {
	case err != nil:
		return "without a bug: " + last(text, err)
	case !strings.Contains(text, "--- PASS: "+d.test+" "):
		return "without a bug: no test ran"
	}
	return ""
}

// tried runs the detector with the bug. It is caught if the test fails and says so in the words that are expected:
// a build that fails, or another fault, is no proof.
func (b *bug) tried(command string) (said string, caught bool) {
	text, err := b.by.run(command, b.tag())
	if err == nil {
		return "the test passes", false
	}
	for _, no := range []string{"[build failed]", "[setup failed]", "panic: test timed out"} {
		if strings.Contains(text, no) {
			return no, false
		}
	}
	if !strings.Contains(text, "=== RUN   "+b.by.test) {
		return "the test did not run: " + last(text, err), false
	}
	says := regexp.MustCompile(b.says)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		// What the test runner itself writes names the test in any case.
		at := says.FindStringIndex(line)
		if runner(line) || at == nil {
			continue
		}
		return strings.ToValidUTF8(line[max(0, at[0]-150):min(len(line), at[1]+150)], ""), true
	}
	return "failed, but not by " + b.says + ": " + last(text, err), false
}

// runner tells whether a line is of the test runner, not of a test.
func runner(line string) bool {
	return slices.ContainsFunc([]string{"=== ", "--- PASS", "--- FAIL", "ok ", "PASS", "FAIL"}, func(s string) bool { return strings.HasPrefix(line, s) })
}

// run runs the detector, built with a tag or none.
func (d *detector) run(command, tag string) (text string, err error) {
	args := []string{"test", "-count=1", "-v", "-failfast", "-timeout=10m", "-vet=off", "-ldflags=-w", "-tags=" + tag, "-run=^" + d.test + "$", "./" + d.pkg}
	cmd := exec.Command(command, append(args, strings.Fields(d.args)...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}

// last is the end of what was said, for people.
func last(text string, err error) string {
	text = strings.TrimSpace(text)
	return errors.Join(err, errors.New(text[max(0, len(text)-600):])).Error()
}

// show writes the table and how many were caught.
func show(to io.Writer, results []result, caught int) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "bug\twhat\tpackage\tdetector\tseconds\tcaught")
	for _, r := range results {
		caught := "yes"
		if !r.Caught {
			caught = "NO: " + r.Said
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%.1f\t%s\n", r.Bug, r.Name, r.Package, r.Detector, r.Seconds, caught)
	}
	fmt.Fprintf(w, "%d/%d\n", caught, len(results))
	return w.Flush()
}
