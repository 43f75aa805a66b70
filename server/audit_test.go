package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// audited is a world in which each kind of record occurs, in two tenants.
func audited(t *testing.T) (w *world, auditor, other string) {
	t.Helper()
	w = newDeck(t)
	w.command("test", engine.PutTenant{Tenant: engine.Tenant{ID: "other"}})
	root := w.key("root", engine.CreateKey{Role: engine.RoleOperator})
	desk := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	auditor = w.key("auditor", engine.CreateKey{Role: engine.RoleAuditor})
	other = w.key("others", engine.CreateKey{Tenant: "other", Role: engine.RoleAuditor})
	theirs := w.key("theirs", engine.CreateKey{Tenant: "other", Role: engine.RoleCoordinator})
	for range 4 {
		made := w.as(desk, "POST", "/v1/appointments", deckBooking.String()).is(201, "")
		w.as(desk, "GET", "/v1/appointments/"+made.text("id"), "").is(200, "")
		w.as(desk, "POST", "/v1/appointments/"+made.text("id")+"/cancel", `{"reason":"ill","by":"payer"}`).is(200, "")
		w.as(desk, "GET", "/v1/cases/none", "").is(404, "")
		w.as(root, "GET", "/v1/cases/1004567", "").is(403, "")
		w.get("/v1/cases/1004567").is(401, "")
		w.as(theirs, "GET", "/v1/cases/1004567", "").is(404, "")
		w.as(auditor, "GET", "/v1/audit?limit=1", "").is(200, "")
	}
	return w, auditor, other
}

// trail reads the whole audit trail page by page.
func (w *world) trail(token, query string) (pages [][]byte, head engine.JournalHead) {
	w.t.Helper()
	target := "/v1/audit?" + query
	for range 100 {
		r := w.as(token, "GET", target, "").is(200, "")
		pages = append(pages, r.body)
		if _, err := fmt.Sscan(r.header.Get("Audit-Head"), &head.N); err != nil {
			w.t.Fatal(err)
		}
		if r.header.Get("Audit-Ended") != "" {
			return pages, head
		}
		target = "/v1/audit?" + query + "&after=" + r.header.Get("Next-Cursor")
	}
	w.t.Fatal("the trail does not end")
	return nil, head
}

// TestAuditTrail exports both forms in pages of several sizes; together they are whole, and hold one tenant's alone.
func TestAuditTrail(t *testing.T) {
	t.Parallel()
	w, auditor, other := audited(t)
	for _, query := range []string{"limit=2", "limit=7", "format=ndjson&limit=5", "format=fhir&limit=3"} {
		pages, _ := w.trail(auditor, query)
		report, err := VerifyAudit(bytes.NewReader(bytes.Join(pages, nil)), nil)
		if err != nil || report.Tenant != "test" || report.First != 1 || report.Head != mustHead(t, w, "test", report.Last) || report.Changes < 12 {
			t.Fatalf("%s: %+v, %v", query, report, err)
		}
		text := string(bytes.Join(pages, nil))
		for _, want := range []string{"principal-desk", "getAppointment", "getCase", "not_found", "forbidden", "unauthenticated", "exportAudit", "book", "cancel", "127.0.0.1", "1004567"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %s in the trail", query, want)
			}
		}
		for _, canary := range []string{"Winter", "principal-theirs", "\"ill\"", " ill\"", "parley_"} {
			if strings.Contains(text, canary) {
				t.Errorf("%s: %s is in the trail", query, canary)
			}
		}
	}
	pages, _ := w.trail(other, "limit=100")
	report, err := VerifyAudit(bytes.NewReader(bytes.Join(pages, nil)), nil)
	text := string(bytes.Join(pages, nil))
	if err != nil || report.Tenant != "other" || report.Changes != 3 || strings.Contains(text, "principal-desk") || !strings.Contains(text, "principal-theirs") {
		t.Errorf("%+v, %v: %s", report, err, text)
	}
}

func mustHead(t *testing.T, w *world, tenant string, n uint64) engine.JournalHead {
	t.Helper()
	head, err := journalAt(w.store, tenant, n)
	if err != nil {
		t.Fatal(err)
	}
	return head
}

