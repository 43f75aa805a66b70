package matcher

import "testing"

// TestClinicians reads credentials as people write them.
func TestClinicians(t *testing.T) {
	t.Parallel()
	f := func(want bool, credentials ...string) {
		t.Helper()
		for _, c := range credentials {
			if IsClinician(c) != want {
				t.Errorf("IsClinician(%q) = %v", c, !want)
			}
		}
	}
	f(true, "MD", "M.D.", "md", "PA-C", "DO, FACOS", "MD PhD", "Pharm.D.", "RN/BSN", "DPT")
	f(false, "", "Office manager", "PhD", "MBA", "scheduler", "Mdx", ".", "-")
}
