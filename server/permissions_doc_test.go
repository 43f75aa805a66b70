package server

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/parleyhq/parley/engine"
)

// TestPermissionsDoc compares the table of docs/access.md with the program's.
func TestPermissionsDoc(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/access.md")
	if err != nil {
		t.Fatal(err)
	}
	words := map[reach]string{reachNone: "–", reachOwn: "own", reachTenant: "tenant", reachGlobal: "store"}
	rows := 0
	for _, r := range routes() {
		p := permissions[r.name]
		if p.open {
			continue
		}
		rows++
		line := fmt.Sprintf("| `%s %s` |", r.method, r.path)
		for as := roleRequester; as < roleCount; as++ {
			line += " " + words[p.of(as)] + " |"
		}
		if !strings.Contains(string(page), "\n"+line+"\n") {
			t.Errorf("docs/access.md lacks\n%s", line)
		}
	}
	if n := strings.Count(string(page), "\n| `GET /") + strings.Count(string(page), "\n| `POST /") + strings.Count(string(page), "\n| `PUT /") +
		strings.Count(string(page), "\n| `DELETE /"); n != rows {
		t.Errorf("docs/access.md has %d rows, %d routes want one", n, rows)
	}
}

// TestLimitsDoc compares rows of docs/limits.md with the constants of the program.
func TestLimitsDoc(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/limits.md")
	if err != nil {
		t.Fatal(err)
	}
	thousands := func(n int) string { return fmt.Sprintf("%d,%03d", n/1000, n%1000) }
	for _, row := range []string{
		fmt.Sprintf("| imports under way | %d of one tenant, %d in all;", maxImports-1, maxImports),
		fmt.Sprintf("| requests of one principal | %d a second, %d at once |", usualPrincipalRate, usualPrincipalRate*int(rateWindow/time.Second)),
		fmt.Sprintf("| connections | %s, of one address %s |", thousands(maxConnections), thousands(maxConnectionsPerPeer)),
		fmt.Sprintf("| silence between requests | %d s |", idleTimeout/time.Second),
		fmt.Sprintf("| body before it is known who asks | %d KiB |", eagerBodyBytes>>10),
		fmt.Sprintf("| credential | %d KiB |", maxCredentialBytes>>10),
		fmt.Sprintf("| nesting, members of an object | %d, %s |", maxJSONDepth, thousands(maxMembers)),
	} {
		if !strings.Contains(string(page), "\n"+row) {
			t.Errorf("docs/limits.md lacks %q", row)
		}
	}
	if text := fmt.Sprintf("for %d requests, a new one first", engine.MaxAccounts); !strings.Contains(string(page), text) {
		t.Errorf("docs/limits.md lacks %q", text)
	}
}
