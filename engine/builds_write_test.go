package engine_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/slots"
)

const (
	northTenant = "north"
	officeAt    = "2001:db8::25" // an address
)

// writeBuilds makes the entries of the newest build anew. Those of older ones stay as they are.
func writeBuilds(t *testing.T) {
	t.Helper()
	var lines []buildLine
	for _, l := range readBuilds(t) {
		if l.build < lastBuild {
			lines = append(lines, l)
		}
	}
	log, before := logOf(t, lines)
	at, err := engine.StampOf(lines[len(lines)-1].record)
	if err != nil {
		t.Fatal(err)
	}
	e := openEngine(t, engine.Options{Log: log, Clock: enginetest.NewClock(at + slots.Minute)})
	for _, c := range commandsFromPlaces(e.Now() + slots.Hour) {
		mustOK(t, e, c)
	}
	err = log.Read(before+1, func(_ engine.Seq, payload []byte) error {
		lines = append(lines, buildLine{lastBuild, "", bytes.Clone(payload)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	saveBuilds(t, lines)
}

// logOf is a log with what lines hold, and its last position.
func logOf(t *testing.T, lines []buildLine) (*engine.MemLog, engine.Seq) {
	t.Helper()
	log, last := engine.NewMemLog(), engine.Seq(0)
	for _, l := range lines {
		var err error
		if l.tenant != "" {
			_, err = log.AppendJournal(t.Context(), []engine.JournalEntry{{Tenant: l.tenant, Payload: l.record}})
		} else {
			var derived []engine.DerivedRecord
			if derived, err = engine.DerivedOf(engine.Identity{}, l.record); err == nil {
				err = log.Append(t.Context(), last, []engine.Record{{Payload: l.record, Derived: derived}})
			}
			last++
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return log, last
}

// commandsFromPlaces come with a key and an address, with one of them and with none.
func commandsFromPlaces(end slots.Instant) []engine.Command {
	of := func(principal string, p engine.Payload) engine.Command {
		return engine.Command{Actor: engine.Actor{Tenant: northTenant, Principal: principal, Role: engine.RoleCoordinator, Source: "test"}, Payload: p}
	}
	key := of("root", engine.CreateKey{ID: "key-place", Hash: sha256.Sum256([]byte("place")), Role: engine.RoleCoordinator, Principal: "place", ExpiresAt: end})
	both := of("place", engine.PutCase{Case: enginetest.Case("case-both")})
	both.Credential, both.Client, both.RequestID, both.Key = "key-place", officeAt, "req-both", "both"
	address := of("place", engine.PutCase{Case: enginetest.Case("case-address")})
	address.Client = officeAt
	shown := of("place", engine.PutCase{Case: enginetest.Case("case-key")})
	shown.Credential = "key-place"
	return []engine.Command{key, both, address, shown, of("place", engine.PutCase{Case: enginetest.Case("case-nowhere")})}
}

func saveBuilds(t *testing.T, lines []buildLine) {
	t.Helper()
	var log bytes.Buffer
	z := gzip.NewWriter(&log)
	var states strings.Builder
	var payloads [][]byte
	for i, l := range lines {
		tenant := l.tenant
		if tenant == "" {
			tenant = "-"
			payloads = append(payloads, l.record)
		}
		_, _ = fmt.Fprintf(z, "%d %s %x\n", l.build, tenant, l.record) // into memory
		if i+1 == len(lines) || lines[i+1].build != l.build {
			s, err := engine.StateAfter(payloads)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&states, "%d %d %x\n", l.build, len(payloads), s.Hash)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string][]byte{buildLog: log.Bytes(), buildStates: []byte(states.String())} {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
