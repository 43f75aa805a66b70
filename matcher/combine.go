package matcher

import "slices"

// combinable reports whether cases may share one call: distinct, at most MaxCases, one health plan,
// a common mode; at least a slot mode. A nil Refusal means yes. A case that is
// not eligible is refused as such, before all else that concerns it.
func combinable(rules []*caseRules) *Refusal {
	if len(rules) == 0 || len(rules) > MaxCases {
		return &Refusal{Code: "cases_not_combinable"}
	}
	for i, cr := range rules {
		for _, other := range rules[:i] {
			if other.c.ID == cr.c.ID || other.c.Tenant != cr.c.Tenant || other.c.HealthPlan != cr.c.HealthPlan {
				return &Refusal{Code: "cases_not_combinable", CaseID: cr.c.ID}
			}
		}
	}
	for _, cr := range rules {
		if cr.eligibility.Status == NotEligible {
			return &Refusal{Code: "not_eligible", CaseID: cr.c.ID, Reasons: cr.eligibility.Reasons}
		}
	}
	common := slices.Clone(rules[0].eligibility.Modes)
	for _, cr := range rules {
		common = slices.DeleteFunc(common, func(mode string) bool { return !slices.Contains(cr.eligibility.Modes, mode) })
		if len(common) == 0 {
			return &Refusal{Code: "cases_not_combinable", CaseID: cr.c.ID}
		}
	}
	if !slices.Contains(common, "slot") {
		return &Refusal{Code: "mode_not_available"}
	}
	return nil
}
