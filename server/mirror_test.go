package server

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parleyhq/parley/engine"
)

var (
	mirrorRequests = flag.Int("mirror.requests", 1500, "requests of two payers of which each must not tell that the other is there")
	mirrorSeed     = flag.Uint64("mirror.seed", 1, "seed of the requests")
)

// mirror is three servers under one clock: one with two payers on it, and one for each of them alone. What a payer asks is
// asked of both servers that he is on, with all that he may have seen or guessed of the other payer's traffic. The answers
// must be the same: so neither learns of the other, nor changes what is his.
type mirror struct {
	t      *testing.T
	rnd    *rand.Rand
	both   *world
	alone  [2]*world
	tokens [2]map[role]string
	ids    [2]map[string][]string // by kind of object, as both knows them
	tags   [2][]string
	pages  [2][]string
	sent   [2][]errand
	twin   [2]map[string]string // what a payer's own server calls what both calls so
	known  [2]map[string]bool   // the values of twin
	told   told
}

// errand is a request, as the server with both payers gets it.
type errand struct {
	route                string
	as                   role
	method, target, body string
	headers              []string
}

var payers = [2]string{"left", "right"}

// mirrorKey is what a role's key holds besides. The payers name their people alike.
var mirrorKey = map[role]engine.CreateKey{roleRequester: {NPIs: []string{officeOwn}}, roleReviewer: {ReviewerID: "reviewer-0"}}

// Sizes of the world: few names, so that both payers use the same.
const (
	mirrorReviewers = 4
	mirrorCases     = 24
	mirrorKeys      = 40
	mirrorKept      = 400 // requests, tags and pages of a payer that are used again
)

func newMirror(t *testing.T, seed uint64) *mirror {
	t.Helper()
	m := &mirror{t: t, rnd: rand.New(rand.NewPCG(seed, 0)), told: told{}}
	place := func(sides ...int) *world {
		w := newWorld(t, texasNow)
		w.own = true // the answers are held to the document elsewhere
		for _, s := range sides {
			w.command("test", engine.PutTenant{Tenant: engine.Tenant{ID: payers[s]}})
			m.tokens[s] = map[role]string{}
			for as := roleRequester; as < roleCount; as++ {
				k := mirrorKey[as]
				k.Tenant, k.Principal, k.Role, k.ExpiresAt = payers[s], roleNames[as], roleNames[as], w.engine.Now()+engine.MaxKeyLife
				m.tokens[s][as] = w.key(payers[s]+"-"+strings.ReplaceAll(roleNames[as], "_", "-"), k)
			}
		}
		return w
	}
	m.both = place(0, 1)
	for s := range payers {
		m.alone[s], m.twin[s], m.known[s], m.ids[s] = place(s), map[string]string{}, map[string]bool{}, map[string][]string{}
		m.ids[s]["key"] = []string{"k-1"}
		for i := range mirrorReviewers {
			id := fmt.Sprint("reviewer-", i)
			m.ids[s]["reviewer"] = append(m.ids[s]["reviewer"], id)
			body := []doc{texasReviewer, evolentReviewer, adHocReviewer}[i%3]
			m.ask(s, errand{"putReviewer", roleCoordinator, "PUT", "/v1/reviewers/" + id, body.with("/id", id, "/name", m.mark(s)).String(), nil})
		}
		for i := range mirrorCases {
			id := fmt.Sprint("case-", i)
			m.ids[s]["case"] = append(m.ids[s]["case"], id)
			m.ask(s, m.putCase(s, id))
		}
	}
	return m
}

// mark is a name that stands in one payer's data alone.
func (m *mirror) mark(s int) string { return "Canary-" + payers[s] }

func (m *mirror) putCase(s int, id string) errand {
	body := pickOf(m.rnd, []doc{texasCase, evolentCase, adHocCase})
	return errand{"putCase", roleCoordinator, "PUT", "/v1/cases/" + id, body.with("/id", id, "/member/name", m.mark(s),
		"/providers/requesting/npi", pickOf(m.rnd, []string{officeOwn, officeNear})).String(), nil}
}

func pickOf[T any](rnd *rand.Rand, list []T) T { return list[rnd.IntN(len(list))] }

