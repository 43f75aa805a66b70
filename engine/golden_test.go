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

// TestGoldenRecords reads what earlier builds have written. Each file of
// testdata/records holds one record in hexadecimal under the name of its kind
// and version: it must be read for ever. A version that is current must also
// come out as it is there. A new version adds files; old ones stay.
func TestGoldenRecords(t *testing.T) {
	t.Parallel()
	for _, kind := range sampleKinds {
		golden(t, "entry-"+kind.String(), entryVersion, sampleEntry(counting(), kind), (*codec).entry)
	}
	golden(t, "reviewer", reviewerVersion, filled[Reviewer](counting()), (*codec).reviewer)
	golden(t, "case", caseVersion, filled[Case](counting()), (*codec).caseEntity)
	golden(t, "hold", holdVersion, filled[Hold](counting()), (*codec).hold)
	golden(t, "appointment", appointmentVersion, filled[Appointment](counting()), (*codec).appointment)
	golden(t, "profile", profileVersion, filled[Profile](counting()), (*codec).profile)
	golden(t, "personal-reviewer", personalVersion, filled[ReviewerPersonal](counting()), (*codec).reviewerPersonal)
	golden(t, "personal-case", personalVersion, filled[CasePersonal](counting()), (*codec).casePersonal)
	golden(t, "personal-appointment", personalVersion, filled[AppointmentPersonal](counting()), (*codec).appointmentPersonal)
	golden(t, "audit", auditVersion, filled[AuditRecord](counting()), (*codec).audit)
	golden(t, "callback", callbackVersion, filled[CallbackRequest](counting()), (*codec).callback)
	golden(t, "offer", offerVersion, filled[OfferRecord](counting()), (*codec).offerRecord)
	golden(t, "case-record", caseRecordVersion, sampleCaseRecord(counting()), (*codec).caseRecord)
	golden(t, "remembered", rememberedVersion, &remembered{
		tenant: "acme", principal: "alice", key: "k-1", fingerprint: Fingerprint{9}, expiresAt: 1800000000, kind: KindBook,
		outcome: Outcome{Seq: 7, Now: 1799395200, Created: true, Appointment: filled[Appointment](counting())},
	}, (*codec).remembered)
}

func golden[T any](t *testing.T, kind string, version int, want *T, fields func(*codec, *T)) {
	t.Helper()
	record := roundTrip(t, want, fields)
	path := func(version int) string {
		return filepath.Join("testdata", "records", fmt.Sprintf("%s-%d.hex", kind, version))
	}
	if rewriting() {
		if err := os.WriteFile(path(version), []byte(wrapped(hex.EncodeToString(record))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for old := 1; old < version; old++ {
		readGolden(t, path(old), fields)
	}
	stored, got := readGolden(t, path(version), fields)
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: read %+v, want %+v", path(version), got, want)
	}
	if string(record) != stored {
		t.Fatalf("%s: written as %x", path(version), record)
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
