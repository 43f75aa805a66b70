package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// asProgram makes the test binary behave as the parley program, so that tests
// can kill a real process without building one first.
const asProgram = "PARLEY_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	if os.Getenv(asTool) != "" {
		if err := tool(filepath.Base(os.Args[0]), os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// program is a running `parley serve`.
type program struct {
	t      testing.TB
	cmd    *exec.Cmd
	url    string
	stderr *tail
	stdout *bufio.Reader
	http   *http.Client
}

// tail keeps what a process wrote, for failure messages.
type tail struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

// startLimit bounds how long a start may take on a busy machine.
const startLimit = 60 * time.Second

var servesOn = regexp.MustCompile(`serves .* on (http://\S+)`)

// command prepares `parley args…` as a child process.
func command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

// parley runs `parley args…` to its end.
func parley(t testing.TB, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return parleyWithin(t, startLimit, stdin, args...)
}

// parleyWithin is parley for a command that has more to do.
func parleyWithin(t testing.TB, limit time.Duration, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := command(ctx, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	if err != nil && cmd.ProcessState == nil {
		t.Fatalf("parley %v: %v", args, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// prepare makes the command `parley serve` on a free port, without starting it.
func prepare(t testing.TB, dir string, args ...string) *program {
	p := &program{t: t, stderr: &tail{}, http: &http.Client{Timeout: startLimit}}
	p.cmd = command(context.Background(), append([]string{"serve", "--listen=127.0.0.1:0", "--data=" + dir, "--min-free-mib=1"}, args...)...)
	p.cmd.Stderr = p.stderr
	return p
}

// serve starts `parley serve` on a free port and waits until it says where it listens.
func serve(t testing.TB, dir string, args ...string) *program {
	t.Helper()
	p := prepare(t, dir, args...)
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	p.stdout = bufio.NewReader(out)
	timer := time.AfterFunc(startLimit, p.kill)
	defer timer.Stop()
	for {
		line, err := p.stdout.ReadString('\n')
		if m := servesOn.FindStringSubmatch(line); m != nil {
			p.url = m[1]
			return p
		}
		if err != nil {
			t.Fatalf("the server did not come up: %v\n%s", err, p.stderr)
		}
	}
}

// kill ends the process without any chance to clean up, and waits for its end.
func (p *program) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	_ = p.cmd.Wait()
}

// killed reports whether the process, whose end was waited for, ended by kill -9.
func (p *program) killed() bool {
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// stop asks for a graceful stop and returns the exit code.
func (p *program) stop() int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, p.stdout)
	_ = p.cmd.Wait() // the exit code says what there is to say
	return p.cmd.ProcessState.ExitCode()
}

// answer is a decoded JSON answer.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// into decodes the body.
func (a answer) into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("status %d: %v in %s", a.status, err, a.body)
	}
}

// try sends one request; err is a transport failure, after which the fate of a change is unknown.
func (p *program) try(method, path, key, body string) (answer, error) {
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, p.url+path, in)
	if err != nil {
		return answer{}, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := p.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, b}, err
}

// must sends one request and insists on a status.
func (p *program) must(status int, method, path, key, body string) answer {
	p.t.Helper()
	a, err := p.try(method, path, key, body)
	if err != nil {
		p.t.Fatalf("%s %s: %v\n%s", method, path, err, p.stderr)
	}
	if a.status != status {
		p.t.Fatalf("%s %s: got %d, want %d: %s", method, path, a.status, status, a.body)
	}
	return a
}

// booking is the body of POST /v1/appointments for one case.
func booking(caseID, reviewer, start string) string {
	return fmt.Sprintf(`{"caseIds":[%q],"slot":{"reviewerId":%q,"start":%q},"timeZone":"US/Eastern",
		"performedBy":{"role":"requesting_provider","firstName":"Jane","lastName":"Doe","credential":"MD"},
		"contact":{"firstName":"John","lastName":"Doe","location":"provider_office","phone":"+12125550143"}}`,
		caseID, reviewer, start)
}
