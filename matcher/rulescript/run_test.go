package rulescript_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/matcher/rulescript"
)

func shipped(tb testing.TB) *matcher.Ruleset {
	tb.Helper()
	b, err := matcher.EmbeddedRules()
	if err != nil {
		tb.Fatal(err)
	}
	rs, err := matcher.CompileRules(b)
	if err != nil {
		tb.Fatal(err)
	}
	return rs
}

const script = `# Texas asks for a Texas licence.
case plan=hne \
     requesting=(MD, 207X00000X)
----

match license=TX specialty=207X00000X
----
full, relation same_subspecialty (hne, tx-commercial)

match license=OK specialty=207X00000X
----
nothing
at all

eligible
----
`

// TestRun: agreement is silent, a difference is shown, and a rewritten script agrees.
func TestRun(t *testing.T) {
	t.Parallel()
	rs := shipped(t)
	got, err := rulescript.Run(rs, script)
	if err != nil || got.Steps != 4 || len(got.Failures) != 2 {
		t.Fatalf("%v, %+v", err, got)
	}
	f := got.Failures[0]
	if f.Line != 10 || f.Command != "match" || f.Want != "nothing\nat all\n" ||
		f.Got != "license_waived, relation same_subspecialty, unmet license, needs tx_ssl_waived (hne, tx-commercial)\n" {
		t.Errorf("failure: %+v", f)
	}
	if got.Failures[1].Line != 15 || !strings.HasPrefix(got.Failures[1].Got, "eligible by slot\n  because reconsideration_open (hne/reconsideration)\n") {
		t.Errorf("failure: %+v", got.Failures[1])
	}
	again, err := rulescript.Run(rs, got.Rewritten)
	if err != nil || len(again.Failures) > 0 || again.Rewritten != got.Rewritten {
		t.Errorf("rewritten: %v, %+v\n%s", err, again.Failures, got.Rewritten)
	}
	if right, _, _ := strings.Cut(script, "nothing"); !strings.HasPrefix(got.Rewritten, right) {
		t.Errorf("rewritten what was right:\n%s", got.Rewritten)
	}
}

