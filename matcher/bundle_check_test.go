package matcher

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// rulesFolder is the shipped folder as it is written, for tests to damage.
func rulesFolder(tb testing.TB) fstest.MapFS {
	tb.Helper()
	names, err := fs.Glob(os.DirFS("rules"), "*.json")
	if err != nil {
		tb.Fatal(err)
	}
	dir := fstest.MapFS{}
	for _, name := range names {
		text, err := os.ReadFile("rules/" + name)
		if err != nil {
			tb.Fatal(err)
		}
		dir[name] = &fstest.MapFile{Data: text}
	}
	return dir
}

// appendRow puts a row, over several lines, at the end of a file, and returns
// the number of its first line.
func appendRow(tb testing.TB, dir fstest.MapFS, name, row string) int {
	tb.Helper()
	text := strings.TrimRight(string(dir[name].Data), " \n")
	head, ok := strings.CutSuffix(text, "]\n}")
	if !ok {
		if head, ok = strings.CutSuffix(text, "]}"); !ok {
			tb.Fatalf("%s does not end as expected", name)
		}
	}
	head = strings.TrimRight(head, " \n") + ",\n"
	dir[name] = &fstest.MapFile{Data: []byte(head + row + "\n]}\n")}
	return 1 + strings.Count(head, "\n")
}

// TestFaultsNameFileAndLine damages the shipped folder in one way each.
func TestFaultsNameFileAndLine(t *testing.T) {
	t.Parallel()
	// f appends a row and expects a fault in the line of it that holds text.
	f := func(name, id, row, text, detail string) {
		t.Helper()
		dir := rulesFolder(t)
		line := appendRow(t, dir, name, row)
		before, _, ok := strings.Cut(row, text)
		if !ok {
			t.Fatalf("%s is not in the row", text)
		}
		line += strings.Count(before, "\n")
		want := fmt.Sprintf("%s:%d: row %s: %s", name, line, id, detail)
		bundle, rs, faults := CheckRules(dir)
		if bundle != nil || rs != nil {
			t.Errorf("%s: accepted", want)
		}
		for i := range faults {
			if faults[i].Error() == want {
				return
			}
		}
		t.Errorf("want %s\ngot %v", want, texts(faults))
	}
	concept := func(id, parent, code string) string {
		return "{\"id\": \"" + id + "\",\n\"label\": \"A field\",\n\"parent\": \"" + parent + "\",\n\"codes\": [\"" + code + "\"]}"
	}
	f("specialties.json", "zz-a", concept("zz-a", "zz-b", "9A0000000X")+",\n"+concept("zz-b", "zz-a", "9B0000000X"),
		`"parent"`, `parent: cycle through "zz-a"`)
	f("specialties.json", "zz-a", concept("zz-a", "zz-lost", "9A0000000X"), `"parent"`, `parent: unknown concept "zz-lost"`)
	f("specialties.json", "zz-a", concept("zz-a", "dermatology", "207X00000X"), `"codes"`, "codes: 207X00000X belongs to concept orthopaedic-surgery already")
	f("specialties.json", "zz-a", concept("zz-a", "dermatology", "nucc"), `"codes"`, `codes: "nucc" is no NUCC code`)

	law := byLine(lawRow)
	f("jurisdictions.json", "law", byLine(patched(t, lawRow, `{"states": ["NV", "ZZ"]}`)), `"ZZ"`, `states: unknown state "ZZ"`)
	f("jurisdictions.json", "law", strings.Replace(law, "tx_ssl_waived", "tx_ssl_gone", 1), "tx_ssl_gone", `waivers.attestation: unmapped code "tx_ssl_gone": no row of attestations has it`)
	f("jurisdictions.json", "law-2", law+",\n"+strings.Replace(law, "{\n\"id\": \"law\"", "{\"id\": \"law-2\"", 1), `"law-2"`,
		"covers the same cases at the same time as row law")
	f("jurisdictions.json", "law", byLine(patched(t, lawRow, `{"enabled": false, "responseClock": {"amount": 2, "from": "request"}}`)),
		`"responseClock"`, "responseClock.unit: missing, want one of "+strings.Join(units, ", "))
	f("jurisdictions.json", "law", byLine(patched(t, lawRow, `{"validFrom": "2025-02-02", "validTo": "2025-02-01"}`)), `"validTo"`, "validTo: before validFrom")
	f("jurisdictions.json", "law", byLine(patched(t, lawRow, `{"beside": ["law-9"]}`)), `"law-9"`, `beside: no row "law-9"`)
	f("jurisdictions.json", "law", byLine(patched(t, lawRow, `{"replaces": ["law"]}`)), `"replaces"`, "replaces: the row names itself")
	f("jurisdictions.json", "law", law+",\n"+strings.Replace(law, "{\n", "{\n\"note\": \"again\", ", 1), `"again"`, "id: used twice")

	pay := byLine(payRow)
	f("payers.json", "pay", strings.Replace(pay, `"when": {}`, `"when": {"programs": ["sleep", "golf"]}`, 1), `"golf"`, `clauses.when.programs: unknown program "golf"`)
	f("payers.json", "pay", strings.Replace(pay, `"effect": "eligible"`, `"effect": "perhaps"`, 1), `"perhaps"`,
		`clauses.effect: unknown "perhaps", want one of `+strings.Join(clauseEffects, ", "))
	f("payers.json", "pay", strings.Replace(pay, `"gridMinutes": 15`, `"gridMinutes": 7`, 1), `"gridMinutes"`, "call.gridMinutes: 7 does not divide 60")
	f("payers.json", "pay-2", pay+",\n"+strings.Replace(pay, "{\n\"id\": \"pay\"", "{\"id\": \"pay-2\"", 1), `"pay-2"`, "governs the same cases at the same time as row pay")
}