// TestAuditRange asks for stretches by time, and by cursors that are of something else.
func TestAuditRange(t *testing.T) {
	t.Parallel()
	w, auditor, other := audited(t)
	w.clock.now.Add(1000)
	key := w.key("late", engine.CreateKey{Role: engine.RoleCoordinator})
	late := w.as(key, "GET", "/v1/cases/1004567", "").is(200, "")
	w.clock.now.Add(1000)
	w.as(key, "GET", "/v1/cases/none", "").is(404, "")
	r := w.as(auditor, "GET", "/v1/audit?from=2020-05-15T13:10:00Z&to=2020-05-15T13:20:00Z", "").is(200, "")
	report, err := VerifyAudit(bytes.NewReader(r.body), nil)
	if err != nil || report.Records == 0 || report.First < 10 || !bytes.Contains(r.body, []byte(late.header.Get("X-Request-Id"))) || bytes.Contains(r.body, []byte("13:33:2")) {
		t.Errorf("%+v, %v: %s", report, err, r.body)
	}
	next := r.header.Get("Next-Cursor")
	w.as(auditor, "GET", "/v1/audit?after="+next, "").is(400, codeInvalidCursor)
	w.as(other, "GET", "/v1/audit?from=2020-05-15T13:10:00Z&to=2020-05-15T13:20:00Z&after="+next, "").is(400, codeInvalidCursor)
	for _, query := range []string{"limit=0", "limit=10001", "format=xml", "from=soon"} {
		if got := w.as(auditor, "GET", "/v1/audit?"+query, ""); got.status != 422 && got.status != 400 {
			t.Errorf("%s: %d", query, got.status)
		}
	}
	w.do("GET", "/v1/audit", "", "Authorization", "Bearer "+auditor, "Accept", "text/csv").is(406, codeNotAcceptable)
	fhir := w.do("GET", "/v1/audit?limit=3", "", "Authorization", "Bearer "+auditor, "Accept", typeFHIR).is(200, "")
	if fhir.header.Get("Content-Type") != typeFHIR || !bytes.HasPrefix(fhir.body, []byte(`{"resourceType":"AuditEvent"`)) {
		t.Errorf("%s: %s", fhir.header.Get("Content-Type"), fhir.body)
	}
}

