package matcher

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/go-json-experiment/json"
)

// shipped compiles the embedded rules.
func shipped(tb testing.TB) *Ruleset {
	tb.Helper()
	b, err := EmbeddedRules()
	if err != nil {
		tb.Fatal(err)
	}
	rs, err := CompileRules(b)
	if err != nil {
		tb.Fatal(err)
	}
	return rs
}

// rowsOf decodes the rows of a shipped section.
func rowsOf[T any](tb testing.TB, name string) (rows []T) {
	tb.Helper()
	editBundle(tb, func(sections map[string]*section) {
		for _, raw := range sections[name].Rows {
			var row T
			if err := json.Unmarshal(raw, &row); err != nil {
				tb.Fatal(err)
			}
			rows = append(rows, row)
		}
	})
	return rows
}

// TestShippedRows: every row is whole, what is not verified is off, and what is
// off or from memory says why.
func TestShippedRows(t *testing.T) {
	t.Parallel()
	notes := map[string]string{}
	for _, row := range rowsOf[struct {
		ID   string `json:"id"`
		Note string `json:"note"`
	}](t, "jurisdictions") {
		notes[row.ID] = row.Note
	}
	var applied []string
	for _, row := range shipped(t).Rows() {
		memory := strings.HasSuffix(row.ID, "-unverified")
		switch {
		case row.Title == "" || row.Source == "":
			t.Errorf("row %+v is not whole", row)
		case row.Verified == memory:
			t.Errorf("row %s: verified %t", row.ID, row.Verified)
		case row.Verified && !row.Enabled:
			t.Errorf("row %s: verified and off", row.ID)
		case memory && row.Enabled:
			t.Errorf("row %s: rests on memory and is enabled", row.ID)
		case !row.Applied && notes[row.ID] == "":
			t.Errorf("row %s: off without a note", row.ID)
		}
		if row.Applied {
			applied = append(applied, row.ID)
		}
	}
	want := "ar-commercial cfr-422-566 cfr-422-590 cms-0057-decision-clock ga-decision-clock il-commercial in-commercial ky-commercial la-commercial mo-commercial ms-commercial " +
		"ncqa-um-appeal ne-appeal ne-commercial nj-appeal nj-commercial oh-appeal oh-decision-clock ok-appeal qio-peer-review tn-appeal tn-commercial " +
		"tx-appeal tx-commercial tx-hmo-ppo-hours tx-medicaid tx-specialty-agent tx-workers-comp-certification urac-um va-commercial va-reconsideration-peer " +
		"asuris asuris-medicare-advantage claims-eval default evolent-ad-hoc evolent-callback evolent-medicare-ad-hoc " +
		"evolent-medicare-callback hne magellan-ad-hoc magellan-callback"
	if got := strings.Join(applied, " "); got != want {
		t.Errorf("applied rows\n%s, want\n%s", got, want)
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	rs := shipped(t)
	f := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f(rs.ProgramLabel("msk-spine-surgery"), "MSK Spine Surgery")
	f(rs.ProgramLabel("unheard-of"), "unheard-of")
	f(rs.LevelLabel("initial"), "Initial P2P")
	f(rs.LevelLabel("reconsideration"), "Reconsideration P2P")
	f(rs.LevelLabel("appeal"), "Appeal P2P")
	f(rs.HealthPlanLabel("hne"), "Health New England")
	f(rs.HealthPlanLabel("acme"), "acme")
	for _, code := range []string{"tx_ssl_waived", "tx_ssl_specialty_waived", "oh_member_consent", "appeal_level_of_review"} {
		if text, version, ok := rs.AttestationText(code); !ok || version != 1 || text == "" {
			t.Errorf("%s: %q, version %d, %t", code, text, version, ok)
		}
	}
	if _, _, ok := rs.AttestationText("none_such"); ok {
		t.Error("an attestation that nobody wrote has a text")
	}
}

// TestVersionNamesTheCanonicalBundle: spacing and the order of members do not count, content does.
func TestVersionNamesTheCanonicalBundle(t *testing.T) {
	t.Parallel()
	b, err := EmbeddedRules()
	if err != nil {
		t.Fatal(err)
	}
	rs := shipped(t)
	if again, _ := EmbeddedRules(); !bytes.Equal(b, again) {
		t.Error("two bundles of the same files differ")
	}
	if v := rs.Version(); len(v) != len("rules-")+12 || !strings.HasPrefix(v, "rules-") {
		t.Errorf("version %q", v)
	}
	spaced := bytes.ReplaceAll(b, []byte(`,"`), []byte(",\n \""))
	if other, err := CompileRules(spaced); err != nil || other.Version() != rs.Version() {
		t.Errorf("spacing changes the version: %v", err)
	}
	edited := bytes.Replace(b, []byte("MSK Spine Surgery"), []byte("Spine Surgery"), 1)
	if other, err := CompileRules(edited); err != nil || other.Version() == rs.Version() {
		t.Errorf("an edit keeps the version: %v", err)
	}
}

func TestBundleRules(t *testing.T) {
	t.Parallel()
	files := func(edit func(fstest.MapFS)) fstest.MapFS {
		dir := fstest.MapFS{"README.md": {Data: []byte("not a rule")}}
		for _, name := range sections {
			dir[name+".json"] = &fstest.MapFile{Data: []byte(`{"version": 1, "rows": []}`)}
		}
		edit(dir)
		return dir
	}
	f := func(edit func(fstest.MapFS), want string) {
		t.Helper()
		_, err := BundleRules(files(edit))
		switch {
		case want == "" && err != nil:
			t.Errorf("refused: %v", err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("error %v, want %q", err, want)
		}
	}
	f(func(fstest.MapFS) {}, "")
	f(func(dir fstest.MapFS) { delete(dir, "payers.json") }, "payers.json")
	f(func(dir fstest.MapFS) { dir["payer.json"] = &fstest.MapFile{Data: []byte("{}")} }, "payer.json is no rule file")
	f(func(dir fstest.MapFS) { dir["states.json"].Data = []byte(`{"rows": [], "rows": []}`) }, "states.json")
	f(func(dir fstest.MapFS) { dir["states.json"].Data = []byte(`{"rows": []} x`) }, "states.json")
	f(func(dir fstest.MapFS) { dir["states.json"].Data = []byte(`{`) }, "states.json")
}