// ask sends an errand of a payer to both servers that he is on, and compares what they answer.
func (m *mirror) ask(s int, e errand) {
	m.t.Helper()
	headers := append([]string{"Authorization", "Bearer " + m.tokens[s][e.as]}, e.headers...)
	got := m.both.do(e.method, e.target, e.body, headers...)
	for i := 1; i < len(headers); i += 2 {
		headers[i] = m.translated(s, headers[i])
	}
	want := m.alone[s].do(e.method, m.translated(s, e.target), m.translated(s, e.body), headers...)
	m.learn(s, got, want)
	m.keep(s, e, got)
	m.told[fmt.Sprint(e.route, " ", got.status)]++
	a, b := m.compared(s, m.translated(s, likeness(got, "\x00"))), m.compared(s, likeness(want, "\x00"))
	if e.route == "exportAudit" { // the journal is written a little later: its place among the changes differs
		a, b = fmt.Sprint(got.status, tenantsOf(a)), fmt.Sprint(want.status, tenantsOf(b))
	}
	if a != b {
		at := 0
		for at < min(len(a), len(b)) && a[at] == b[at] {
			at++
		}
		from := max(0, at-200)
		m.t.Errorf("%s %s as %s of %s tells of the other payer\nheaders %q\nbody %s\nwith the other: …%.1000s\nalone: …%.1000s",
			e.method, e.target, roleNames[e.as], payers[s], e.headers, e.body, a[from:], b[from:])
	}
}

var (
	// madeHere are ids, secrets and cursors, of which each server makes its own.
	madeHere = regexp.MustCompile(`\b[a-z]+-[a-z2-7]{26}\b|\bparley_[0-9A-Za-z_-]+|\b[A-Za-z0-9_-]{40,}\b`)
	// places are positions in the log and the journal, and hashes over them: the journal is written a little later.
	places = regexp.MustCompile(`"(seq|asOf|next|sequence)":\d+|"[0-9a-f]{64}"|(Audit-Head|Audit-Ended) .*`)
)

// plain is an answer without what differs between servers anyhow: positions, and the order of lists by ids that are made.
func plain(text string) string {
	lines := strings.Split(places.ReplaceAllString(text, `"place":0`), "\n")
	for i, line := range lines {
		var v any
		if json.Unmarshal([]byte(line), &v) == nil {
			lines[i] = sorted(v)
		}
	}
	return strings.Join(lines, "\n")
}

func sorted(v any) string {
	var items []string
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			items = append(items, sorted(item))
		}
		slices.Sort(items)
		return "[" + strings.Join(items, ",") + "]"
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			items = append(items, fmt.Sprintf("%q:%s", name, sorted(v[name])))
		}
		return "{" + strings.Join(items, ",") + "}"
	}
	return fmt.Sprint(v)
}

