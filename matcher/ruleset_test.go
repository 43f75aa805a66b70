package matcher

import (
	"testing"
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

func TestShippedRulesCompile(t *testing.T) {
	t.Parallel()
	rs := shipped(t)
	for _, row := range rs.Rows() {
		if !row.Applied {
			t.Errorf("row %s is not applied", row.ID)
		}
	}
	if got := rs.ProgramLabel("msk-spine-surgery"); got != "MSK Spine Surgery" {
		t.Errorf("label %q", got)
	}
	if got := rs.LevelLabel("reconsideration"); got != "Reconsideration P2P" {
		t.Errorf("label %q", got)
	}
}
