package persist

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

const (
	pausedProcess = "PERSIST_TEST_PAUSED"
	pausedTimeout = time.Second
)

// TestPausedProcess stops a process in the middle of a commit for longer than CommitTimeout: the commit, and the store, go on with it.
func TestPausedProcess(t *testing.T) {
	if os.Getenv(pausedProcess) != "" {
		commitPaused(t)
		return
	}
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPausedProcess$", "-test.v")
	cmd.Env = append(os.Environ(), pausedProcess+"=1")
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(cmd.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("%v, %v: the process has not stopped:\n%s", err, status, &out)
	}
	<-time.After(pausedTimeout * 3 / 2)
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), "PASS: TestPausedProcess") {
		t.Fatalf("%v:\n%s", err, &out)
	}
}

// commitPaused is what the other process does: the sync of a commit stops it, and ends soon after it runs again.
func commitPaused(t *testing.T) {
	fs := newFaultFS()
	o := quietOptions(fs)
	o.CommitTimeout = pausedTimeout
	s := mustCreate(t, o)
	appendRecords(t, s, 3)
	var once sync.Once
	fs.set(func(op errorfs.Op) error {
		if strings.HasSuffix(op.Path, ".log") && op.Kind >= errorfs.OpFileSync {
			once.Do(func() {
				began := time.Now()
				if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err != nil {
					t.Error(err)
				}
				for time.Since(began) < pausedTimeout { // the signal comes when it comes
					runtime.Gosched()
				}
				select {
				case <-s.poisoned:
				case <-time.After(pausedTimeout / limitSteps):
				}
			})
		}
		return nil
	})
	if err := s.Append(t.Context(), 3, recordsAfter(3, 2)); err != nil {
		t.Fatalf("a commit that was paused: %v", err)
	}
	appendRecords(t, s, 1)
	mustClose(t, s)
}
