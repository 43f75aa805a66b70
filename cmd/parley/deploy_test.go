package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// What is shipped for operations must speak of what the program truly shows: names and labels of metrics,
// fields of log lines, alerts and their runbooks. The rules' own tests are run by promtool, see `make ops-check`.

var deployExprs = flag.String("deploy.exprs", "", "file to write the dashboard's expressions to, as recording rules for promtool")

const (
	rulesPath     = "../../deploy/prometheus/parley.rules.yml"
	quickTestPath = "../../deploy/prometheus/parley.test.yml"
	slowTestPath  = "../../deploy/prometheus/parley.slow.test.yml"
	dashboardPath = "../../deploy/grafana/parley.json"
	operations    = "../../docs/operations.md"
)

func readText(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// series are the metrics of a running server: by name the labels, and by label the values.
type series map[string]map[string]map[string]bool

var (
	sampleLine = regexp.MustCompile(`(?m)^(\w+)(?:\{([^}]*)\})? \S+$`)
	pair       = regexp.MustCompile(`(\w+)="([^"]*)"`)
	partOf     = regexp.MustCompile(`_(bucket|sum|count)$`)
)

// scraped starts a server, lets it count something of each kind, and reads its metrics.
func scraped(t *testing.T) series {
	t.Helper()
	p := serve(t, t.TempDir()+"/store", "--demo=deck")
	p.must(200, "POST", "/v1/search", "", `{"caseIds":["1004567"],"timeZone":"US/Eastern","week":"2020-05-18","days":["sun"],"hours":[3]}`)
	p.must(200, "POST", "/v1/search/earliest", "", `{"caseIds":["1004567"],"timeZone":"US/Eastern"}`)
	p.must(201, "POST", "/v1/appointments", "one", booking("1004567", "rev-bryce", "2020-05-19T15:00:00-04:00"))
	text := string(p.must(200, "GET", "/metrics", "", "").body)
	all := series{}
	for _, m := range sampleLine.FindAllStringSubmatch(text, -1) {
		name := m[1]
		if !strings.Contains(text, "# TYPE "+name+" ") {
			name = partOf.ReplaceAllString(name, "")
		}
		if all[name] == nil {
			all[name] = map[string]map[string]bool{}
		}
		for _, l := range pair.FindAllStringSubmatch(m[2], -1) {
			if all[name][l[1]] == nil {
				all[name][l[1]] = map[string]bool{}
			}
			all[name][l[1]][l[2]] = true
		}
	}
	return all
}

var (
	selector  = regexp.MustCompile(`\b((?:parley|go|process)_\w+)(?:\{([^}]*)\})?`)
	labelTest = regexp.MustCompile(`(\w+)(=~|!~|!=|=)"([^"]*)"`)
	grouping  = regexp.MustCompile(`\b(?:by|on) \(([^)]*)\)`)
	recorded  = regexp.MustCompile(`\bparley:\w+:\w+`)
)

// faults says what an expression asks for that a server does not show.
func (all series) faults(expr string) (found []string) {
	known := []string{"instance", "job", "le", "alertname", "alertstate"}
	for _, m := range selector.FindAllStringSubmatch(expr, -1) {
		labels, there := all[m[1]]
		if !there {
			labels, there = all[partOf.ReplaceAllString(m[1], "")]
		}
		if !there {
			found = append(found, "there is no metric "+m[1])
		}
		known = slices.AppendSeq(known, maps.Keys(labels))
		for _, l := range labelTest.FindAllStringSubmatch(m[2], -1) {
			values, there := labels[l[1]]
			if !there && l[1] != "instance" && l[1] != "job" {
				found = append(found, m[1]+" has no label "+l[1])
			}
			if l[1] == "status" || l[1] == "le" || !there { // an expression, or a number
				continue
			}
			for _, value := range strings.Split(l[3], "|") {
				if !values[value] {
					found = append(found, fmt.Sprintf("%s has no %s %q", m[1], l[1], value))
				}
			}
		}
	}
	for _, m := range grouping.FindAllStringSubmatch(expr, -1) {
		for _, label := range strings.Split(m[1], ", ") {
			if !slices.Contains(known, label) {
				found = append(found, "grouped by "+label+", which nothing in it has")
			}
		}
	}
	return found
}

var ruleLine = regexp.MustCompile(`(?m)^\s+- (alert|record): (\S+)\n\s+expr: (.+)$`)

// TestDeployedExpressions: the rules and the dashboard ask only for what a server shows.
func TestDeployedExpressions(t *testing.T) {
	t.Parallel()
	all := scraped(t)
	exprs := map[string]string{}
	records := map[string]bool{} // and whether something uses them
	for _, m := range ruleLine.FindAllStringSubmatch(readText(t, rulesPath), -1) {
		exprs[m[1]+" "+m[2]] = m[3]
		if m[1] == "record" {
			records[m[2]] = false
		}
	}
	for _, p := range readDashboard(t).Panels {
		for _, target := range p.Targets {
			exprs[fmt.Sprintf("panel %s, %s", p.Title, target.RefID)] = target.Expr
		}
	}
	if len(exprs) < 80 || len(records) < 10 {
		t.Fatalf("%d expressions and %d records: looking in the wrong place?", len(exprs), len(records))
	}
	for where, expr := range exprs {
		for _, fault := range all.faults(expr) {
			t.Errorf("%s: %s", where, fault)
		}
		for _, name := range recorded.FindAllString(expr, -1) {
			if _, there := records[name]; !there {
				t.Errorf("%s: nothing records %s", where, name)
			}
			records[name] = true
		}
	}
	for name, used := range records {
		if !used {
			t.Errorf("%s is recorded and used nowhere", name)
		}
	}
	for _, wrong := range []string{
		"rate(parley_bookings_totals[5m])", `parley_searches_total{match="unlawful"}`, `parley_ready{kind="x"}`,
		"sum by (tier) (parley_ready)", `parley_problems_total{code=~"overloaded|deadlines"}`,
	} {
		if len(all.faults(wrong)) == 0 {
			t.Errorf("no fault is seen in %s", wrong)
		}
	}
}

// TestRunbooks: each alert is tested quiet and firing, and has a runbook that says what must be said; each
// runbook has an alert.
func TestRunbooks(t *testing.T) {
	t.Parallel()
	rules, tests, doc := readText(t, rulesPath), readText(t, quickTestPath)+readText(t, slowTestPath), readText(t, operations)
	_, runbooks, _ := strings.Cut(doc, "\n## Runbooks\n")
	alerts := map[string]bool{}
	for _, m := range ruleLine.FindAllStringSubmatch(rules, -1) {
		if m[1] != "alert" {
			continue
		}
		name := m[2]
		alerts[name] = true
		_, text, there := strings.Cut(runbooks, "### "+name+"\n")
		text, _, _ = strings.Cut(text, "\n### ")
		for _, part := range []string{"- **Felt:** ", "- **Look:** ", "- **Do:** ", "- **Over:** "} {
			if _, says, ok := strings.Cut(text, part); !there || !ok || len(says) < 10 {
				t.Errorf("the runbook of %s lacks %q", name, part)
			}
		}
		if !strings.Contains(rules, "runbook: docs/operations.md#"+strings.ToLower(name)+"\n") {
			t.Errorf("%s does not name its runbook", name)
		}
		quiet, fires := false, false
		for _, check := range strings.Split(tests, "- alertname: ")[1:] {
			if of, rest, _ := strings.Cut(check, "\n"); of == name {
				empty := strings.Contains(rest, "exp_alerts: []")
				quiet, fires = quiet || empty, fires || !empty
			}
		}
		if !quiet || !fires {
			t.Errorf("%s is tested quiet: %t, firing: %t", name, quiet, fires)
		}
	}
	if len(alerts) < 20 {
		t.Errorf("%d alerts: looking in the wrong place?", len(alerts))
	}
	for _, m := range regexp.MustCompile(`(?m)^### (\S+)$`).FindAllStringSubmatch(runbooks, -1) {
		if !alerts[m[1]] {
			t.Errorf("no alert has the runbook %s", m[1])
		}
	}
}

// TestOperationsTables: the documented metrics and log fields are those of the program.
func TestOperationsTables(t *testing.T) {
	t.Parallel()
	doc := readText(t, operations)
	all := scraped(t)
	documented := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(parley_\\w+)` \\| \\w+ \\| (.*?) \\| .+ \\|$").FindAllStringSubmatch(doc, -1) {
		documented[m[1]] = m[2]
	}
	for name, labels := range all {
		if !strings.HasPrefix(name, "parley_") {
			continue
		}
		var names []string
		for label := range labels {
			if label != "le" {
				names = append(names, "`"+label+"`")
			}
		}
		slices.Sort(names)
		want := "–"
		if len(names) > 0 {
			want = strings.Join(names, ", ")
		}
		if got, there := documented[name]; !there || got != want {
			t.Errorf("%s has the labels %s, documented are %q", name, want, got)
		}
		delete(documented, name)
	}
	for name := range documented {
		t.Errorf("%s is documented and not there", name)
	}
	_, fields, _ := strings.Cut(doc, "\n### Log\n")
	fields, _, _ = strings.Cut(fields, "\n## ")
	listed := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|").FindAllStringSubmatch(fields, -1) {
		listed[m[1]] = true
	}
	if !maps.Equal(listed, logKeys) {
		t.Errorf("documented log fields %v, want %v", slices.Sorted(maps.Keys(listed)), slices.Sorted(maps.Keys(logKeys)))
	}
}

// dashboard is as much of Grafana's model as is checked.
type dashboard struct {
	UID           string           `json:"uid"`
	Title         string           `json:"title"`
	SchemaVersion int              `json:"schemaVersion"`
	Panels        []dashboardPanel `json:"panels"`
}

type dashboardPanel struct {
	ID      int    `json:"id"`
	Type    string `json:"type"`
	Title   string `json:"title"`
	GridPos struct {
		X int `json:"x"`
		Y int `json:"y"`
		W int `json:"w"`
		H int `json:"h"`
	} `json:"gridPos"`
	Datasource struct {
		UID string `json:"uid"`
	} `json:"datasource"`
	Targets []struct {
		RefID string `json:"refId"`
		Expr  string `json:"expr"`
	} `json:"targets"`
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	if err := json.Unmarshal([]byte(readText(t, dashboardPath)), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDashboard: what Grafana needs is there, no panel lies over another, and what offices feel comes first.
func TestDashboard(t *testing.T) {
	t.Parallel()
	d := readDashboard(t)
	if d.UID == "" || d.Title == "" || d.SchemaVersion < 36 {
		t.Errorf("uid %q, title %q, schema %d", d.UID, d.Title, d.SchemaVersion)
	}
	ids, cells := map[int]bool{}, map[[2]int]string{}
	var rows []string
	for i := range d.Panels {
		p := &d.Panels[i]
		if ids[p.ID] || p.Title == "" || p.GridPos.X < 0 || p.GridPos.W < 1 || p.GridPos.H < 1 || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %d, %q: id twice, no title, or outside the grid: %+v", p.ID, p.Title, p.GridPos)
		}
		ids[p.ID] = true
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if other, taken := cells[at]; taken {
					t.Fatalf("%q lies over %q", p.Title, other)
				}
				cells[at] = p.Title
			}
		}
		if p.Type == "row" {
			rows = append(rows, p.Title)
			continue
		}
		if p.Datasource.UID != "${datasource}" || len(p.Targets) == 0 {
			t.Errorf("%q has the data source %q and %d targets", p.Title, p.Datasource.UID, len(p.Targets))
		}
	}
	if len(rows) < 4 || rows[0] != "Now" || !strings.HasPrefix(rows[1], "What offices feel") {
		t.Errorf("rows %q", rows)
	}
	if *deployExprs != "" {
		writeExprs(t, &d)
	}
}

// writeExprs writes the dashboard's expressions as recording rules, with Grafana's variables filled in.
func writeExprs(t *testing.T, d *dashboard) {
	t.Helper()
	filled := strings.NewReplacer("$__rate_interval", "1m", "$instance", ".+")
	var b strings.Builder
	b.WriteString("groups:\n  - name: dashboard\n    rules:\n")
	for i := range d.Panels {
		for _, target := range d.Panels[i].Targets {
			fmt.Fprintf(&b, "      - record: panel_%d_%s\n        expr: '%s'\n", d.Panels[i].ID, target.RefID, filled.Replace(target.Expr))
		}
	}
	if err := os.WriteFile(*deployExprs, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestUnitAllowsItsPorts: the unit lets the program bind what the settings beside it ask for, and no more.
func TestUnitAllowsItsPorts(t *testing.T) {
	t.Parallel()
	ports := func(file, pattern string) []string {
		text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "systemd", file))
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
			out = append(out, m[1])
		}
		slices.Sort(out)
		return out
	}
	asked, allowed := ports("parley.env", `(?m)^PARLEY_\w*LISTEN=.*:(\d+)$`), ports("parley.service", `(?m)^SocketBindAllow=tcp:(\d+)$`)
	if len(asked) < 2 || !slices.Equal(asked, allowed) {
		t.Errorf("the settings ask for %v, the unit allows %v", asked, allowed)
	}
}
