package main

import (
	"context"
	"strings"
	"testing"
)

// TestInterruptedCheckTellsNothing gives a signal to verify and restore before the replay: what was not read to the end is not called damaged.
func TestInterruptedCheckTellsNothing(t *testing.T) {
	t.Parallel()
	dir := unpacked(t, 1)
	backup := t.TempDir() + "/backup"
	if out, errs, code := parley(t, "", "backup", "--data="+dir, "--to="+backup); code != 0 {
		t.Fatalf("backup: %d %s %s", code, out, errs)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"verify", "--data=" + dir}, "is not known"},
		{[]string{"restore", backup, "--data=" + t.TempDir() + "/again"}, "was not replayed to the end"},
	} {
		var out, errs strings.Builder
		code := run(ctx, c.args, streams{strings.NewReader(""), &out, &errs})
		if all := out.String() + errs.String(); code != exitFailed || strings.Contains(all, "NOT whole") || !strings.Contains(all, c.want) {
			t.Errorf("%v: %d, want %d and %q:\n%s", c.args, code, exitFailed, c.want, all)
		}
	}
}

// TestStoppedWhileStarting gives a signal to a server that is not ready yet: it has stopped as asked, and its store is as usable as before.
func TestStoppedWhileStarting(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs strings.Builder
	code := run(ctx, []string{"serve", "--listen=127.0.0.1:0", "--accept-clock", "--data=" + unpacked(t, 1)}, streams{strings.NewReader(""), &out, &errs})
	if code != 0 || strings.Contains(errs.String(), "cannot be used") || strings.Contains(out.String(), "serves") {
		t.Errorf("%d:\n%s%s", code, out.String(), errs.String())
	}
}
