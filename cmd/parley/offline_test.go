package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
)

// TestRestedStore: a store that was at rest for longer than a clock may be wrong is opened by offline commands when that is
// accepted, and only then.
func TestRestedStore(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "store")
	then := time.Now().Add(-40 * 24 * time.Hour)
	store, err := persist.Create(dir, persist.Options{MinFreeBytes: -1}, persist.NewIdentity(defaultTenant, false, then.Unix()))
	if err != nil {
		t.Fatal(err)
	}
	clock := engine.NewSystemClock(engine.ClockOptions{Wall: func() time.Time { return then }, Elapsed: func() time.Duration { return 0 }})
	e, err := engine.Open(t.Context(), engine.Options{Log: store, Identity: store.Identity(), Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	old := &offlineStore{engine: e, tenant: defaultTenant}
	if _, err := old.create(t.Context(), newKey{Principal: "root", Role: engine.RoleOperator, days: 365}); err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"key", "list", "--data", dir}, {"audit", "head", "--data", dir}, {"audit", "export", "--data", dir},
		{"audit", "verify", "--data", dir}, {"vault", "status", "--data", dir},
	} {
		if _, errs, code := parley(t, "", args...); code != exitFailed || !strings.Contains(errs, "31 days") {
			t.Errorf("%v: exit code %d\n%s", args, code, errs)
		}
	}
	for _, args := range [][]string{{"key", "list", "--data", dir}, {"audit", "head", "--data", dir}, {"audit", "verify", "--data", dir}, {"vault", "status", "--data", dir}} {
		if out, errs, code := parley(t, "", append(args, "--accept-clock")...); code != 0 {
			t.Errorf("%v: exit code %d\n%s%s", args, code, out, errs)
		}
	}
}

// TestPlaces: commands that ask a server say whose key they need.
func TestPlaces(t *testing.T) {
	t.Parallel()
	for command, asker := range map[string]string{"key list": "an operator", "vault status": "an operator", "audit head": "an auditor"} {
		out, errs, code := parley(t, "", append(strings.Fields(command), "--help")...)
		if text := strings.Join(strings.Fields(out), " "); code != 0 || !strings.Contains(text, "with the key of "+asker) {
			t.Errorf("%s: exit code %d\n%s%s", command, code, out, errs)
		}
	}
}