// TestFacts reaches every key once.
func TestFacts(t *testing.T) {
	t.Parallel()
	rs := shipped(t)
	f := func(want string, steps ...string) {
		t.Helper()
		got, err := rulescript.Run(rs, strings.Join(steps, "\n----\n\n")+"\n----\n")
		if err != nil {
			t.Fatal(err)
		}
		last := got.Failures[len(got.Failures)-1].Got
		if !strings.Contains(last, want) {
			t.Errorf("%v\nprints\n%swant %s", steps, last, want)
		}
	}
	const plain = "case plan=hne line=self_funded situs=MA member=MA"
	f("not_eligible\n  because case_approved", plain+" status=approved", "eligible")
	f("consultative_only", plain+" final", "eligible")
	f("because options_exhausted", plain+" reconsideration=closed", "eligible")
	f("because not_delegated", plain+" not-delegated", "eligible")
	f("change until 2026-11-24T14:59:59Z", plain+" status=pending due=2026-11-24T09:00:00-06:00", "eligible")
	f("attestation appeal_level_of_review v1 mandatory=true", plain+" level=appeal", "eligible")
	f("skilled, relation none", plain+" requesting=nobody", "match")
	f("full, relation same_subspecialty", plain+" requesting=(NP, 363L00000X) service=207XS0117X", "match specialty=207XS0117X")
	f("similar, relation similar, unmet specialty_match", plain+" specialty-match", "match specialty=207T00000X")
	f("never offered: credential (hne/credential)", plain, "match credential=PharmD")
	f("never offered: program", plain, "match programs=sleep")
	f("skilled", plain, "match populations=(adult, pediatric)")
	f("never offered: health_plan", plain, "match plans=asuris")
	f("never offered: modality", plain+" modality=mri", "match modalities=ct")
	f("never offered: active", plain, "match inactive")
	f("not offered: off_grid", plain, "match at=2026-11-24T09:07:00Z")
	f("not offered: beyond_horizon", plain, "match at=2027-11-24T09:00:00Z")
	f("refused: not_eligible\n  because case_withdrawn", plain+" status=withdrawn", "match")
	f("license_waived", "case plan=hne", "match specialty=207XS0117X license=TX:full:active:2019-01-01:2026-11-20")
	f("full", "case plan=hne", "match specialty=207XS0117X license=(OK, TX:full)")
	for _, fact := range []string{
		"asked=2026-11-20T09:00:00Z", "requested-at=2026-11-20T09:00:00Z", "until=2026-11-20T09:00:00Z", "decided=2026-11-20T09:00:00Z",
		"appealed=2026-11-20T09:00:00Z", "discharged=2026-11-20T09:00:00Z", "submitted=2026-11-20T09:00:00Z",
		"complete=2026-11-20T09:00:00Z", "now=2026-11-20T09:00:00Z", "letter=2026-11-20", "performed=2026-11-20", "reason=benefit", "decider=r",
		"drug=retail", "involved=(a, b)", "codes=(72148)", "no-letter", "expedited", "ordering=(MD, 207X00000X)", "rendering=nobody", "phase=concurrent",
	} {
		f("eligible", plain+" "+fact, "eligible")
	}
	f("call of 15 minutes", plain+" held=1 stage=0", "eligible how")
	f("dialled by reviewer, at least 2 windows", "case plan=asuris situs=WA member=WA letter=2026-11-20", "eligible how")
	f("attempts 2 counted in windows", "case plan=asuris situs=WA member=WA letter=2026-11-20", "eligible how")
	f("full, relation same", "case plan=asuris situs=WA member=WA letter=2026-11-20", "match specialty=207XS0117X")
	f("speaker clinician (evolent", "case plan=evolent program=msk", "eligible how")
	f("skilled", plain, "match certified=(207X00000X, 208600000X:2015-01-01:2026-12-31) experience=(207X00000X, 208600000X:2024-06-30)")
	f("error: certified: ", plain, "match certified=207X00000X:soon")
	f("error: experience: ", plain, "match experience=207X00000X:soon")
	f("error: held: ", "case held=many")
	f("error: speed: unknown fact", "case speed=1")
	f("error: now: ", "case now=noon")
	f("error: requesting: takes a credential and a specialty", "case requesting=MD")
	f("error: final: takes no value", "case final=yes")
	f("error: plan: takes one value", "case plan=(a, b)")
	f("error: speed: unknown fact of a reviewer", plain, "match speed=1")
	f("error: license: ", plain, "match license=TX:full:active:soon")
	f("error: at: ", plain, "match at=soon")
	f("error: unknown command dance", "dance")
	f("error: x: eligible takes only how", "eligible x=1")
}

// TestNoScript: what is no script is refused with its line.
func TestNoScript(t *testing.T) {
	t.Parallel()
	rs := shipped(t)
	f := func(text, want string) {
		t.Helper()
		if _, err := rulescript.Run(rs, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	f("# a\ncase\n", "line 2: a line of four hyphens")
	f("case\neligible\n", "line 2: a line of four hyphens")
	f("case plan=(a, b\n----\n", "line 1: plan: a parenthesis is not closed")
	f("case =1\n----\n", "line 1: a value without a key")
	f("case \\\n", "line 1: the command does not end")
	f(strings.Repeat(" ", rulescript.MaxScriptBytes+1), "bytes, at most")
	f(strings.Repeat("case\n----\n\n", 10_001), "more than 10000 steps")
}

// TestShippedExamples plays what is shipped beside the rules.
func TestShippedExamples(t *testing.T) {
	t.Parallel()
	rs := shipped(t)
	names, err := fs.Glob(matcher.EmbeddedFiles(), "examples/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d examples: %v", len(names), err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(matcher.EmbeddedFiles(), name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := rulescript.Run(rs, string(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, f := range got.Failures {
			t.Errorf("%s:%d: %s\nwant\n%sgot\n%s", name, f.Line, f.Command, f.Want, f.Got)
		}
	}
}

// FuzzRun: whatever the text, rewriting makes a script that agrees with itself.
func FuzzRun(f *testing.F) {
	rs := shipped(f)
	f.Add(script)
	f.Add("case\n----")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := rulescript.Run(rs, text)
		if err != nil {
			return
		}
		again, err := rulescript.Run(rs, got.Rewritten)
		if err != nil || len(again.Failures) > 0 || again.Steps != got.Steps {
			t.Errorf("%q was rewritten to %q: %v, %+v", text, got.Rewritten, err, again)
		}
	})
}
