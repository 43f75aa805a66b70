package server

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

var bleedRounds = flag.Int("bleed.rounds", 5, "requests of each of the 256 clients")

const bleedClients = 256

// marker is what one client's requests hold in every place, and nobody else's.
var marker = regexp.MustCompile(`mk(\d+)mk`)

// bleeder is a client on a socket of its own, which it loses and gets again.
type bleeder struct {
	*rand.Rand
	t       *testing.T
	address string
	mark    string
	conn    net.Conn
	in      *bufio.Reader
	whole   int // answers that came
	offers  int // of them with the client's own reviewer on offer
	cut     int // requests that were given up
}

// Of 256 clients at once, with bodies of all sizes and requests that break off, none sees another's bytes: not in an
// answer, and not in what is stored.
func TestNothingBleedsBetweenClients(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	address := w.listenTCP()
	seed := rand.Uint64()
	clients := make([]*bleeder, bleedClients)
	var all sync.WaitGroup
	for i := range clients {
		b := &bleeder{Rand: rand.New(rand.NewPCG(seed, uint64(i))), t: t, address: address, mark: fmt.Sprintf("mk%dmk", i)}
		clients[i] = b
		all.Go(func() {
			b.ask(b.put("PUT /v1/reviewers/"+b.mark, ames.with("/id", b.mark, "/name", b.mark, "/healthPlans", []string{b.mark}).String()), true)
			b.ask(b.put("PUT /v1/cases/"+b.mark, b.caseDoc()), true)
			for range *bleedRounds {
				b.ask(b.request(), b.IntN(4) > 0)
			}
			b.drop()
		})
	}
	all.Wait()
	whole, cut, offers := 0, 0, 0
	for _, b := range clients {
		whole, cut, offers = whole+b.whole, cut+b.cut, offers+b.offers
		b.own("what is stored", string(w.get("/v1/cases/"+b.mark).is(http.StatusOK, "").body))
	}
	t.Logf("seed %d: %d answers, %d with offers, %d requests given up", seed, whole, offers, cut)
	if whole < bleedClients**bleedRounds/2 || cut == 0 || offers == 0 {
		t.Errorf("seed %d: only %d answers, %d with offers, %d requests given up", seed, whole, offers, cut)
	}
}

// own fails if a text holds another client's marker.
func (b *bleeder) own(what, text string) {
	for _, m := range marker.FindAllString(text, -1) {
		if m != b.mark {
			b.t.Errorf("%s: %s holds %s:\n%.2000s", b.mark, what, m, text)
			return
		}
	}
}

func (b *bleeder) drop() {
	if b.conn != nil {
		_ = b.conn.Close() // it may be gone already
	}
	b.conn = nil
}

// ask sends one request whole and reads the answer, or breaks it off somewhere.
func (b *bleeder) ask(request string, whole bool) {
	if b.conn == nil {
		conn, err := net.Dial("tcp", b.address)
		if err != nil {
			b.t.Error(err)
			return
		}
		b.conn, b.in = conn, bufio.NewReader(conn)
	}
	if err := b.conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		b.t.Error(err)
	}
	if !whole {
		b.cut++
		_, _ = io.WriteString(b.conn, request[:b.IntN(len(request))+1]) // also whole, with nobody left to read the answer
		b.drop()
		return
	}
	if _, err := io.WriteString(b.conn, request); err != nil {
		b.t.Errorf("%s: %v", b.mark, err)
		b.drop()
		return
	}
	res, err := http.ReadResponse(b.in, nil)
	if err != nil {
		b.t.Errorf("%s: %v", b.mark, err)
		b.drop()
		return
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Errorf("%s: half an answer: %v", b.mark, err)
	}
	b.whole++
	if strings.Contains(string(body), `"relation"`) {
		b.offers++
	}
	b.own("an answer", fmt.Sprint(res.StatusCode, res.Header, string(body)))
	if res.Header.Get("X-Request-Id") != b.mark {
		b.t.Errorf("%s: the answer is to %s", b.mark, res.Header.Get("X-Request-Id"))
	}
	if res.Close {
		b.drop()
	}
}

// fields stand in every request.
func (b *bleeder) fields() []string {
	return []string{"X-Request-Id: " + b.mark, "User-Agent: " + b.mark, "Content-Type: application/json"}
}

func (b *bleeder) put(line, body string) string {
	key := "Idempotency-Key: " + b.mark + "-" + strings.Repeat("x", b.IntN(100)) + fmt.Sprint(b.Uint64())
	return head(line+" HTTP/1.1", append(b.fields(), key, fmt.Sprintf("Content-Length: %d", len(body)))...) + body
}

// caseDoc is a case that only the client's own reviewer takes, with the marker wherever one may stand.
func (b *bleeder) caseDoc() string {
	pad := strings.Repeat("x", b.IntN(40))
	return otherPlan(b.mark).with("/healthPlan", b.mark, "/authorizationNumber", b.mark+pad, "/member/id", b.mark, "/member/name", "Ms "+b.mark+pad,
		"/providers/requesting/firstName", b.mark, "/providers/requesting/lastName", pad+b.mark, "/episodeId", b.mark).String()
}

// request draws a request of a size from some bytes to nearly the bound.
func (b *bleeder) request() string {
	switch b.IntN(8) {
	case 0:
		return head("GET /v1/cases/"+b.mark+" HTTP/1.1", b.fields()...)
	case 1:
		return head("GET /v1/reviewers/"+b.mark+"?timeZone=UTC HTTP/1.1", b.fields()...)
	case 2:
		return b.put("POST /v1/cases/lookup", `{"caseId":"`+b.mark+`","memberDateOfBirth":"1982-06-28"}`)
	case 3, 4:
		return b.put("POST /v1/search", `{"caseIds":["`+b.mark+`"],"timeZone":"US/Eastern","week":"2020-05-18"}`)
	case 5: // refused
		return b.put("POST /v1/holds", `{"caseIds":["`+b.mark+`"],"`+b.mark+`":"`+strings.Repeat(b.mark, b.IntN(8000))+`"}`)
	}
	body := b.caseDoc()
	return b.put("PUT /v1/cases/"+b.mark, body[:len(body)-1]+strings.Repeat(" ", b.IntN(50_000))+"}")
}
