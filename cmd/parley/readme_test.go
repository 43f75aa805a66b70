package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestReadme plays the commands of the README in a shell, as they stand there: the
// main job on the deck demo, the other ways to a call on the national one, at noon
// of a working day. Only the address, curl and date are the test's.
func TestReadme(t *testing.T) {
	t.Parallel()
	f := func(title, address string, serving, says []string, want ...string) {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			script := readmeCommands(t, title)
			if !strings.Contains(script, address) {
				t.Fatalf("the section does not speak to %s", address)
			}
			p := serve(t, t.TempDir()+"/demo", serving...)
			made, said := p.shell(strings.ReplaceAll(script, address, p.url))
			if !slices.Equal(made, want) {
				t.Errorf("the commands made\n  %s\nwant\n  %s", strings.Join(made, "\n  "), strings.Join(want, "\n  "))
			}
			for _, text := range says {
				if !regexp.MustCompile(text).MatchString(said) {
					t.Errorf("no answer has %s", text)
				}
			}
		})
	}
	f("The main job in five commands", "http://127.0.0.1:8081", []string{"--demo=deck"},
		[]string{`"1st Priority by Skill"`, `"start":"2020-05-19T14:00:00-04:00"`, `"status":"cancelled"`},
		"POST /v1/cases/lookup 200", "POST /v1/search 200", "POST /v1/appointments 201",
		"POST /v1/appointments/…/reschedule 200", "POST /v1/appointments/…/cancel 200")
	const noon = "2026-11-30T18:00:00Z"
	f("The other ways to a call", "http://127.0.0.1:8080", []string{"--demo", "--sandbox-clock=" + noon},
		[]string{ // among them the sentence for the record, the report, and the record of the call in Texas
			`"status":"assigned"`, `"mode":"ad_hoc"`, `"sentence":"On .* a call was placed to `, `"clarified":"six weeks of physical therapy"`,
			`"verdict":"`, `(?m)^\d+,.*,1004573,.*information_requested`,
		},
		"POST /v1/callback-requests 201", "POST /v1/ad-hoc 201", "GET /v1/appointments/… 200", "GET /v1/reviewers/…/agenda 200",
		"POST /v1/appointments/…/attempts 201", "POST /v1/appointments/…/start 200", "POST /v1/appointments/…/complete 200",
		"POST /v1/explain 200", "POST /v1/search/earliest 200", "GET /v1/offer-records 200", "POST /v1/cases/companions 200")
}

var (
	shellBlock  = regexp.MustCompile("(?s)\n```sh\n(.*?)```")
	inlineShell = regexp.MustCompile("`(post [^`]*)`")
	postHelper  = regexp.MustCompile(`post\(\) \{.*\}`)
)

// readmeCommands returns what a section of the README bids its reader type: its
// blocks of shell and its commands in running text, in their order, behind post,
// which the page defines once.
func readmeCommands(t *testing.T, title string) string {
	t.Helper()
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(page), "\n## "+title+"\n")
	if !ok {
		t.Fatalf("the README has no section %q", title)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	script := postHelper.FindString(string(page)) + "\n"
	for _, block := range shellBlock.FindAllStringSubmatch(section, -1) {
		script += block[1] + "\n"
	}
	for _, command := range inlineShell.FindAllStringSubmatch(shellBlock.ReplaceAllString(section, ""), -1) {
		script += command[1] + "\n"
	}
	return script
}

// The names of the environment that make the test binary stand in for curl and date.
const (
	asTool   = "PARLEY_TEST_AS_TOOL" // a file that the requests are noted in
	toolTime = "PARLEY_TEST_NOW"     // the server that tells the time
)

// shell runs a script with the stand-ins. It returns the requests that it made –
// method, path with ids left out, status – and what was written.
func (p *program) shell(script string) (made []string, said string) {
	p.t.Helper()
	dir := p.t.TempDir()
	self, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	for _, tool := range []string{"curl", "date"} {
		if err := os.Symlink(self, filepath.Join(dir, tool)); err != nil {
			p.t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), startLimit)
	defer cancel()
	notes := filepath.Join(dir, "requests")
	cmd := exec.CommandContext(ctx, "sh", "-c", script)
	cmd.Env = append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"), asTool+"="+notes, toolTime+"="+p.url)
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Errorf("the commands end with %v", err)
	}
	noted, err := os.ReadFile(notes)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		if p.t.Failed() {
			p.t.Logf("the shell said\n%s", out)
		}
	})
	masked := regexp.MustCompile(`/(apt|rev)-[a-z0-9]+`).ReplaceAllString(string(noted), "/…")
	return strings.Split(strings.TrimSpace(masked), "\n"), string(out)
}

// tool is the test binary as curl or date, in as much of them as the README uses.
func tool(name string, args []string) error {
	switch name {
	case "curl":
		return curl(args)
	case "date":
		return date(args)
	}
	return fmt.Errorf("no tool %s", name)
}

// curl takes -sS, headers, a body and an address.
func curl(args []string) error {
	method, address, body, header := http.MethodGet, "", "", http.Header{}
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "-sS":
		case (arg == "-H" || arg == "-d") && i+1 < len(args):
			i++
			if name, value, ok := strings.Cut(args[i], ": "); arg == "-H" && ok {
				header.Set(name, value)
			} else {
				method, body = http.MethodPost, args[i]
			}
		case strings.HasPrefix(arg, "http://127.0.0.1:") && address == "":
			address = arg
		default:
			return fmt.Errorf("curl: %q is not understood", arg)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = header
	got, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = got.Body.Close() }()
	if _, err := io.Copy(os.Stdout, got.Body); err != nil {
		return err
	}
	notes, err := os.OpenFile(os.Getenv(asTool), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(notes, method, req.URL.Path, got.StatusCode); err != nil {
		return err
	}
	return notes.Close()
}

// serverTime asks a server for its clock: what happened there by now is not later.
func serverTime(address string) (time.Time, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/readyz", nil)
	if err != nil {
		return time.Time{}, err
	}
	got, err := http.DefaultClient.Do(req)
	if err != nil {
		return time.Time{}, err
	}
	defer func() { _ = got.Body.Close() }()
	var ready struct{ Now time.Time }
	err = json.NewDecoder(got.Body).Decode(&ready)
	return ready.Now, err
}

// date takes -u, days ahead and the formats of a day and of an instant.
func date(args []string) error {
	now, err := serverTime(os.Getenv(toolTime))
	if err != nil {
		return err
	}
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "-u":
		case arg == "-d" && i+1 < len(args):
			i++
			days, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(args[i], "+"), " day"))
			if err != nil {
				return fmt.Errorf("date: %w", err)
			}
			now = now.AddDate(0, 0, days)
		case arg == "+%F":
			fmt.Println(now.Format(time.DateOnly))
		case arg == "+%FT%TZ":
			fmt.Println(now.Format(time.RFC3339))
		default:
			return fmt.Errorf("date: %q is not understood", arg)
		}
	}
	return nil
}
