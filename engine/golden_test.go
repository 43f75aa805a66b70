package engine

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestGoldenRecords reads records as earlier builds would have written them. Each file of
// testdata/records holds one in hexadecimal under the name of its kind
// and a number: it must be read, and written back as it is there, for ever. The
// highest number of a kind is a record with every field of this build; a new
// field adds a file, and the old ones stay.
func TestGoldenRecords(t *testing.T) {
	t.Parallel()
	for kind := Kind(1); kind < kindEnd; kind++ {
		last := 4
		switch {
		case kind <= KindRecordAnswer: // older than the second version of the entities
			last = 5
		case kind >= KindPutTenant: // younger than the third
			last = 2
		}
		golden(t, "entry-"+kind.String(), last, sampleEntry(counting(), kind), (*codec).entry)
	}
	golden(t, "reviewer", 2, filled[Reviewer](counting()), (*codec).reviewer)
	golden(t, "case", 3, filled[Case](counting()), (*codec).caseEntity)
	golden(t, "hold", 3, filled[Hold](counting()), (*codec).hold)
	golden(t, "appointment", 3, filled[Appointment](counting()), (*codec).appointment)
	golden(t, "profile", 1, filled[Profile](counting()), (*codec).profile)
	golden(t, "personal-reviewer", 1, filled[ReviewerPersonal](counting()), (*codec).reviewerPersonal)
	golden(t, "personal-case", 1, filled[CasePersonal](counting()), (*codec).casePersonal)
	golden(t, "personal-appointment", 1, filled[AppointmentPersonal](counting()), (*codec).appointmentPersonal)
	golden(t, "personal-caller", 1, filled[CallerPersonal](counting()), (*codec).callerPersonal)
	golden(t, "personal-attempt", 1, filled[AttemptPersonal](counting()), (*codec).attemptPersonal)
	golden(t, "personal-report", 1, filled[CallReport](counting()), (*codec).callReport)
	golden(t, "audit", 2, filled[AuditRecord](counting()), (*codec).audit)
	golden(t, "callback", 1, filled[CallbackRequest](counting()), (*codec).callback)
	golden(t, "offer", 1, filled[OfferRecord](counting()), (*codec).offerRecord)
	golden(t, "case-record", 1, sampleCaseRecord(counting()), (*codec).caseRecord)
	golden(t, "tenant", 1, filled[Tenant](counting()), (*codec).tenant)
	golden(t, "anchor", 1, filled[Anchor](counting()), (*codec).anchor)
	for kind := AccessKind(1); kind < accessKindEnd; kind++ {
		golden(t, "access-"+kind.String(), 1, sampleAccess(counting(), kind), (*codec).access)
	}
	golden(t, "key", 1, filled[APIKey](counting()), (*codec).apiKey)
	golden(t, "conduct", 1, filled[Conduct](counting()), (*codec).conduct)
	golden(t, "entry-conduct", 2, conductEntry(counting()), (*codec).entry)
	golden(t, "remembered-key", 1, &remembered{
		tenant: "acme", principal: "root", key: "k-1", fingerprint: Fingerprint{9}, expiresAt: 1800000000, kind: KindCreateKey,
		outcome: firstOutcome{seq: 7, now: 1799395200, created: true, entity: filled[APIKey](counting())},
	}, (*codec).remembered)
	golden(t, "remembered", 3, &remembered{
		tenant: "acme", principal: "alice", key: "k-1", fingerprint: Fingerprint{9}, expiresAt: 1800000000, kind: KindBook,
		outcome: firstOutcome{seq: 7, now: 1799395200, created: true, entity: filled[Appointment](counting())},
	}, (*codec).remembered)
}

func golden[T any](t *testing.T, kind string, last int, want *T, fields func(*codec, *T)) {
	t.Helper()
	record := roundTrip(t, want, fields)
	path := func(number int) string {
		return filepath.Join("testdata", "records", fmt.Sprintf("%s-%d.hex", kind, number))
	}
	if rewriting() {
		if err := os.WriteFile(path(last), []byte(wrapped(hex.EncodeToString(record))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for old := 1; old < last; old++ {
		stored, got := readGolden(t, path(old), fields)
		if again := roundTrip(t, got, fields); string(again) != stored {
			t.Fatalf("%s: written back as %x", path(old), again)
		}
	}
	stored, got := readGolden(t, path(last), fields)
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: read %+v, want %+v", path(last), got, want)
	}
	if string(record) != stored {
		t.Fatalf("%s: written as %x", path(last), record)
	}
}

func readGolden[T any](t *testing.T, path string, fields func(*codec, *T)) (stored string, got *T) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.ReplaceAll(string(text), "\n", ""))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	c, got := decoder(string(b)), new(T)
	fields(c, got)
	if err := c.end(); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return string(b), got
}

// rewriting reports whether the test run was asked to write files anew, with
// the flag of the scripts.
func rewriting() bool {
	f := flag.Lookup("rewrite")
	return f != nil && f.Value.String() == "true"
}

// wrapped breaks hexadecimal text into lines of 32 bytes.
func wrapped(text string) string {
	var b strings.Builder
	for len(text) > 64 {
		b.WriteString(text[:64] + "\n")
		text = text[64:]
	}
	b.WriteString(text + "\n")
	return b.String()
}
