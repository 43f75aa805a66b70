package matcher

import "testing"

func TestWhoMaySpeak(t *testing.T) {
	t.Parallel()
	f := func(s SpeakerRule, want bool, credentials ...string) {
		t.Helper()
		for _, c := range credentials {
			if got := s.Accepts(c); got != want {
				t.Errorf("%+v accepts %q: %t", s, c, got)
			}
		}
	}
	f(SpeakerRule{Who: "anyone"}, true, "", "Office manager", "MD")
	clinician := SpeakerRule{Who: "clinician"}
	f(clinician, true, "MD", "m.d.", "DO, FACOS", "PA-C", "R.N.", "APRN", "PharmD", "LCSW", "MBA; RN")
	f(clinician, false, "", "MBA", "MDX", "Doctor", "MA")
	listed := SpeakerRule{Who: "credentials", Credentials: []string{"PA"}}
	f(listed, true, "PA", "PA-C", "pa")
	f(listed, false, "MD", "PharmD", "")
	listed.Doctorates = true
	f(listed, true, "PA", "MD", "D.O.", "PharmD", "PhD", "Ph.D.", "DNP, RN", "Psy.D.")
	f(listed, false, "RN", "NP", "MS", "")
	for _, c := range clinicians {
		if !IsClinician(c) {
			t.Errorf("%s is no clinician", c)
		}
	}
}
