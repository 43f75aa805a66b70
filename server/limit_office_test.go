package server

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// officeLimit lets each office leave so many calls an hour, by a clock of the test's own.
func (w *world) officeLimit(perHour int) *int64 {
	now := w.limits(unlimited, false)
	w.server.limit.office = newOfficeCalls(perHour)
	return now
}

// cancelled takes back a call that was answered.
func (w *world) cancelled(token string, made reply) {
	w.t.Helper()
	w.as(token, "POST", "/v1/appointments/"+made.is(201, "").text("id")+"/cancel", `{"reason":"ill","by":"provider"}`).is(200, "")
}

// TestOfficeLimit: an office that books and cancels in a loop is told when it may go on, by whatever key it comes; nothing changes, what is
// refused or answered once more costs nothing, and it can always cancel. Another office and the payer's desk do not notice.
func TestOfficeLimit(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.seed(winter.with("/id", "near", "/authorizationNumber", nil, "/providers/requesting/npi", officeNear))
	desk := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	near := w.key("near", engine.CreateKey{Role: engine.RoleRequester, NPIs: []string{officeNear}})
	one := w.key("one", engine.CreateKey{Role: engine.RoleRequester, NPIs: []string{officeOwn, "1003000126"}})
	two := w.key("two", engine.CreateKey{Role: engine.RoleRequester, NPIs: []string{"1003000126", officeOwn}})
	now := w.officeLimit(3)
	body := deckBooking.String()
	held := []string{"Authorization", "Bearer " + one, "Idempotency-Key", "k-1"}
	w.cancelled(one, w.do("POST", "/v1/appointments", body, held...))
	for range 4 { // refused, or given once more
		w.do("POST", "/v1/appointments", body, held...).is(201, "")
		w.as(one, "POST", "/v1/appointments", deckBooking.with("/slot/start", "2020-05-18T18:31:00-04:00").String()).is(422, "slot_not_offered")
		w.as(one, "POST", "/v1/appointments", deckBooking.with("/caseIds/0", "near").String()).is(404, codeNotFound)
		w.as(one, "POST", "/v1/appointments", "{}").is(400, "")
	}
	w.cancelled(two, w.as(two, "POST", "/v1/appointments", body))
	last := w.as(one, "POST", "/v1/appointments", body).is(201, "")

	before := w.engine.Snapshot().Seq()
	hold := deckHold.with("/caseIds/0", "1004568", "/slot/start", "2020-05-18T18:15:00-04:00")
	got := w.as(two, "POST", "/v1/appointments", deckBooking.with("/caseIds/0", "1004568", "/slot/start", "2020-05-18T18:15:00-04:00").String()).is(429, codeRateLimited)
	if got.header.Get("RateLimit-Policy") != `"office";q=3;w=3600` || got.header.Get("RateLimit") != `"office";r=0;t=3600` || got.header.Get("Retry-After") != "1200" {
		t.Errorf("headers %v", got.header)
	}
	if again := string(slots.AppendInstant(nil, w.engine.Now()+1200, slots.UTC())); got.text("reason") != reasonOffice || !strings.Contains(got.text("detail"), "limit office") || !strings.Contains(got.text("detail"), again) {
		t.Errorf("%s does not say %s", got.body, again)
	}
	if after := w.engine.Snapshot().Seq(); after != before {
		t.Errorf("the state is at %d, and was at %d", after, before)
	}
	if r := w.wantRecord(got, "test", engine.AccessRefused); r.Code != codeRateLimited || r.KeyID != "two" {
		t.Errorf("recorded %+v", r)
	}
	w.as(two, "POST", "/v1/callback-requests", deckCallback.with("/caseIds/0", "1004568", "/windows", absent{}).String()).is(429, codeRateLimited)
	w.do("POST", "/v1/appointments", body, held...).is(201, "")
	w.as(one, "DELETE", "/v1/holds/"+w.as(one, "POST", "/v1/holds", hold.String()).is(201, "").text("id"), "").is(204, "")
	w.as(near, "POST", "/v1/appointments", deckBooking.with("/caseIds/0", "near", "/slot/start", "2020-05-18T18:15:00-04:00").String()).is(201, "")
	w.cancelled(one, last)
	for range 5 {
		w.cancelled(desk, w.as(desk, "POST", "/v1/appointments", body))
	}
	w.as(one, "POST", "/v1/appointments", body).is(429, codeRateLimited)
	*now += int64(20 * time.Minute)
	w.cancelled(one, w.as(one, "POST", "/v1/appointments", body))
	w.as(one, "POST", "/v1/appointments", body).is(429, codeRateLimited)
	root := w.key("root", engine.CreateKey{Role: engine.RoleOperator})
	if got := w.as(root, "GET", "/metrics", ""); !strings.Contains(string(got.body), `parley_limited_total{limit="office"} 4`) {
		t.Error("four were to be counted")
	}
	if n := len(w.server.limit.office.underWay); n != 0 {
		t.Errorf("%d offices have something under way", n)
	}
}