// tenantsOf lists the tenants that records name, but for the store's own, which made the payers and their keys.
func tenantsOf(text string) []string {
	var list []string
	for _, hit := range regexp.MustCompile(`"tenant":"?([^",}]*)`).FindAllStringSubmatch(text, -1) {
		if hit[1] != "test" {
			list = append(list, hit[1])
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// learn pairs what the servers made for the same errand, where its place says what it is: lists stand in the order of ids.
func (m *mirror) learn(s int, mine, twin reply) {
	var one, other struct{ ID, NextCursor string }
	if json.Unmarshal(mine.body, &one) != nil || json.Unmarshal(twin.body, &other) != nil {
		return
	}
	a, b := []string{one.NextCursor}, []string{other.NextCursor}
	if one.ID != "" {
		a, b = madeHere.FindAllString(string(mine.body), -1), madeHere.FindAllString(string(twin.body), -1)
	}
	for i := range min(len(a), len(b)) {
		if _, known := m.twin[s][a[i]]; !known {
			m.twin[s][a[i]], m.known[s][b[i]] = b[i], true
		}
	}
}

// compared is an answer without what differs between servers anyhow.
func (m *mirror) compared(s int, text string) string {
	return plain(madeHere.ReplaceAllStringFunc(text, func(word string) string {
		if m.known[s][word] || m.twin[1-s][word] != "" {
			return word
		}
		return "unpaired"
	}))
}

// translated is a text of both in the words of the payer's own server; what is not his stays as it is.
func (m *mirror) translated(s int, text string) string {
	return madeHere.ReplaceAllStringFunc(text, func(word string) string {
		if other, ok := m.twin[s][word]; ok {
			return other
		}
		return word
	})
}

// keep remembers what can be used again, by either payer.
func (m *mirror) keep(s int, e errand, got reply) {
	put := func(list []string, item string) []string {
		if len(list) == mirrorKept {
			list = slices.Delete(list, 0, mirrorKept/2)
		}
		return append(list, item)
	}
	if len(m.sent[s]) == mirrorKept {
		m.sent[s] = slices.Delete(m.sent[s], 0, mirrorKept/2)
	}
	m.sent[s] = append(m.sent[s], e)
	if tag := got.header.Get("ETag"); tag != "" {
		m.tags[s] = put(m.tags[s], tag)
	}
	var made struct{ ID, NextCursor string }
	if got.status >= 300 || json.Unmarshal(got.body, &made) != nil {
		return
	}
	if made.NextCursor != "" {
		m.pages[s] = put(m.pages[s], made.NextCursor)
	}
	kind := map[string]string{"createHold": "hold", "createAppointment": "appointment", "startAdHoc": "appointment", "createCallback": "callback", "createKey": "key"}[e.route]
	if kind != "" && made.ID != "" {
		m.ids[s][kind] = put(m.ids[s][kind], made.ID)
	}
}

// id is one of a kind: mostly the payer's own, else the other's, or nobody's.
func (m *mirror) id(s int, kind string) string {
	if kind == "free" || kind == "waiting" {
		kind = "case"
	}
	whose := s
	if m.rnd.IntN(3) == 0 {
		whose = 1 - s
	}
	if list := m.ids[whose][kind]; len(list) > 0 && m.rnd.IntN(10) > 0 {
		return list[len(list)-1-m.rnd.IntN(min(len(list), mirrorCases))]
	}
	return pickOf(m.rnd, []string{"none", "k-" + payers[1-s], payers[1-s] + "-coordinator", "case-1%2F..%2Fcase-2", "CASE-1", "..", payers[1-s] + "%2Fcase-1"})
}

// next makes an errand of a payer: one of a route's kind, one that he or the other has sent before, and changes it somehow.
func (m *mirror) next(s int, rows []route) errand {
	var e errand
	switch pick := m.rnd.IntN(10); {
	case pick == 0 && len(m.sent[1-s]) > 0:
		e = pickOf(m.rnd, m.sent[1-s])
	case pick == 1 && len(m.sent[s]) > 0:
		e = pickOf(m.rnd, m.sent[s])
	case pick == 2:
		e = m.putCase(s, m.id(s, "case"))
	default:
		e = m.probe(s, &rows[m.rnd.IntN(len(rows))])
	}
	if m.rnd.IntN(3) == 0 {
		e = m.mutated(s, e)
	}
	return e
}

func (m *mirror) probe(s int, r *route) errand {
	p := probes[r.name]
	e := errand{route: r.name, as: m.role(r.name), method: r.method, target: p.target, body: p.body}
	if p.object != "" {
		kind := p.object
		if kind == "put" {
			kind = map[string]string{"putReviewer": "reviewer", "putCase": "case"}[r.name]
		}
		id := m.id(s, kind)
		e.target, e.body = strings.ReplaceAll(e.target, "{id}", id), strings.ReplaceAll(e.body, "{id}", id)
	}
	e.body = strings.ReplaceAll(e.body, "rev-own", m.id(s, "reviewer"))
	switch r.name {
	case "searchEarliest":
		e.body = strings.Replace(e.body, "{", `{"timeZone":"US/Central",`, 1)
	case "missCall":
		e.body = pickOf(m.rnd, []string{`{"by":"provider"}`, `{"by":"reviewer"}`})
	case "recordAttempt":
		now := time.Unix(m.both.clock.now.Load(), 0).UTC()
		e.body = tried("/at", now.Format(time.RFC3339))
	}
	if strings.Contains(e.body, `"start"`) {
		e.body = strings.ReplaceAll(e.body, tuesday, fmt.Sprintf("2026-11-%02dT%02d:%02d:00-06:00", 3+m.rnd.IntN(4), 8+m.rnd.IntN(9), 30*m.rnd.IntN(2)))
	}
	if r.changes {
		e.headers = []string{"Idempotency-Key", fmt.Sprint("key-", m.rnd.IntN(mirrorKeys))}
		if m.rnd.IntN(2) == 0 {
			e.headers[1] = fmt.Sprint("key-", m.rnd.Uint64())
		}
	}
	if r.name == "importLines" {
		e.headers = append(e.headers, "Content-Type", typeNDJSON)
	}
	return e
}

// role is one that a route lets in, now and then another.
func (m *mirror) role(name string) role {
	var in []role
	for as := roleRequester; as < roleCount; as++ {
		if allowed := permissions[name]; m.tokens[0][as] != "" && (allowed.of(as) == reachOwn || allowed.of(as) == reachTenant || m.rnd.IntN(20) == 0) {
			in = append(in, as)
		}
	}
	if len(in) == 0 {
		return roleCoordinator
	}
	return pickOf(m.rnd, in)
}

// mutated names the other payer, or what is his, where a request might be believed.
func (m *mirror) mutated(s int, e errand) errand {
	foe := payers[1-s]
	e.headers = slices.Clone(e.headers)
	query := func(text string) {
		join := "?"
		if strings.Contains(e.target, "?") {
			join = "&"
		}
		e.target += join + text
	}
	switch m.rnd.IntN(9) {
	case 0:
		e.headers = append(e.headers, pickOf(m.rnd, []string{"X-Tenant", "X-Tenant-Id", "Tenant", "X-Forwarded-User", "X-Original-URL", "Parley-Tenant"}), foe)
	case 1:
		query(pickOf(m.rnd, []string{"tenant=", "tenantId=", "payer="}) + foe)
	case 2:
		if whose := m.pages[m.rnd.IntN(2)]; len(whose) > 0 {
			query("cursor=" + pickOf(m.rnd, whose))
		}
	case 3:
		if whose := m.tags[m.rnd.IntN(2)]; len(whose) > 0 {
			e.headers = append(e.headers, pickOf(m.rnd, []string{"If-Match", "If-None-Match"}), pickOf(m.rnd, whose))
		}
	case 4:
		query(fmt.Sprintf("min_seq=%d", m.rnd.IntN(2000)))
	case 5:
		e.target = strings.Replace(e.target, "/v1/", "/v1/"+pickOf(m.rnd, []string{"tenants/" + foe + "/", foe + "/", "../v1/", "%2e%2e/v1/"}), 1)
	case 6:
		e.as = m.role("")
	case 7:
		if whose := m.ids[m.rnd.IntN(2)]; e.body != "" && len(whose["hold"]) > 0 {
			e.body = strings.Replace(e.body, `"holdId":null`, `"holdId":"`+pickOf(m.rnd, whose["hold"])+`"`, 1)
		}
	default:
		if e.body != "" && json.Valid([]byte(e.body)) {
			e.body = strings.Replace(e.body, "{", `{"`+pickOf(m.rnd, []string{"tenant", "tenantId", "owner", "version", "createdBy"})+`":"`+foe+`",`, 1)
		}
	}
	return e
}

// pass moves all clocks.
func (m *mirror) pass(d time.Duration) {
	for _, w := range []*world{m.both, m.alone[0], m.alone[1]} {
		w.clock.now.Add(int64(d / time.Second))
	}
}

// told are answers by route and status.
type told map[string]int

func (a told) add(b told) {
	for k, n := range b {
		a[k] += n
	}
}

// of counts the answers of a route between two statuses.
func (a told) of(name string, from, to int) (n int) {
	for status := from; status < to; status++ {
		n += a[fmt.Sprint(name, " ", status)]
	}
	return n
}

// seldom are routes whose moment need not come: no errand brings whole rules, and calls are missed when their time has passed.
var seldom = map[string]bool{"checkRules": true, "missCall": true}

// mirrorRound is how many requests one world gets: later its days are over.
const mirrorRound = 1500

// mirrored sends so many requests of two payers in a world of their own.
func mirrored(t *testing.T, seed uint64, requests int, rows []route) told {
	m := newMirror(t, seed)
	for range requests {
		s := m.rnd.IntN(2)
		if m.ask(s, m.next(s, rows)); t.Failed() {
			t.Fatalf("again: -mirror.seed=%d -mirror.requests=%d", seed, mirrorRound)
		}
		switch m.rnd.IntN(300) {
		case 0:
			m.pass(time.Duration(1+m.rnd.IntN(10)) * time.Hour)
		case 1, 2, 3, 4, 5, 6:
			m.pass(time.Duration(1+m.rnd.IntN(20)) * time.Minute)
		}
	}
	return m.told
}

// TestMirroredTraffic: whatever a payer asks, of two payers who know of each other, is answered as if the other were not there.
func TestMirroredTraffic(t *testing.T) {
	t.Parallel()
	rows := slices.DeleteFunc(routes(), func(r route) bool {
		p := permissions[r.name]
		for as := roleRequester; as < roleCount; as++ {
			if come := p.of(as); come == reachOwn || come == reachTenant {
				return p.open
			}
		}
		return true
	})
	var mu sync.Mutex
	all := told{}
	t.Run("seeds", func(t *testing.T) {
		for done := 0; done < *mirrorRequests; done += mirrorRound {
			seed := *mirrorSeed + uint64(done/mirrorRound)
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				got := mirrored(t, seed, min(mirrorRound, *mirrorRequests-done), rows)
				mu.Lock()
				defer mu.Unlock()
				all.add(got)
			})
		}
	})
	if t.Failed() {
		return
	}
	for i := range rows {
		name := rows[i].name
		if ok, no := all.of(name, 200, 300), all.of(name, 400, 500); *mirrorRequests >= 10*mirrorRound && (ok == 0 && !seldom[name] || no == 0) {
			t.Errorf("%s was granted %d times, refused %d times", name, ok, no)
		}
	}
	t.Logf("%d requests of two payers answered as if each were alone", *mirrorRequests)
}
