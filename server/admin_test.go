package server

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// TestAdminActs: whoever is on the machine begins a backup, and no page that is open in a browser there does.
func TestAdminActs(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	var made atomic.Int64
	admin, err := NewAdmin(Options{Engine: w.engine, Tenant: "test", Version: "test", Logger: w.logger(), Metrics: w.server.metrics, Public: w.server,
		Backup: func(context.Context, func(done, total uint64)) (BackupMade, error) {
			made.Add(1)
			return BackupMade{Path: "there"}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	h := &harness{t: t, server: admin, log: w.log, own: true}
	h.start()
	f := func(status int, code string, headers ...string) {
		t.Helper()
		if r := h.do("POST", "/admin/backup", "", headers...).is(status, code); r.header.Get("Access-Control-Allow-Origin") != "" {
			t.Error("another site is given leave")
		}
	}
	f(400, codeInvalidHeader)
	f(400, codeInvalidHeader, "Content-Type", "application/x-www-form-urlencoded")
	f(400, codeInvalidHeader, AdminHeader, "self-check")
	f(403, codeForbidden, AdminHeader, "backup", "Origin", "http://localhost")
	f(403, codeForbidden, AdminHeader, "backup", "Origin", "null")
	f(403, codeForbidden, AdminHeader, "backup", "Sec-Fetch-Site", "cross-site")
	if r := h.do("OPTIONS", "/admin/backup", "", "Origin", "http://evil.example", "Access-Control-Request-Headers", AdminHeader).is(405, ""); r.header.Get("Access-Control-Allow-Headers") != "" {
		t.Error("another site is given leave to send the header")
	}
	for _, header := range [][]string{{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}} {
		h.do("GET", "/debug/pprof/heap", "", header...).is(403, codeForbidden)
	}
	h.do("GET", "/debug/pprof/heap", "", "Sec-Fetch-Site", "none").is(200, "") // somebody looks at it with a browser
	h.get("/admin/backup").is(200, "")
	h.server.backups.done.Wait()
	if n := made.Load(); n != 0 {
		t.Fatalf("%d backups were made", n)
	}
	for _, code := range []string{codeInvalidHeader, codeForbidden, codeMethodNotAllowed} { // who asked from where stands in the journal, each or in numbers
		if n, _ := w.counted(engine.LocalPrincipal, code); n != map[string]uint64{codeInvalidHeader: 3, codeForbidden: 6, codeMethodNotAllowed: 1}[code] {
			t.Errorf("%d refusals %s are recorded", n, code)
		}
	}
	begun := h.do("POST", "/admin/backup", "", AdminHeader, "backup").is(202, "")
	if got := w.wantRecord(begun, "test", engine.AccessExport); got.Action != "startBackup" || got.Principal != engine.LocalPrincipal || got.Client == "" || got.At == 0 {
		t.Errorf("recorded %+v", got)
	}
	h.server.backups.done.Wait()
	if r := h.get("/admin/backup").is(200, ""); made.Load() != 1 || r.at("made", "path") != "there" {
		t.Errorf("%d backups: %s", made.Load(), r.body)
	}
	w.server.journal.closeOnce.Do(func() { close(w.server.journal.closing) }) // it takes no records any more
	f(202, "", AdminHeader, "backup")
	if h.server.backups.done.Wait(); made.Load() != 2 {
		t.Error("a store without a journal is not copied")
	}
}
