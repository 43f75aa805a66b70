package server

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// TestLargeBodiesAreBounded: no memory is given to more large bodies than there is room for, whether their bytes come or not.
func TestLargeBodiesAreBounded(t *testing.T) {
	t.Parallel()
	h := newHarness(t, []route{{method: "POST", path: "/import", name: "import", maxBody: maxImportBytes, contentType: typeNDJSON, handle: func(*call) answer {
		return answer{status: http.StatusOK, body: encode("done")}
	}}})
	address := h.listenTCP()
	announce := head("POST /import HTTP/1.1", "Content-Type: "+typeNDJSON, fmt.Sprintf("Content-Length: %d", maxImportBytes))
	under := func() int {
		h.server.bodies.mu.Lock()
		defer h.server.bodies.mu.Unlock()
		return h.server.bodies.taken
	}
	slow := dialMany(t, address, 2, announce+"{")
	until(t, "two imports are not waited for", func() bool { return under() == 2*maxImportBytes })
	got := raw(t, address, announce) // nothing of the body comes: an answer proves that nobody waits for it
	if len(got) != 1 || got[0].StatusCode != http.StatusServiceUnavailable || got[0].Header.Get("Retry-After") == "" || !got[0].Close {
		t.Fatalf("a third: %v", got)
	}
	h.post("/import", "x", "Content-Type", typeNDJSON).is(http.StatusOK, "")
	if err := slow[0].Close(); err != nil {
		t.Fatal(err)
	}
	until(t, "who went away keeps the room", func() bool { return under() == maxImportBytes })
	for range 3 { // what is done gives it back
		h.post("/import", strings.Repeat("x", 1<<20), "Content-Type", typeNDJSON).is(http.StatusOK, "")
	}
	if err := slow[1].Close(); err != nil {
		t.Fatal(err)
	}
	until(t, "room is kept", func() bool { return under() == 0 })
}

// TestBodyRoom: a tenant takes no more than it leaves, and what nobody gives back ends with its time.
func TestBodyRoom(t *testing.T) {
	t.Parallel()
	var r bodyRoom
	var heads [8]fasthttp.RequestHeader
	now := time.Unix(1_000_000, 0)
	f := func(head int, tenant string, length int, want bool) {
		t.Helper()
		if got := r.take(&heads[head], tenant, length, now); got != want {
			t.Fatalf("%d bytes of %s: %v", length, tenant, got)
		}
	}
	f(0, "a", maxImportBytes, true)
	f(0, "a", maxImportBytes, true) // the one before on this connection is over
	f(1, "a", maxImportBytes, true)
	f(2, "a", 1<<20, false)
	f(3, "b", maxImportBytes, true)
	f(4, "c", maxImportBytes, false)
	f(4, "c", maxImportBytes/2, true)
	r.give(&heads[1])
	f(5, "c", 1<<20, true)
	r.keep(&heads[0])
	now = now.Add(importReadTimeout + 2*lingerTimeout)
	f(6, "d", 1<<20, true)
	if r.taken != maxImportBytes+1<<20 || len(r.lent) != 2 || len(r.byTenant) != 2 {
		t.Fatalf("left: %d bytes, %d bodies, %v", r.taken, len(r.lent), r.byTenant)
	}
	r.give(&heads[0])
	r.give(&heads[6])
	if r.taken != 0 || len(r.lent) != 0 || len(r.byTenant) != 0 {
		t.Fatalf("left: %d bytes, %d bodies, %v", r.taken, len(r.lent), r.byTenant)
	}
}
