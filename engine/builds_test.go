package engine_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// buildLog is a log as six builds would have written it one after the other, each in its own versions of records and state. One
// build has made what the first five would have written, with what came later taken off, see AsBuild. Lines hold the number of the build, the tenant of a record of the access journal or "-" for an
// entry, and the record in hexadecimal. buildStates holds, for each build, the last position and the hash of the state.
var (
	buildLog    = filepath.Join("testdata", "builds", "log.gz")
	buildStates = filepath.Join("testdata", "builds", "states.txt")
)

// lastBuild is the newest build, and lastState the newest version of the state.
const (
	lastBuild = 6
	lastState = 5
)

// TestLogOfAllBuilds reads that log: it has every version of every record and every kind of command, and after the last
// entry that build N would have written the state has the hash that is noted, in the version of build N.
func TestLogOfAllBuilds(t *testing.T) {
	t.Parallel()
	if f := flag.Lookup("rewrite"); f != nil && f.Value.String() == "true" {
		writeBuilds(t)
	}
	lines := readBuilds(t)
	text, err := os.ReadFile(buildStates)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(want) != lastBuild {
		t.Fatalf("%d states", len(want))
	}
	var state *engine.BuiltState
	for build := 1; build <= lastBuild; build++ {
		var payloads [][]byte
		for _, l := range lines {
			if l.build <= build && l.tenant == "" {
				payloads = append(payloads, l.record)
			}
		}
		if state, err = engine.StateAfter(payloads); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%d %d %x", build, len(payloads), state.Hash); got != want[build-1] || int(state.Version) != min(build, lastState) {
			t.Errorf("state in version %d, %s, want %s", state.Version, got, want[build-1])
		}
	}
	for kind := engine.KindLoadRules; kind <= engine.KindReseal; kind++ {
		if state.Kinds[kind] == 0 {
			t.Errorf("no command %v", kind)
		}
	}
	for _, v := range engine.AllVersions() {
		if !state.Versions[v] {
			t.Errorf("no %s", v)
		}
	}
	for i, l := range lines {
		if l.tenant != "" {
			continue
		}
		if again, err := engine.AsBuild(l.build, l.record); err != nil || !bytes.Equal(again, l.record) {
			t.Errorf("line %d is not what build %d would have written: %v", i+1, l.build, err)
		}
	}
}

// buildLine is a record as a build would have written it: an entry, or, with a tenant, a record of its access journal.
type buildLine struct {
	build  int
	tenant string
	record []byte
}

func readBuilds(t *testing.T) (lines []buildLine) {
	t.Helper()
	f, err := os.Open(buildLog)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(z)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var l buildLine
		var text string
		if _, err := fmt.Sscanf(in.Text(), "%d %s %s", &l.build, &l.tenant, &text); err != nil {
			t.Fatal(err)
		}
		if l.tenant == "-" {
			l.tenant = ""
		}
		if l.record, err = hex.DecodeString(text); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}
