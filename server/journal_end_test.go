package server

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// TestJournalOutlivesConnections: connections that use up all the time of a shutdown leave the journal its own.
func TestJournalOutlivesConnections(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	key := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	c, err := w.listen.DialWithLocalAddr(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4243})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: loc"); err != nil { // and no more
		t.Fatal(err)
	}
	gone := w.as(key, "GET", "/v1/cases/absent", "").is(404, "")
	until(t, "the connection is not there", func() bool { return w.server.openConnections() >= 2 })
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_ = w.server.Shutdown(over) // it tells of the connection
	head := headOf(w.store, "test")
	anchored := false
	w.engine.Snapshot().Anchors(func(a *engine.Anchor) bool {
		anchored = anchored || a.JournalHead == head
		return true
	})
	refused := 0
	err = w.store.WalkJournal("test", 1, func(_ engine.JournalHead, payload []byte) error {
		r, err := engine.DecodeAccess(payload)
		if r.RequestID == gone.header.Get("X-Request-Id") {
			refused++
		}
		return err
	})
	if err != nil || !anchored || refused != 1 {
		t.Errorf("%d records of a refusal, anchored %t, %v", refused, anchored, err)
	}
}

// TestSealWaitsNoLonger than who asks for it.
func TestSealWaitsNoLonger(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	j := w.server.journal
	over, cancel := context.WithCancel(t.Context())
	cancel()
	j.sealing <- struct{}{} // another seal is under way
	_, err := j.seal(over)
	<-j.sealing
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if through, err := j.seal(t.Context()); err != nil || through != w.engine.Snapshot().Seq() {
		t.Fatalf("sealed up to %d, %v", through, err)
	}
}
