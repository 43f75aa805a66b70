package server

import (
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// The list of nasty inputs, rows 1 to 64, on a real socket. What a row expects is data in the files nasty_*_test.go;
// this file sends it and checks what holds after every one of them: a problem document with a stable code, nothing
// of the input in it, in the log or in the metrics, no-store, no change of the state, and a server that lives on.

// canary stands in every nasty request.
const canary = "Zebra-Canary"

// nastyRow is one request. The rows of a group run one after the other against one server.
type nastyRow struct {
	row     int    // its number in the list
	request string // the bytes; {name} stands for an id kept before, {length} for the length of the body
	want    string // status and code of the answer, alternatives separated by |
	shut    bool   // the framing is in doubt: the connection is closed and nothing behind the request is run
	effect  bool   // the state may change
	keep    string // the name under which the answer's id is kept
	now     string // what the clock is set to before
	check   func(r reply)
}

// nastyGroup is what one server is asked.
type nastyGroup struct {
	name  string
	world func(testing.TB) *world
	rows  []nastyRow
}

func nastyGroups() []nastyGroup {
	return []nastyGroup{
		{"framing", newDeck, nastyFramingRows}, {"heads", newDeck, nastyHeadRows}, {"targets", newDeck, nastyTargetRows},
		{"documents", newDeck, nastyDocumentRows}, {"values", newDeck, nastyValueRows}, {"instants", newDeck, nastyInstantRows},
		{"clock changes", newChangeWorld, nastyChangeRows}, {"roster", newDeck, nastyRosterRows}, {"slots", newSlotWorld, nastySlotRows}, {"lengths", newSlotWorld, nastyLengthRows},
		{"bookings", newDeck, nastyBookingRows}, {"moves", newDeck, nastyMoveRows}, {"versions", newDeck, nastyVersionRows},
		{"keys", newDeck, nastyKeyRows}, {"lists", newDeck, nastyListRows}, {"texts", newDeck, nastyTextRows},
	}
}

func TestNasty(t *testing.T) {
	t.Parallel()
	for _, g := range nastyGroups() {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			n := newNastyRun(t, g.world(t))
			for _, row := range g.rows {
				n.run(row)
			}
			n.silent()
		})
	}
}

// nastyRun is a server on a socket and what earlier rows left.
type nastyRun struct {
	t       *testing.T
	world   *world
	address string
	kept    map[string]string
	// operator is the token that reads the metrics, "" = nobody needs one.
	operator string
}

func newNastyRun(t *testing.T, w *world) *nastyRun {
	return &nastyRun{t: t, world: w, address: w.listenTCP(), kept: map[string]string{}}
}

// state is the place in the log and the digest of everything.
func (n *nastyRun) state() string {
	s := n.world.engine.Snapshot()
	return fmt.Sprintf("%d %x", s.Seq(), s.Hash())
}

// bytesOf puts in the ids kept before and the length of the body.
func (n *nastyRun) bytesOf(request string) string {
	for name, id := range n.kept {
		request = strings.ReplaceAll(request, "{"+name+"}", id)
	}
	_, body, _ := strings.Cut(request, "\r\n\r\n")
	return strings.Replace(request, "{length}", fmt.Sprint(len(body)), 1)
}

// alive is asked behind every nasty request and on a fresh connection after it.
const alive = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

func (n *nastyRun) run(row nastyRow) {
	n.t.Helper()
	if row.now != "" {
		n.world.clock.set(n.t, row.now)
	}
	request := n.bytesOf(row.request)
	what := fmt.Sprintf("row %d, %.300q", row.row, request)
	if !strings.Contains(request, canary) {
		n.t.Errorf("%s: without the canary", what)
	}
	before := n.state()
	got := raw(n.t, n.address, request+alive)
	if len(got) == 0 {
		n.t.Errorf("%s: no answer", what)
		return
	}
	r := n.replyOf(got[0])
	n.verdict(what, row, r)
	if row.shut && (len(got) != 1 || !got[0].Close) {
		n.t.Errorf("%s: %d answers, closed %v: the connection must end here", what, len(got), got[0].Close)
	}
	if !row.shut && (len(got) != 2 || got[1].StatusCode != http.StatusOK) {
		n.t.Errorf("%s: %d answers: the connection must go on", what, len(got))
	}
	if after := n.state(); after != before && !row.effect {
		n.t.Errorf("%s: the state was %s and is %s", what, before, after)
	}
	if fresh := raw(n.t, n.address, alive); len(fresh) != 1 || fresh[0].StatusCode != http.StatusOK {
		n.t.Fatalf("%s: the server does not answer any more: %v", what, fresh)
	}
	if row.keep != "" {
		n.kept[row.keep] = r.text("id")
	}
	if row.check != nil {
		row.check(r)
	}
}

func (n *nastyRun) replyOf(res *http.Response) reply {
	body, err := io.ReadAll(res.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	return reply{t: n.t, status: res.StatusCode, header: res.Header, body: body}
}

// verdict holds an answer to what its row expects and to what always holds.
func (n *nastyRun) verdict(what string, row nastyRow, r reply) {
	n.t.Helper()
	got := fmt.Sprint(r.status)
	if r.status >= 400 {
		got += " " + n.problem(what, r)
	}
	fits := false
	for want := range strings.SplitSeq(row.want, " | ") {
		fits = fits || got == want
	}
	if !fits {
		n.t.Errorf("%s: answered %s, want %s\n%.600s", what, got, row.want, r.body)
	}
	if r.header.Get("Cache-Control") != "no-store" {
		n.t.Errorf("%s: %d may be stored: %q", what, r.status, r.header.Get("Cache-Control"))
	}
	if r.status >= 400 && echoes(fmt.Sprint(r.header)+string(r.body)) {
		n.t.Errorf("%s: the answer repeats the input: %v %s", what, r.header, r.body)
	}
}

// echoes looks for the canary, in whatever case.
func echoes(s string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(canary[:5])) }

