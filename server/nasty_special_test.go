package server

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// Rows that one request and one answer do not make: 11, 12, 48, 56, 59 and 64.

// Rows 11 and 12: one byte every 300 ms is cut by the deadline, and half a request has no effect.
func TestNastySlowness(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.server.http.ReadTimeout = time.Second
	n := newNastyRun(t, w)
	before := n.state()
	whole := n.bytesOf(formOf())
	headEnd := strings.Index(whole, "\r\n\r\n") + 4
	var all sync.WaitGroup
	for _, from := range []int{5, headEnd + 1} { // slow from within the head, and within the body
		all.Go(func() { n.dribble(whole[:from], whole[from:]) })
	}
	all.Wait()
	for _, from := range []int{5, headEnd, headEnd + 20, len(whole) - 1} {
		conn, err := net.Dial("tcp", n.address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, whole[:from]); err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
	}
	n.drained()
	if after := n.state(); after != before {
		t.Errorf("the state was %s and is %s", before, after)
	}
	n.silent()
}

// dribble sends the rest of a request one byte every 300 ms and wants 408 before it is through.
func (n *nastyRun) dribble(begin, rest string) {
	conn, err := net.Dial("tcp", n.address)
	if err != nil {
		n.t.Error(err)
		return
	}
	defer conn.Close()
	answered := make(chan struct{})
	go func() {
		if _, err := io.WriteString(conn, begin); err != nil {
			return
		}
		tick := time.NewTicker(300 * time.Millisecond)
		defer tick.Stop()
		for i := range len(rest) {
			select {
			case <-tick.C:
			case <-answered:
				return
			}
			if _, err := io.WriteString(conn, rest[i:i+1]); err != nil {
				return
			}
		}
	}()
	got := answersOn(conn)
	close(answered)
	if len(got) != 1 || !got[0].Close {
		n.t.Errorf("slow after %d bytes: %v", len(begin), got)
		return
	}
	n.verdict(fmt.Sprintf("row 11, slow after %d bytes", len(begin)), nastyRow{want: "408 request_timeout"}, n.replyOf(got[0]))
}

// drained waits until the server has done with every connection.
func (n *nastyRun) drained() {
	n.t.Helper()
	n.world.client.CloseIdleConnections()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-tick.C {
		open := 0
		n.world.server.mu.Lock()
		for _, l := range n.world.server.listeners {
			l.mu.Lock()
			open += l.sum
			l.mu.Unlock()
		}
		n.world.server.mu.Unlock()
		if open == 0 {
			return
		}
	}
	n.t.Error("connections that their clients closed are still open")
}

// Row 48: of 64 clients that want one slot at once, on 64 sockets, one has it.
func TestNastyRace(t *testing.T) {
	t.Parallel()
	const clients = 64
	w := newDeck(t)
	for i := range clients {
		w.seed(winter.with("/id", fmt.Sprint("case-", i), "/authorizationNumber", nil))
	}
	n := newNastyRun(t, w)
	got := n.atOnce(clients, func(i int) string { return n.bytesOf(formOf("/caseIds/0", fmt.Sprint("case-", i))) })
	count := map[string]int{}
	for _, r := range got {
		if r.status == http.StatusCreated {
			count["201"]++
			continue
		}
		count[fmt.Sprint(r.status, " ", n.problem("row 48", r))]++
	}
	if count["201"] != 1 || count["409 slot_taken"] != clients-1 {
		t.Errorf("row 48: %v", count)
	}
	n.silent()
}

// Row 56: 64 equal requests in flight have one effect and one answer, also after a restart.
func TestNastyDuplicates(t *testing.T) {
	t.Parallel()
	const clients = 64
	w := newDeck(t)
	n := newNastyRun(t, w)
	request := n.bytesOf(keyed(canary, deckBooking.String()))
	got := n.atOnce(clients, func(int) string { return request })
	after := n.state()
	for _, r := range got {
		if r.status != http.StatusCreated || string(r.body) != string(got[0].body) {
			t.Fatalf("row 56: %d %s, another had %s", r.status, r.body, got[0].body)
		}
	}
	w.crash(t)
	n = newNastyRun(t, w)
	again := n.replyOf(raw(t, n.address, request+alive)[0])
	replayed(again)
	if string(again.body) != string(got[0].body) || n.state() != after {
		t.Errorf("row 56: after a restart %s, %d %s", n.state(), again.status, again.body)
	}
}

// atOnce sends requests on sockets of their own at the same time.
func (n *nastyRun) atOnce(clients int, request func(int) string) []reply {
	n.t.Helper()
	got := make([]reply, clients)
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range clients {
		text := request(i)
		all.Go(func() {
			<-begin
			answers := raw(n.t, n.address, text+alive)
			if len(answers) != 2 {
				n.t.Errorf("client %d: %d answers", i, len(answers))
				return
			}
			got[i] = n.replyOf(answers[0])
		})
	}
	close(begin)
	all.Wait()
	return got
}

