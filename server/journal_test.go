package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parleyhq/parley/engine"
)

// journaled returns the records of a tenant's journal, seals left aside, once all that was recorded behind
// answers is in it.
func (w *world) journaled(tenant string) (records []engine.AccessRecord) {
	w.t.Helper()
	if err := w.server.journal.flush(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	err := w.store.WalkJournal(tenant, 1, func(_ engine.JournalHead, payload []byte) error {
		r, err := engine.DecodeAccess(payload)
		if r.Kind != engine.AccessSeal {
			records = append(records, r)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return records
}

// recordOf returns the records of a request.
func recordOf(records []engine.AccessRecord, r reply) []engine.AccessRecord {
	return slices.DeleteFunc(slices.Clone(records), func(a engine.AccessRecord) bool { return a.RequestID != r.header.Get("X-Request-Id") })
}

// wantRecord fails unless a request has exactly one record, which is returned.
func (w *world) wantRecord(r reply, tenant string, kind engine.AccessKind) engine.AccessRecord {
	w.t.Helper()
	got := recordOf(w.journaled(tenant), r)
	if len(got) != 1 || got[0].Kind != kind || int(got[0].Status) != r.status {
		w.t.Fatalf("recorded %+v, want one %s with %d", got, kind, r.status)
	}
	return got[0]
}

// TestEveryAnswerIsAccountedFor asks every route as every role about every kind of object, and holds the journal to
// the table: what tells personal data is a read, what is refused a refusal, and all else leaves nothing.
func TestEveryAnswerIsAccountedFor(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	type asked struct {
		route *route
		as    role
		r     reply
	}
	var all []asked
	rows := routes()
	slices.SortStableFunc(rows, func(a, b route) int { return lateness(a) - lateness(b) })
	for i := range rows {
		for as := roleRequester; as < roleCount; as++ {
			for _, rel := range relations {
				id := ""
				if kind := probes[rows[i].name].object; kind != "" {
					id = m.ids[kind][rel]
				}
				all = append(all, asked{&rows[i], as, m.ask(&rows[i], m.tokens[as], id)})
			}
		}
	}
	records, seen := m.journaled("test"), map[engine.AccessKind]int{}
	byRequest := map[string][]engine.AccessRecord{}
	for _, r := range records {
		byRequest[r.RequestID] = append(byRequest[r.RequestID], r)
	}
	for _, a := range all {
		want := engine.AccessKind(0)
		tells := permissions[a.route.name].tells
		switch {
		case a.route.name == "resealParts" && a.r.status == 503: // this world has no data keys
			want = engine.AccessRefused
		case a.r.status >= 500:
			t.Errorf("%s: %d %s", a.route.name, a.r.status, a.r.body)
		case a.r.status >= 400:
			want = engine.AccessRefused
		case tells == tellsPersonal, tells == tellsWritten && (a.r.header.Get("Idempotent-Replayed") != "" || a.route.name == "rescheduleAppointment" && a.as == roleCoordinator): // the requester has moved it there before
			want = engine.AccessRead
		case tells == tellsExport:
			want = engine.AccessExport
		}
		got := byRequest[a.r.header.Get("X-Request-Id")]
		if want == 0 && len(got) == 0 {
			continue
		}
		if len(got) != 1 || got[0].Kind != want || got[0].Role != roleNames[a.as] || got[0].Action != a.route.name || int(got[0].Status) != a.r.status {
			t.Errorf("%s as %s answered %d and is recorded as %+v, want %s", a.route.name, roleNames[a.as], a.r.status, got, want)
			continue
		}
		if got[0].Client != "127.0.0.1" || got[0].KeyID == "" || got[0].Principal == "" || got[0].Tenant != "test" || got[0].At == 0 {
			t.Errorf("%+v", got[0])
		}
		if want == engine.AccessRefused && got[0].Code != a.r.text("code") {
			t.Errorf("%+v, answered %s", got[0], a.r.body)
		}
		seen[want]++
	}
	if seen[engine.AccessRead] < 20 || seen[engine.AccessRefused] < 300 || seen[engine.AccessExport] < 2 {
		t.Errorf("seen %v", seen)
	}
	for _, r := range append(records, m.journaled("other")...) {
		for _, canary := range []string{markNear, markFar, "Own", "1234567893", "absent-"} {
			if strings.Contains(fmt.Sprintf("%+v", r), canary) {
				t.Errorf("%q in %+v", canary, r)
			}
		}
	}
}

// TestReadsNameTheirObjects looks at what single records say.
func TestReadsNameTheirObjects(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	key := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	f := func(want string, kind engine.AccessKind, r reply) {
		t.Helper()
		got := w.wantRecord(r, "test", kind)
		if text := fmt.Sprintf("%s %s %s %d %s %v", got.Action, got.Principal, got.KeyID, got.Status, got.Code, got.Objects); text != want {
			t.Errorf("recorded %q, want %q", text, want)
		}
	}
	f("getCase principal-desk desk 200  [{case 1004567}]", engine.AccessRead, w.as(key, "GET", "/v1/cases/1004567", "").is(200, ""))
	f("getCase principal-desk desk 404 not_found [{unknown case "+w.unknown("case", "jordan.winter")+"}]", engine.AccessRefused,
		w.as(key, "GET", "/v1/cases/jordan.winter", "").is(404, ""))
	f("putTenant principal-desk desk 403 forbidden [{unknown tenant "+w.unknown("tenant", "zenith")+"}]", engine.AccessRefused,
		w.as(key, "PUT", "/v1/tenants/zenith", `{"id":"zenith"}`).is(403, ""))
	made := w.as(key, "POST", "/v1/appointments", deckBooking.String()).is(201, "")
	if got := recordOf(w.journaled("test"), made); len(got) != 0 {
		t.Errorf("a change is in the log: %+v", got)
	}
	id := made.text("id")
	f("getAppointment principal-desk desk 200  [{appointment "+id+"}]", engine.AccessRead, w.as(key, "GET", "/v1/appointments/"+id, "").is(200, ""))
	unchanged := w.do("GET", "/v1/appointments/"+id, "", "Authorization", "Bearer "+key, "If-None-Match", made.header.Get("ETag")).is(304, "")
	if got := recordOf(w.journaled("test"), unchanged); len(got) != 0 {
		t.Errorf("304 hands nothing out: %+v", got)
	}
	repeat := func() reply {
		return w.do("POST", "/v1/appointments", deckBooking.with("/caseIds/0", "1004567").String(), "Authorization", "Bearer "+key, "Idempotency-Key", "again")
	}
	f("createAppointment principal-desk desk 409 case_already_scheduled [{case 1004567}]", engine.AccessRefused, repeat().is(409, ""))
	w.as(key, "POST", "/v1/appointments/"+id+"/cancel", `{"reason":"ill","by":"payer"}`).is(200, "")
	repeat().is(201, "")
	again := repeat().is(201, "")
	if got := w.wantRecord(again, "test", engine.AccessRead); got.Objects[0].Type != "appointment" {
		t.Errorf("a repeated answer is a read: %+v", got)
	}
	none := w.as(key, "POST", "/v1/cases/lookup", `{"caseId":"1004567","memberDateOfBirth":"1950-01-01"}`).is(404, "")
	f("lookupCases principal-desk desk 404 not_found []", engine.AccessRefused, none)
}

func (w *world) unknown(kind, id string) string {
	sum := w.engine.Vault().Mark("journal "+kind, []byte("test\x00"+id))
	return fmt.Sprintf("%x", sum[:8])
}

// TestSearchesTouchNoJournal: an offer shows reviewers' names, which are nobody's personal data here.
func TestSearchesTouchNoJournal(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	key := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	before := len(w.journaled("test"))
	for range 3 {
		w.as(key, "POST", "/v1/search", deckSearch.String()).is(200, "")
		w.as(key, "GET", "/v1/reviewers", "").is(200, "")
	}
	if after := len(w.journaled("test")); after != before {
		t.Errorf("%d records more", after-before)
	}
}

// TestNothingPersonalWithoutRecord: while the journal cannot be written, reads are withheld, searches go on,
// and refusals are recorded later.
func TestNothingPersonalWithoutRecord(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	key := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	auditor := w.key("auditor", engine.CreateKey{Role: engine.RoleAuditor})
	made := w.as(key, "POST", "/v1/appointments", deckBooking.String()).is(201, "")
	w.store.RefuseJournal(errors.New("no room"))
	for _, target := range []string{"/v1/cases/1004567", "/v1/appointments/" + made.text("id"), "/v1/appointments?view=case&caseId=1004567", "/v1/appointments/" + made.text("id") + "/calendar.ics"} {
		got := w.as(key, "GET", target, "").is(503, codeJournal)
		if got.header.Get("Retry-After") == "" || strings.Contains(string(got.body), "Winter") {
			t.Errorf("%s: %s", target, got.body)
		}
	}
	w.as(auditor, "GET", "/v1/audit", "").is(503, codeJournal)
	w.as(auditor, "GET", "/v1/offer-records", "").is(503, codeJournal)
	w.as(key, "POST", "/v1/search", deckSearch.String()).is(200, "")
	w.as(key, "POST", "/v1/appointments/"+made.text("id")+"/cancel", `{"reason":"ill","by":"payer"}`).is(200, "")
	refused := w.as(key, "GET", "/v1/cases/none", "").is(404, "")
	w.store.RefuseJournal(nil)
	w.wantRecord(refused, "test", engine.AccessRefused)
	w.wantRecord(w.as(key, "GET", "/v1/cases/1004567", "").is(200, ""), "test", engine.AccessRead)
	if !strings.Contains(w.log.String(), "the access journal cannot be written") {
		t.Error("the log does not tell of it")
	}
}

// TestRefusalsWaitForRoom: where no more fit, a refusal is withheld too; a failed authentication is counted.
func TestRefusalsWaitForRoom(t *testing.T) {
	t.Parallel()
	j := &journal{behind: make(chan *note, 1), closing: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	if err := j.recordBehind(ctx, engine.AccessRecord{}); err != nil {
		t.Fatal(err)
	}
	waits := make(chan error, 1)
	go func() { waits <- j.recordBehind(ctx, engine.AccessRecord{Action: "second"}) }()
	<-j.behind
	if err := <-waits; err != nil {
		t.Fatal(err)
	}
	go func() { waits <- j.recordBehind(ctx, engine.AccessRecord{}) }()
	cancel()
	if err := <-waits; !errors.Is(err, errJournal) {
		t.Fatal(err)
	}
	if n := <-j.behind; n.record.Action != "second" {
		t.Fatalf("%+v", n.record)
	}
	close(j.closing)
	if err := j.recordBehind(t.Context(), engine.AccessRecord{}); !errors.Is(err, errJournal) {
		t.Fatal(err)
	}
}

// TestFailedAuthentications: each is recorded or counted, in the tenant of the key that was shown.
func TestFailedAuthentications(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.command("test", engine.PutTenant{Tenant: engine.Tenant{ID: "other"}})
	w.key("root", engine.CreateKey{Role: engine.RoleOperator})
	w.key("theirs", engine.CreateKey{Tenant: "other", Role: engine.RoleAuditor, Principal: "spy"})
	const tries = 40
	var last reply
	for range tries {
		last = w.as(keyPrefix+"theirs_wrong", "GET", "/v1/cases/1004567", "").is(401, codeUnauthenticated)
		w.get("/v1/cases/1004567").is(401, "")
		w.as(keyPrefix+"made.up_x", "GET", "/v1/cases/1004567", "").is(401, "")
	}
	w.get("/healthz").is(200, "")
	for _, n := range w.server.journal.floods.take(w.engine.Now()) {
		if err := w.server.journal.recordBehind(t.Context(), n.record); err != nil {
			t.Fatal(err)
		}
	}
	count := func(tenant, keyID string) (n, records uint64) {
		for _, r := range w.journaled(tenant) {
			if r.Kind != engine.AccessFailed || r.KeyID != keyID || r.Principal != "" || r.Code != codeUnauthenticated || r.Client != "127.0.0.1" {
				t.Errorf("%s: %+v", tenant, r)
			}
			n, records = n+1+r.Count, records+1
		}
		return n, records
	}
	if n, records := count("other", "theirs"); n != tries || records > 3*failuresEach {
		t.Errorf("%d counted of %d, in %d records", n, tries, records)
	}
	if n, records := count("test", ""); n != 2*tries || records > 4*failuresEach {
		t.Errorf("%d counted of %d, in %d records", n, 2*tries, records)
	}
	if last.header.Get("WWW-Authenticate") == "" {
		t.Error("no challenge")
	}
}

// TestUnreadBodiesAreAccountedFor: who is refused before the body was read has a record as everybody else has.
func TestUnreadBodiesAreAccountedFor(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	author := w.key("author", engine.CreateKey{Role: engine.RoleRulesAuthor})
	long, short := `{"x":"`+strings.Repeat("x", 5<<10)+`"}`, "{}"
	f := func(kind engine.AccessKind, status int, body string, headers ...string) {
		t.Helper()
		r := w.do("POST", "/v1/search", body, headers...).is(status, "")
		if got := w.wantRecord(r, "test", kind); got.Action != "searchWeek" || got.Code != r.text("code") || got.Client != "127.0.0.1" {
			t.Errorf("recorded %+v", got)
		}
	}
	for _, body := range []string{long, short} {
		f(engine.AccessFailed, 401, body)
		f(engine.AccessFailed, 401, body, "Expect", "100-continue")
		f(engine.AccessRefused, 403, body, "Authorization", "Bearer "+author)
		f(engine.AccessRefused, 403, body, "Authorization", "Bearer "+author, "Expect", "100-continue")
	}
}

// TestFloodsAreBounded: beyond so many clients all are counted together, and none is lost.
func TestFloodsAreBounded(t *testing.T) {
	t.Parallel()
	var f floods
	recorded := 0
	const clients, each = failureClients + 500, 7
	for i := range clients * each {
		r := engine.AccessRecord{Kind: engine.AccessFailed, Tenant: "t", Client: fmt.Sprint(i % clients)}
		if i%2 == 0 {
			r.Kind, r.Principal = engine.AccessRefused, r.Client
		}
		f.admit([16]byte{byte(i % clients), byte(i % clients >> 8)}, r, func() bool {
			recorded++
			return recorded%3 != 0
		})
	}
	counted := recorded - recorded/3
	if counted != failuresAll {
		t.Errorf("%d have a record of their own", counted)
	}
	notes := f.take(7)
	for _, n := range notes {
		counted += int(n.record.Count) + 1
		if n.record.Tenant != "t" || n.record.At != 7 {
			t.Fatalf("%+v", n.record)
		}
	}
	if counted != clients*each || len(notes) > failureClients+2 {
		t.Errorf("%d counted of %d, in %d notes", counted, clients*each, len(notes))
	}
	if more := f.take(8); len(more) != 0 {
		t.Errorf("taken twice: %v", more)
	}
}

// TestFloodsOfStrangers: who has many addresses causes no more records than somebody with one; what is counted together
// stands in the tenant that it was about, and names nobody.
func TestFloodsOfStrangers(t *testing.T) {
	t.Parallel()
	var f floods
	own := map[string]int{}
	const clients = 900 // fewer than are counted apart
	for i := range clients {
		r := engine.AccessRecord{Kind: engine.AccessFailed, Tenant: []string{"a", "b"}[i%2], KeyID: "k", Client: fmt.Sprint(i)}
		f.admit([16]byte{byte(i), byte(i >> 8)}, r, func() bool { own[r.Tenant]++; return true })
	}
	f.admit([16]byte{1: 200}, engine.AccessRecord{Kind: engine.AccessRefused, Tenant: "a", Principal: "desk", Client: "c"}, func() bool { return true })
	notes := f.take(7)
	counted, named := own["a"]+own["b"], 0
	for _, n := range notes {
		counted += int(n.record.Count) + 1
		if r := n.record; r.Principal != "" {
			named++
		} else if r.Client != "" || r.KeyID != "" || n.record.Count+1+uint64(own[r.Tenant]) != clients/2 {
			t.Errorf("%+v", r)
		}
	}
	if own["a"]+own["b"] != failuresAll || len(notes) != 3 || named != 1 || counted != clients+1 {
		t.Errorf("own %v, in %d notes, %d named, %d counted", own, len(notes), named, counted)
	}
	same := 0
	for i := range 20 { // addresses of one network
		f.admit([16]byte{0x20}, engine.AccessRecord{Kind: engine.AccessFailed, Tenant: "a", Client: fmt.Sprintf("2001:db8::%d", i)}, func() bool { same++; return true })
	}
	if same != failuresEach {
		t.Errorf("%d records of one network", same)
	}
}

// TestRowsSayWhatTheyTell: a route without a declaration makes no server, and one that tells more than it
// declares hands nothing out.
func TestRowsSayWhatTheyTell(t *testing.T) {
	t.Parallel()
	for name, p := range permissions {
		if p.tells == tellsUndeclared {
			t.Errorf("%s does not say what it tells", name)
		}
	}
	w := newDeck(t)
	c := &call{server: w.server, route: &route{name: "test", allow: &forDesk}}
	c.tell("case", "1004567")
	c.tell("case", "1004567")
	a := admitted{route: c.route, snap: w.engine.Snapshot(), who: w.server.local}
	if got := c.account(&a, ok(http.StatusOK, "x")); got.problem == nil || got.problem.code != codeInternal || len(c.told) != 1 {
		t.Errorf("handed out %+v", got)
	}
	if !strings.Contains(w.log.String(), "a route told what its row does not say") {
		t.Error("the log does not tell of it")
	}
	defer func() {
		if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), "does not say what the route tells") {
			t.Errorf("panic %v", v)
		}
	}()
	permission := permissions["getCase"]
	permission.tells = tellsUndeclared
	permission.declared("getCase")
}

// TestJournalIsAnchored: the log remembers the journal after a graceful end, and a journal that was cut is refused.
func TestJournalIsAnchored(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	key := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	for range 3 {
		w.as(key, "GET", "/v1/cases/1004567", "").is(200, "")
	}
	if err := w.server.journal.anchor(); err != nil {
		t.Fatal(err)
	}
	before := w.engine.Snapshot().Seq()
	if err := w.server.journal.anchor(); err != nil || w.engine.Snapshot().Seq() != before {
		t.Fatalf("anchored again without a reason: %d, %d, %v", before, w.engine.Snapshot().Seq(), err)
	}
	anchors := 0
	w.engine.Snapshot().Anchors(func(a *engine.Anchor) bool {
		anchors++
		if a.JournalHead != headOf(w.store, a.Tenant) || a.Sealed == 0 || a.N < 4 {
			t.Errorf("anchor %+v", a)
		}
		return true
	})
	if anchors != 1 {
		t.Fatalf("%d anchors", anchors)
	}
	kept := w.store.Reopen()
	f := func(want string, spoil func(*engine.MemLog)) {
		t.Helper()
		store := kept.Reopen()
		spoil(store)
		e, err := engine.Open(context.Background(), engine.Options{
			Log: store, Clock: w.clock, Identity: engine.Identity{StoreID: "test", Tenant: "test", Format: 1, Sandbox: true, DigestKey: make([]byte, 32)},
		})
		if err != nil {
			t.Fatal(err)
		}
		s, err := New(Options{Engine: e, Tenant: "test"})
		if want == "" {
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			err = s.Shutdown(ctx)
		} else if err == nil || !strings.Contains(err.Error(), want) {
			t.Fatalf("got %v, want %q", err, want)
		} else {
			err = nil
		}
		if err := errors.Join(err, e.Close()); err != nil {
			t.Fatal(err)
		}
	}
	f("", func(*engine.MemLog) {})
	f("was anchored in the log", func(l *engine.MemLog) { l.CutJournal("test", 2) })
	f("chain broken", func(l *engine.MemLog) { l.DamageJournal("test", headOf(l, "test").N) })
}

// TestRecordsAreOfOneSize: nothing that a client sends makes a record that does not fit.
func TestRecordsAreOfOneSize(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	key := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	long := w.do("GET", "/v1/cases/1004567", "", "Authorization", "Bearer "+key, "X-Request-Id", strings.Repeat("x", 500))
	got := w.journaled("test")
	last := got[len(got)-1]
	payload, err := last.Encode()
	if err != nil || len(payload) > 512 || last.RequestID != long.header.Get("X-Request-Id") || bytes.Contains(payload, []byte("xxxxx")) {
		t.Errorf("%d bytes, %v: %+v", len(payload), err, last)
	}
}

// TestPathsNameObjects: whoever is refused an object has it on record, on every route that has one in its path.
func TestPathsNameObjects(t *testing.T) {
	t.Parallel()
	for _, r := range routes() {
		if want := strings.HasPrefix(r.path, "/v1/") && strings.Contains(r.path, "{id}"); (r.about != nil) != want {
			t.Errorf("%s %s names an object: %t", r.method, r.path, r.about != nil)
		}
	}
}
