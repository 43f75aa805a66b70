package engine

import (
	"testing"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// TestMissed lists what counts as a miss.
func TestMissed(t *testing.T) {
	t.Parallel()
	const at = testNow
	window := slots.Interval{Start: at, End: at + 900}
	slot := &Appointment{Span: window}
	callback := &Appointment{
		Span:    slots.Interval{Start: at + 3600, End: at + 4500},
		Windows: []slots.Interval{window, {Start: at + 3600, End: at + 7200}},
	}
	inside := &matcher.AttemptRule{Maximum: 2, Counts: "windows"}
	anyTime := &matcher.AttemptRule{Maximum: 2, Counts: countsAnyTime}
	terms := func(rules ...matcher.SpeakerRule) (all []matcher.Eligibility) {
		for _, r := range rules {
			all = append(all, matcher.Eligibility{Speaker: r})
		}
		return all
	}
	everybody := terms(matcher.SpeakerRule{Who: "anyone"})
	clinicians := terms(matcher.SpeakerRule{Who: "anyone"}, matcher.SpeakerRule{Who: "clinician"})
	doctors := terms(matcher.SpeakerRule{Who: "credentials", Credentials: []string{"MD", "DO"}})
	f := func(want bool, a *Appointment, rule *matcher.AttemptRule, who []matcher.Eligibility, offset slots.Instant, direction, result, role string) {
		t.Helper()
		try := &Attempt{At: at + offset, Direction: direction, Result: result, SpokeWithRole: role}
		if got := missed(a, try, rule, who); got != want {
			t.Errorf("%+v: missed %v", try, got)
		}
	}
	f(true, slot, inside, everybody, 0, "outbound", "voicemail", "")
	f(true, slot, inside, everybody, 899, "outbound", "no_answer", "")
	f(true, slot, inside, everybody, 5, "outbound", "message_with_person", "nurse")
	f(false, slot, inside, everybody, -1, "outbound", "voicemail", "")
	f(false, slot, inside, everybody, 900, "outbound", "voicemail", "")
	f(true, slot, anyTime, everybody, 900, "outbound", "voicemail", "")
	f(false, slot, anyTime, everybody, 0, "inbound", "voicemail", "")

	// Windows take the place of the call's own time, wherever in them it is.
	f(true, callback, inside, everybody, 0, "outbound", "no_answer", "")
	f(true, callback, inside, everybody, 7199, "outbound", "no_answer", "")
	f(false, callback, inside, everybody, 1800, "outbound", "no_answer", "")
	f(false, callback, inside, everybody, 7200, "outbound", "no_answer", "")

	// Who was reached must be somebody who may speak about every case.
	for _, role := range spokeWithRoles {
		f(false, slot, inside, everybody, 0, "outbound", "reached", role)
		f(role == "medical_assistant" || role == "other", slot, inside, clinicians, 0, "outbound", "reached", role)
		f(role != "provider" && role != "associate_physician", slot, inside, doctors, 0, "outbound", "reached", role)
	}
	f(false, slot, inside, doctors, 0, "outbound", "reached", "")
}

// TestStrictest picks the rule on attempts of several cases.
func TestStrictest(t *testing.T) {
	t.Parallel()
	rule := func(name string, maximum int) matcher.Eligibility {
		return matcher.Eligibility{Attempts: &matcher.AttemptRule{Rule: name, Maximum: maximum}}
	}
	none := matcher.Eligibility{}
	f := func(want string, terms ...matcher.Eligibility) {
		t.Helper()
		got := ""
		if r := strictest(terms); r != nil {
			got = r.Rule
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f("")
	f("", none, none)
	f("b", none, rule("b", 3))
	f("b", rule("a", 3), rule("b", 2), none)
	f("a", rule("b", 2), rule("a", 2), rule("c", 3))
}