// Row 59: a cursor is good for the list that it came from, and for nothing else.
func TestNastyCursors(t *testing.T) {
	t.Parallel()
	n := newNastyRun(t, newDeck(t))
	first := n.replyOf(raw(t, n.address, get("/v1/reviewers?limit=1")+alive)[0])
	cursor := first.text("nextCursor")
	if cursor == "" {
		t.Fatalf("one page holds %s", first.body)
	}
	n.run(nastyRow{row: 59, request: get("/v1/reviewers?limit=1&cursor=" + cursor), want: "200"})
	for i := range len(cursor) {
		letter := byte('A')
		if cursor[i] == letter {
			letter = 'B'
		}
		edited := cursor[:i] + string(letter) + cursor[i+1:]
		n.run(nastyRow{row: 59, request: get("/v1/reviewers?limit=1&cursor=" + edited), want: "400 invalid_cursor"})
	}
	for _, target := range []string{"/v1/attention?limit=1&cursor=", "/v1/appointments?view=mine&cursor=", "/v1/callback-requests?cursor=", "/v1/offer-records?cursor="} {
		n.run(nastyRow{row: 59, request: get(target + cursor), want: "400 invalid_cursor"})
	}
	n.run(nastyRow{row: 59, request: get("/v1/reviewers?limit=1&cursor=" + cursor[1:]), want: "400 invalid_cursor"})
	n.run(nastyRow{row: 59, request: get("/v1/reviewers?limit=1&cursor=" + cursor[:4] + "%0A%0A%0D%0A" + cursor[4:]), want: "400 invalid_query"})
	n.run(nastyRow{row: 59, request: get("/v1/reviewers?limit=1&cursor=" + cursor + "A"), want: "400 invalid_cursor"})
	n.silent()
}

// Row 59: a cursor names a place in a list and no state of it, so that one of an old snapshot goes on where it ended: behind a row that is gone, before one that is
// new, and after a crash.
func TestNastyOldCursor(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	n := newNastyRun(t, w)
	first := n.replyOf(raw(t, n.address, get("/v1/reviewers?limit=1")+alive)[0])
	if first.at("reviewers", 0, "id") != "rev-ames" {
		t.Fatalf("one page holds %s", first.body)
	}
	cursor := first.text("nextCursor")
	next := func(id string) {
		t.Helper()
		n.run(nastyRow{row: 59, request: get("/v1/reviewers?limit=1&cursor=" + cursor), want: "200", check: func(r reply) {
			t.Helper()
			if got := r.at("reviewers", 0, "id"); got != id {
				t.Errorf("behind rev-ames is %v, want %s", got, id)
			}
		}})
	}
	next("rev-brook")
	n.run(nastyRow{row: 59, request: ask("DELETE /v1/reviewers/rev-ames"), want: "200 | 204", effect: true})
	next("rev-brook")
	n.run(nastyRow{row: 59, request: send("PUT /v1/reviewers/rev-arno", ames.with("/id", "rev-arno").String()), want: "201", effect: true})
	next("rev-arno")
	w.crash(t)
	n = newNastyRun(t, w)
	next("rev-arno")
	n.silent()
}

// Row 6: HEAD is none of the methods; its answer has no body.
func TestNastyHead(t *testing.T) {
	t.Parallel()
	n := newNastyRun(t, newDeck(t))
	conn, err := net.Dial("tcp", n.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, ask("HEAD /v1/me")+alive); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(conn)
	if text := string(all); err != nil || !strings.HasPrefix(text, "HTTP/1.1 405 ") || !strings.HasSuffix(text, "\r\n\r\n") ||
		!strings.Contains(text, "\r\nConnection: close\r\n") || strings.Count(text, "HTTP/1.1") != 1 || echoes(text) {
		t.Errorf("row 6: %q, %v", all, err)
	}
	n.silent()
}

// Row 64: a thousand pipelined requests are answered in order, and an Expect of a small body goes on.
func TestNastyPipeline(t *testing.T) {
	t.Parallel()
	n := newNastyRun(t, newDeck(t))
	before := n.state()
	var request strings.Builder
	for i := range 1000 {
		request.WriteString(ask("GET /v1/reviewers/none", fmt.Sprint("X-Request-Id: r-", i)))
	}
	got := raw(t, n.address, request.String()+alive)
	if len(got) != 1001 {
		t.Fatalf("row 64: %d answers", len(got))
	}
	for i, res := range got[:1000] {
		if res.StatusCode != http.StatusNotFound || res.Header.Get("X-Request-Id") != fmt.Sprint("r-", i) {
			t.Fatalf("row 64: answer %d: %v", i, res)
		}
	}
	got = raw(t, n.address, n.bytesOf(send(searchLine, deckSearch.String(), "Expect: 100-continue"))+alive)
	if len(got) != 3 || got[0].StatusCode != http.StatusContinue || got[1].StatusCode != http.StatusOK {
		t.Errorf("row 64: Expect: %v", got)
	}
	if after := n.state(); after != before {
		t.Errorf("the state was %s and is %s", before, after)
	}
	n.silent()
}