// problem checks a problem document against the table and returns its code.
func (n *nastyRun) problem(what string, r reply) string {
	n.t.Helper()
	var p struct {
		Type   string  `json:"type"`
		Title  string  `json:"title"`
		Status int     `json:"status"`
		Detail string  `json:"detail"`
		Code   string  `json:"code"`
		Errors []fault `json:"errors"`
	}
	if err := json.Unmarshal(r.body, &p); err != nil {
		n.t.Errorf("%s: %d with a body that is no problem: %v: %s", what, r.status, err, r.body)
	}
	kind, known := problemKinds[p.Code]
	if media := r.header.Get("Content-Type"); !known || media != typeProblem || p.Status != r.status || kind.status != r.status ||
		p.Title != kind.title || p.Type != problemType(p.Code) || p.Detail == "" {
		n.t.Errorf("%s: %d %s with the problem %s", what, r.status, media, r.body)
	}
	return p.Code
}

// silent looks for the canary where the server tells what it did.
func (n *nastyRun) silent() {
	n.t.Helper()
	request := strings.Replace(alive, "/readyz", "/metrics", 1)
	if n.operator != "" {
		request = strings.Replace(request, "Host:", bearing(n.operator)+"\r\nHost:", 1)
	}
	metrics := n.replyOf(raw(n.t, n.address, request)[0])
	if log := n.world.log.String(); echoes(log) || !strings.Contains(log, "msg=request") {
		n.t.Errorf("the log:\n%s", log)
	}
	if metrics.status != http.StatusOK || echoes(string(metrics.body)) {
		n.t.Errorf("the metrics, %d:\n%s", metrics.status, metrics.body)
	}
	if err := n.world.engine.Snapshot().Check(); err != nil {
		n.t.Errorf("the state: %v", err)
	}
}

// ask is a request without a body.
func ask(line string, fields ...string) string {
	return head(line+" HTTP/1.1", append([]string{"User-Agent: " + canary}, fields...)...)
}

// send is a request with a JSON body of the length it says, and with a key of its own unless one is given.
func send(line, body string, fields ...string) string {
	key := fmt.Sprintf("Idempotency-Key: %s-%08x", canary, crc32.ChecksumIEEE([]byte(line+body)))
	for _, f := range fields {
		if name, _, _ := strings.Cut(f, ":"); strings.EqualFold(name, "Idempotency-Key") {
			key = f
		}
	}
	all := []string{"User-Agent: " + canary, "Content-Type: application/json", "Content-Length: {length}"}
	if strings.HasPrefix(line, "POST ") {
		all = append(all, key)
	}
	for _, f := range fields {
		if f != key {
			all = append(all, f)
		}
	}
	return head(line+" HTTP/1.1", all...) + body
}

// each makes one row of every item.
func each[T any](row int, want string, shut bool, items []T, request func(T) string) (rows []nastyRow) {
	for _, item := range items {
		rows = append(rows, nastyRow{row: row, request: request(item), want: want, shut: shut})
	}
	return rows
}

// join puts lists of rows together.
func join(lists ...[]nastyRow) (rows []nastyRow) {
	for _, l := range lists {
		rows = append(rows, l...)
	}
	return rows
}

// one is a list of one row without any effect.
func one(row int, want string, shut bool, request string) []nastyRow {
	return []nastyRow{{row: row, request: request, want: want, shut: shut}}
}

// nastyWaiting are the rows, or parts of them, whose feature is not there yet. Where one comes, its rows have to be written.
var nastyWaiting = []struct {
	row       int
	part, why string
	here      func() bool // the feature has come
}{
	{60, "min_seq far ahead, negative, not a number", "no request takes min_seq", func() bool {
		return anyRoute(func(r *route) bool { return strings.Contains(strings.ToLower(strings.Join(r.query, " ")), "seq") })
	}},
	{63, "a webhook to an inner address", "there are no webhooks", func() bool {
		return anyRoute(func(r *route) bool { return strings.Contains(r.path, "hook") })
	}},
}

func anyRoute(is func(*route) bool) bool {
	for _, r := range routes() {
		if is(&r) {
			return true
		}
	}
	return false
}

// Every row of the list is sent, or is named as waiting for a feature that is not there.
func TestNastyRowsAreComplete(t *testing.T) {
	t.Parallel()
	const last = 64
	have := map[int]int{11: 1, 12: 1} // by TestNastySlowness
	for _, row := range identityRows {
		have[row]++
	}
	for _, g := range nastyGroups() {
		for _, row := range g.rows {
			if row.row < 1 || row.row > last {
				t.Errorf("there is no row %d: %.80q", row.row, row.request)
			}
			have[row.row]++
		}
	}
	waiting := map[int]string{}
	for _, w := range nastyWaiting {
		waiting[w.row] = w.part
		if w.here() {
			t.Errorf("row %d, %s, waited because %s: that is over, so write it", w.row, w.part, w.why)
		}
		t.Logf("row %d waits: %s (%s)", w.row, w.part, w.why)
	}
	for row := 1; row <= last; row++ {
		if have[row] == 0 && waiting[row] == "" {
			t.Errorf("row %d is neither sent nor waiting", row)
		}
	}
	sent := 0
	for _, n := range have {
		sent += n
	}
	t.Logf("%d nasty requests in %d rows; %d rows wait for what is not there", sent, len(have), len(waiting))
}