// TestOfficeLimitOfCallbacks: requests to be called back count like calls, also those that are withdrawn; withdrawing does not.
func TestOfficeLimitOfCallbacks(t *testing.T) {
	t.Parallel()
	w := newCallbacks(t)
	office := w.key("office", engine.CreateKey{Role: engine.RoleRequester, NPIs: w.officeOf("e-1")})
	w.officeLimit(3)
	for i := range 3 {
		made := w.as(office, "POST", "/v1/callback-requests", deckCallback.String()).is(201, "")
		if i == 0 {
			w.as(office, "POST", "/v1/callback-requests", deckCallback.String()).is(409, "case_already_scheduled")
		}
		w.as(office, "DELETE", "/v1/callback-requests/"+made.text("id"), "").is(204, "")
	}
	w.as(office, "POST", "/v1/callback-requests", deckCallback.String()).is(429, codeRateLimited)
}

// TestOfficeNames: credentials of one office have one name, in whatever order its NPIs come, and nobody else has it.
func TestOfficeNames(t *testing.T) {
	t.Parallel()
	name := func(tenant, principal, role string, npis ...string) string {
		return newCaller(tenant, principal, role, "rev", npis, nil).office
	}
	const office = engine.RoleRequester
	own := name("t", "a", office, "1", "2")
	if own == "" || name("t", "b", office, "2", "1") != own || name("t", "c", office, "2", "1", "2") != own {
		t.Error("one office has several names")
	}
	seen := []string{own}
	for i, other := range []string{name("u", "a", office, "1", "2"), name("t", "a", office, "1"), name("t", "a", office, "12"), name("t", "a", office), name("t", "1", office), name("u", "a", office)} {
		if slices.Contains(seen, other) {
			t.Errorf("%d is another one's name", i)
		}
		seen = append(seen, other)
	}
	for _, role := range []string{engine.RoleCoordinator, engine.RoleReviewer, engine.RoleOperator, engine.RoleAuditor} {
		if name("t", "a", role, "1") != "" {
			t.Errorf("%s is an office", role)
		}
	}
	npis := []string{"2", "1"}
	if name("t", "a", office, npis...); npis[0] != "2" {
		t.Error("the credential's list was changed")
	}
}

// TestOfficeCallsNeverGiveMore compares with a bucket for each office while thousands ask, with much under way at once: none ever makes more than it
// may, in memory that does not grow with their number.
func TestOfficeCallsNeverGiveMore(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 1))
	const perHour, most = 20, 16
	run := func(offices, steps int) (less int) {
		o, now := newOfficeCalls(perHour), int64(0)
		twins, begun := map[string]*naiveBucket{}, []string{}
		for range steps {
			now += rnd.Int64N(int64(time.Second))
			if len(begun) > 0 && (len(begun) == most || rnd.IntN(2) == 0) {
				i := rnd.IntN(len(begun))
				made := rnd.IntN(3) > 0
				if o.end(begun[i], now, made); !made {
					twins[begun[i]].tokens = min(perHour, twins[begun[i]].tokens+1)
				}
				begun = slices.Delete(begun, i, i+1)
				continue
			}
			name := fmt.Sprint("office-", rnd.IntN(offices))
			if rnd.IntN(3) == 0 {
				name = "abuser"
			}
			twin := twins[name]
			if twin == nil {
				twin = &naiveBucket{tokens: perHour, at: now}
				twins[name] = twin
			}
			twin.tokens = min(perHour, twin.tokens+perHour*float64(now-twin.at)/float64(officeWindow))
			twin.at = now
			got := o.begin(name, now)
			switch {
			case got.ok && (twin.tokens < 1-1e-6 || got.left < 0):
				t.Fatalf("seed %d: %s begins %+v with %g left", seed, name, got, twin.tokens)
			case got.ok:
				twin.tokens--
				begun = append(begun, name)
			case twin.tokens >= 1+most:
				less++
			case got.wait <= 0:
				t.Fatalf("seed %d: %s is refused and has nothing to wait for: %+v", seed, name, got)
			}
		}
		if len(o.underWay) > most {
			t.Errorf("seed %d: %d offices are kept", seed, len(o.underWay))
		}
		return less
	}
	if less := run(300, 30_000); less != 0 {
		t.Errorf("seed %d: %d of few offices were refused for others", seed, less)
	}
	run(400_000, 200_000) // many times what the table has cells for
}

// TestOfficeCallsTogether: of what many begin at once no more is let in than there is room for, and what came to nothing makes room.
func TestOfficeCallsTogether(t *testing.T) {
	t.Parallel()
	o := newOfficeCalls(100)
	var all sync.WaitGroup
	got := make([]int, 8)
	for i := range got {
		all.Go(func() {
			for n := range 200 {
				if o.begin("one", 5).ok {
					made := n%2 == 0
					if o.end("one", 5, made); made {
						got[i]++
					}
				}
			}
		})
	}
	all.Wait()
	sum := 0
	for _, n := range got {
		sum += n
	}
	if sum != 100 || len(o.underWay) != 0 {
		t.Errorf("%d of 100 were made, %v is under way", sum, o.underWay)
	}
	if newOfficeCalls(0) != nil || newOfficeCalls(-1) != nil {
		t.Error("no limit")
	}
}