// byLine writes each member of a row on a line of its own, by breaking it at the commas.
func byLine(row string) string {
	return strings.ReplaceAll(strings.Replace(row, "{", "{\n", 1), `, "`, ",\n\"")
}

func texts(faults []RuleError) string {
	var b strings.Builder
	for i := range faults {
		b.WriteString("\n" + faults[i].Error())
	}
	return b.String()
}

// TestBadFilesNameTheirLine damages files as files.
func TestBadFilesNameTheirLine(t *testing.T) {
	t.Parallel()
	f := func(name, text string, wants ...string) {
		t.Helper()
		dir := rulesFolder(t)
		if text == "" {
			delete(dir, name)
		} else {
			dir[name] = &fstest.MapFile{Data: []byte(text)}
		}
		_, rs, faults := CheckRules(dir)
		if rs != nil || len(faults) == 0 {
			t.Errorf("%s %.40q: accepted", name, text)
		}
		for _, want := range wants {
			if !strings.Contains(texts(faults)+"\n", "\n"+want) {
				t.Errorf("want %q, got %s", want, texts(faults))
			}
		}
	}
	f("payers.json", "", "payers.json: missing")
	f("notes.json", "{}", "notes.json: no rule file")
	f("labels.json", "{\n\"version\": 1,\n\"rows\": [\n{\"id\": \"level/initial\"\n\"label\": 7}]}", "labels.json:5: ")
	f("labels.json", "{\n\"version\": 1,\n\"version\": 2}", "labels.json:3: member /version occurs twice")
	f("labels.json", "{\n\"version\": 1,\n\"rows\": [\n{\"id\": \"level/initial\",\n\"label\": 7}]}",
		"labels.json:5: row level/initial: /label: ", "labels.json:1: row level/appeal: missing")
	f("labels.json", "{\n\"version\": 0,\n\"rows\": [\n\n{\"label\": \"x\"}]}", "labels.json:2: version: 0", "labels.json:5: rows[0]: id: missing")
	f("labels.json", "{\n\"version\": 1,\n\"rows\": [],\n\"colour\": 1}", "labels.json:4: /colour: ")
	f("labels.json", "", "labels.json: missing")
	f("labels.json", "[", "labels.json:1: ")
}

// TestOptionalFiles: a folder from before a section was added still compiles.
func TestOptionalFiles(t *testing.T) {
	t.Parallel()
	for _, section := range optionalSections {
		dir := rulesFolder(t)
		delete(dir, section+".json")
		_, _, faults := CheckRules(dir)
		for i := range faults { // rows may ask for what the section says
			if faults[i].Section == section {
				t.Errorf("without %s: %v", section, &faults[i])
			}
		}
	}
}

// TestCheckRulesAgrees compares CheckRules on a good folder with the two steps it joins.
func TestCheckRulesAgrees(t *testing.T) {
	t.Parallel()
	bundle, rs, faults := CheckRules(os.DirFS("rules"))
	if len(faults) > 0 {
		t.Fatal(texts(faults))
	}
	want, err := EmbeddedRules()
	if err != nil {
		t.Fatal(err)
	}
	if string(bundle) != string(want) || rs.Version() != shipped(t).Version() {
		t.Errorf("another bundle than the embedded one: %s", rs.Version())
	}
}

// TestBundleFaultsHavePointers: a bundle has no lines, so its faults point into it.
func TestBundleFaultsHavePointers(t *testing.T) {
	t.Parallel()
	row := patched(t, lawRow, `{"states": ["NV", "ZZ"]}`)
	bundle := withRows(t, "jurisdictions", row)
	n := len(rowsOf[struct{}](t, "jurisdictions"))
	rs, faults := CheckBundle(bundle)
	want := fmt.Sprintf("/jurisdictions/rows/%d/states/1", n)
	if rs != nil || len(faults) != 1 || faults[0].Pointer != want || faults[0].File != "" || faults[0].Line != 0 {
		t.Errorf("want a fault at %s, got %+v", want, faults)
	}
	if _, faults := CheckBundle([]byte(`{"payers": [`)); len(faults) != 1 || faults[0].Pointer != "" {
		t.Errorf("a torn bundle: %+v", faults)
	}
	if _, faults := CheckBundle([]byte(`{"payers": 1}`)); len(faults) == 0 {
		t.Error("a bundle without sections was accepted")
	}
	if rs, faults := CheckBundle(withRows(t, "jurisdictions", lawRow)); rs == nil || len(faults) > 0 {
		t.Errorf("a good bundle: %+v", faults)
	}
}