// TestVerifyFindsTampering edits, drops, moves, doubles and cuts off every line of a trail, in both forms.
func TestVerifyFindsTampering(t *testing.T) {
	t.Parallel()
	w, auditor, _ := audited(t)
	for _, form := range []string{"ndjson", "fhir"} {
		pages, _ := w.trail(auditor, "limit=9&format="+form)
		lines := bytes.SplitAfter(bytes.Join(pages, nil), []byte("\n"))
		lines = lines[:len(lines)-1]
		whole, err := VerifyAudit(bytes.NewReader(bytes.Join(lines, nil)), nil)
		if err != nil {
			t.Fatal(err)
		}
		heads := []engine.JournalHead{whole.Head}
		f := func(what string, i int, lines ...[]byte) {
			t.Helper()
			if _, err := VerifyAudit(bytes.NewReader(bytes.Join(lines, nil)), heads); !errors.Is(err, ErrAudit) {
				t.Errorf("%s: %s line %d of %d: %v", form, what, i+1, len(lines), err)
			}
		}
		isStart := func(i int) bool { return bytes.Contains(lines[i], []byte(`"start"`)) }
		for i := range lines {
			before, after := lines[:i:i], lines[i+1:]
			f("cut off from", i, before...)
			f("half of", i, append(before, lines[i][:len(lines[i])/2])...)
			if !isStart(i) || i == 0 {
				f("drop", i, append(before, after...)...)
			}
			if i+1 < len(lines) && !isStart(i) {
				f("double", i, append(append(before, lines[i]), lines[i:]...)...)
			}
			if i+1 < len(lines) && !isStart(i) && !isStart(i+1) {
				f("swap", i, append(append(before, lines[i+1], lines[i]), lines[i+2:]...)...)
			}
			for _, edit := range [][2]string{{"desk", "disk"}, {"2020-05-15T13:00", "2020-05-15T12:00"}, {`"`, `" `}, {"a", "b"}, {"0", "1"}, {"A", "B"}, {"1", "2"}} {
				if changed := bytes.Replace(lines[i], []byte(edit[0]), []byte(edit[1]), 1); !bytes.Equal(changed, lines[i]) {
					f("edit "+edit[0]+" of", i, append(append(before, changed), after...)...)
				}
				at := bytes.LastIndex(lines[i], []byte(edit[0]))
				if at >= 0 && edit[0] != `"` {
					changed := append(append(bytes.Clone(lines[i][:at]), edit[1]...), lines[i][at+len(edit[0]):]...)
					f("edit the last "+edit[0]+" of", i, append(append(before, changed), after...)...)
				}
			}
		}
		other := whole.Head
		other.Chain[3] ^= 1
		heads = []engine.JournalHead{other}
		f("another head", 0, lines...)
		heads = []engine.JournalHead{whole.Head.Next([]byte("more"))}
		f("a later head", 0, lines...)
	}
	for _, text := range []string{"{}\n", "\n", "[]\n", `{"type":"start"}` + "\n", `{"type":"read","record":"AA=="}` + "\n", strings.Repeat("x", maxAuditLine+100000) + "\n"} {
		if _, err := VerifyAudit(strings.NewReader(text), nil); !errors.Is(err, ErrAudit) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

// TestVerifyHoldsToAHead: a file that begins behind all heads that were kept, is of another tenant than they, or is empty, is held to nothing.
func TestVerifyHoldsToAHead(t *testing.T) {
	t.Parallel()
	w, auditor, _ := audited(t)
	pages, _ := w.trail(auditor, "limit=5")
	file := bytes.Join(pages[2:], nil)
	report, err := VerifyAudit(bytes.NewReader(file), nil)
	if err != nil || report.First < 3 {
		t.Fatalf("%+v, %v", report, err)
	}
	f := func(want string, file []byte, heads ...engine.JournalHead) {
		t.Helper()
		_, err := VerifyAudit(bytes.NewReader(file), heads)
		if want == "" && err != nil || want != "" && (!errors.Is(err, ErrAudit) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	early, begin, theirs := mustHead(t, w, "test", 1), mustHead(t, w, "test", report.First-1), mustHead(t, w, "other", 1)
	f("", file, report.Head)
	f("", file, early, begin, theirs)
	f("no head that was kept", file, early)
	f("no head that was kept", file, theirs)
	f("nothing in it", nil)
}

// TestVerifyJournal compares a store's journal with its log and with heads that were kept.
func TestVerifyJournal(t *testing.T) {
	t.Parallel()
	w, _, _ := audited(t)
	if err := w.server.journal.anchor(); err != nil {
		t.Fatal(err)
	}
	heads, err := VerifyJournal(w.engine, nil)
	if err != nil || len(heads) != 2 {
		t.Fatalf("%v, %v", heads, err)
	}
	if _, err := VerifyJournal(w.engine, heads); err != nil {
		t.Fatal(err)
	}
	late := heads[0].Next([]byte("x"))
	odd := heads[1]
	odd.Chain[0] ^= 1
	for _, kept := range []engine.JournalHead{late, odd, {Tenant: "gone", N: 1}} {
		if _, err := VerifyJournal(w.engine, []engine.JournalHead{kept}); !errors.Is(err, ErrAudit) {
			t.Errorf("%v: %v", kept, err)
		}
	}
	forged := engine.AccessRecord{Kind: engine.AccessSeal, Tenant: "test", From: 1, Through: 3, Changes: 2, Digest: engine.Hash{1}}
	payload, err := forged.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.AppendJournal(t.Context(), []engine.JournalEntry{{Tenant: "test", Payload: payload}}); err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyJournal(w.engine, nil); !errors.Is(err, ErrAudit) || !strings.Contains(err.Error(), "seals 2 changes") {
		t.Errorf("a seal of something else: %v", err)
	}
	w.store.DamageJournal("other", 1)
	if _, err := VerifyJournal(w.engine, nil); !errors.Is(err, engine.ErrCorrupt) {
		t.Errorf("a changed record: %v", err)
	}
}

// TestChangesSayFromWhere: a change says from which address it came and with which key, in both forms, and says nothing of that
// where it is not known; who may read events alone is not told.
func TestChangesSayFromWhere(t *testing.T) {
	t.Parallel()
	w, auditor, _ := audited(t)
	pages, _ := w.trail(auditor, "limit=1000")
	trail := bytes.Join(pages, nil)
	known, open, unknown := 0, 0, 0
	for line := range bytes.Lines(trail) {
		var c struct {
			Type, Source, Principal string
			Client, KeyID           *string
		}
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		switch {
		case c.Type != lineChange:
		case c.Principal == engine.LocalPrincipal: // before there were keys
			open++
			if c.Client == nil || *c.Client != "127.0.0.1" || c.KeyID != nil {
				t.Errorf("from elsewhere: %s", line)
			}
		case c.Source == engine.SourceAPI:
			known++
			if c.Client == nil || *c.Client != "127.0.0.1" || c.KeyID == nil || *c.KeyID != "desk" {
				t.Errorf("from elsewhere: %s", line)
			}
		default:
			unknown++
			if c.Client != nil || c.KeyID != nil || !bytes.Contains(line, []byte(fromNowhere)) {
				t.Errorf("from somewhere: %s", line)
			}
		}
	}
	if known < 8 || open < 4 || unknown < 5 {
		t.Errorf("%d, %d and %d changes", known, open, unknown)
	}
	if _, err := VerifyAudit(bytes.NewReader(bytes.ReplaceAll(trail, []byte(fromNowhere), nil)), nil); err != nil {
		t.Errorf("a trail of before lines said so: %v", err)
	}
	if _, err := VerifyAudit(bytes.NewReader(bytes.ReplaceAll(trail, []byte(`"keyId":"desk","client":"127.0.0.1","action":"book"`), []byte(`"action":"book"`))), nil); !errors.Is(err, ErrAudit) {
		t.Errorf("a trail that keeps silent of what is known: %v", err)
	}
	pages, _ = w.trail(auditor, "format=fhir&limit=1000")
	told := 0
	for line := range bytes.Lines(bytes.Join(pages, nil)) {
		if bytes.Contains(line, []byte(`"network":{"address":"127.0.0.1","type":"2"}`)) && bytes.Contains(line, []byte(`"urn:parley:audit:source","valueString":"api"`)) &&
			bytes.Contains(line, []byte(`"urn:parley:audit:key","valueString":"desk"`)) {
			told++
		}
	}
	if told != known {
		t.Errorf("%d events say from where, %d lines", told, known)
	}
	for _, field := range []string{"client", "keyId", "127.0.0.1"} {
		if events := w.as(auditor, "GET", "/v1/events?limit=100", "").is(200, ""); bytes.Contains(events.body, []byte(field)) {
			t.Errorf("events tell %s", field)
		}
	}
}

// TestAuditEventsAreFHIR holds each line to what R4 requires of an AuditEvent, element by element.
func TestAuditEventsAreFHIR(t *testing.T) {
	t.Parallel()
	w, auditor, _ := audited(t)
	pages, _ := w.trail(auditor, "format=fhir&limit=1000")
	actions := map[string]int{}
	for line := range bytes.Lines(bytes.Join(pages, nil)) {
		var e struct {
			ResourceType string
			Type         struct{ System, Code string }
			Subtype      []struct{ System, Code string }
			Action       string
			Recorded     string
			Outcome      string
			Agent        []struct {
				Requestor *bool
				Who       struct {
					Identifier struct{ System, Value string }
				}
				Network *struct{ Address, Type string }
			}
			Source struct {
				Observer struct {
					Identifier struct{ System, Value string }
				}
			}
			Entity []struct {
				What struct {
					Identifier struct{ System, Value string }
				}
				Type struct{ System, Code string }
			}
			Extension []struct{ URL, ValueString string }
		}
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		var all any
		if err := json.Unmarshal(line, &all); err != nil {
			t.Fatal(err)
		}
		if wrong := wrongInFHIR(all); wrong != "" {
			t.Errorf("%s: %s", wrong, line)
		}
		tenant := slices.ContainsFunc(e.Extension, func(x struct{ URL, ValueString string }) bool { return x.URL == "urn:parley:audit:tenant" })
		whole := tenant && e.ResourceType == "AuditEvent" && e.Type.System != "" && e.Type.Code != "" && len(e.Subtype) == 1 && e.Subtype[0].Code != "" &&
			slices.Contains([]string{"C", "R", "U", "D", "E"}, e.Action) && strings.HasSuffix(e.Recorded, "Z") && slices.Contains([]string{"0", "4", "8"}, e.Outcome) &&
			len(e.Agent) == 1 && e.Agent[0].Requestor != nil && e.Agent[0].Who.Identifier.Value != "" && e.Source.Observer.Identifier.Value != ""
		for _, x := range e.Extension {
			whole = whole && strings.HasPrefix(x.URL, "urn:parley:audit:") && x.ValueString != ""
		}
		for _, x := range e.Entity {
			whole = whole && x.What.Identifier.System != "" && x.What.Identifier.Value != "" && x.Type.System != "" && x.Type.Code != ""
		}
		if n := e.Agent[0].Network; n != nil {
			whole = whole && n.Address != "" && n.Type == "2"
		}
		if !whole {
			t.Errorf("not an AuditEvent: %s", line)
		}
		actions[e.Action+e.Outcome]++
	}
	for _, want := range []string{"C0", "R0", "U0", "E4"} {
		if actions[want] == 0 {
			t.Errorf("no event %s: %v", want, actions)
		}
	}
}

// TestAddressesInFHIR: what an export on the machine itself gives for an address is a machine's name.
func TestAddressesInFHIR(t *testing.T) {
	t.Parallel()
	for client, want := range map[string]string{"this machine": "1", "192.0.2.1": "2", "2001:db8::1": "2"} {
		if n := newEvent(eventREST, coding{}, "R", "", "0", "p", client, nil).Agent[0].Network; n.Type != want {
			t.Errorf("%s is of type %s, want %s", client, n.Type, want)
		}
	}
}

// wrongInFHIR says what is in a JSON value that no element of R4 may be: nothing in it, or a URI or code with a space.
func wrongInFHIR(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		if v == "" {
			return "an empty string"
		}
	case []any:
		for _, element := range v {
			if wrong := wrongInFHIR(element); wrong != "" {
				return wrong
			}
		}
		if len(v) == 0 {
			return "an empty list"
		}
	case map[string]any:
		for name, member := range v {
			if wrong := wrongInFHIR(member); wrong != "" {
				return name + ": " + wrong
			}
			if text, ok := member.(string); ok && slices.Contains([]string{"system", "url", "code"}, name) && strings.ContainsAny(text, " \t\n") {
				return name + " has a space: " + text
			}
		}
		if len(v) == 0 {
			return "an empty object"
		}
	}
	return ""
}

// TestEventsAreOfWhoActsAndWhoIsActedOn: an operator's acts on another tenant are events of both, with who it was.
func TestEventsAreOfWhoActsAndWhoIsActedOn(t *testing.T) {
	t.Parallel()
	w, auditor, other := audited(t)
	kinds := func(token string) (text string) {
		for _, e := range w.as(token, "GET", "/v1/events?limit=200", "").is(200, "").at("events").([]any) {
			e := e.(map[string]any)
			text += fmt.Sprintf("%s %s/%s; ", e["kind"], e["tenant"], e["principal"])
		}
		return text
	}
	if got := kinds(other); got != "put_tenant test/system; create_key test/system; create_key test/system; " {
		t.Errorf("the other tenant sees %q", got)
	}
	if got := kinds(auditor); !strings.Contains(got, "book test/principal-desk") || strings.Contains(got, "principal-theirs") {
		t.Errorf("the first tenant sees %q", got)
	}
}

// FuzzVerifyAudit: a file that is verified may hold anything. What is found whole is written again byte for byte.
func FuzzVerifyAudit(f *testing.F) {
	var out bytes.Buffer
	at := engine.JournalHead{Tenant: "test"}
	for _, form := range []auditForm{ownForm{}, fhirForm{}} {
		out.Reset()
		form.start(&out, at)
		r := engine.AccessRecord{Kind: engine.AccessRead, Tenant: "test", Principal: "desk", Action: "getCase", Objects: []engine.Object{{Type: "case", ID: "c-1"}}}
		payload, err := r.Encode()
		if err != nil {
			f.Fatal(err)
		}
		form.access(&out, at.Next(payload), &r, payload)
		f.Add(out.Bytes())
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		report, err := VerifyAudit(bytes.NewReader(file), nil)
		if err != nil {
			if !errors.Is(err, ErrAudit) {
				t.Fatal(err)
			}
			return
		}
		if n := bytes.Count(file, []byte("\n")); report.Records+report.Changes > n {
			t.Fatalf("%+v of %d lines", report, n)
		}
		if _, err := VerifyAudit(bytes.NewReader(file), []engine.JournalHead{report.Head.Next([]byte("x"))}); report.Records > 0 && err == nil {
			t.Fatal("a later head was reached")
		}
	})
}
