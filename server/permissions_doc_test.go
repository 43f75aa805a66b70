package server

import (
	"fmt"
	"os"
	"strings"
	"testing"
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
