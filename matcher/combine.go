package matcher

import "slices"

// Combinable reports whether cases may share one call, in whatever mode: distinct,
// 1 to MaxCases, of one tenant and one health plan, all eligible, with a mode that is
// open to all. Nil means yes. A case that is not eligible is refused as such, before
// all else that concerns it.
func Combinable(v *View, cases []*Case) *Refusal {
	if len(cases) > MaxCases { // before all work
		return &Refusal{Code: "cases_not_combinable"}
	}
	rules := new(Searcher).rulesOf(v, &Query{Cases: cases})
	_, refusal := combine(nil, rules)
	return refusal
}

// combinable is Combinable for a call in one mode. It appends the modes that are open
// to all cases to common.
func combinable(common []string, rules []*caseRules, mode string) ([]string, *Refusal) {
	common, refusal := combine(common, rules)
	if refusal != nil || slices.Contains(common, mode) {
		return common, refusal
	}
	i := slices.IndexFunc(rules, func(cr *caseRules) bool { return !slices.Contains(cr.eligibility.Modes, mode) })
	return nil, &Refusal{Code: "mode_not_available", CaseID: rules[i].c.ID, Rule: rules[i].payer.ID + "/modes"}
}

// combine appends the modes that are open to all cases to common, which is empty.
func combine(common []string, rules []*caseRules) ([]string, *Refusal) {
	if len(rules) == 0 || len(rules) > MaxCases {
		return nil, &Refusal{Code: "cases_not_combinable"}
	}
	for i, cr := range rules {
		for _, other := range rules[:i] {
			if other.c.ID == cr.c.ID || other.c.Tenant != cr.c.Tenant || other.c.HealthPlan != cr.c.HealthPlan {
				return nil, &Refusal{Code: "cases_not_combinable", CaseID: cr.c.ID}
			}
		}
	}
	for _, cr := range rules {
		if cr.eligibility.Status == NotEligible {
			return nil, &Refusal{Code: "not_eligible", CaseID: cr.c.ID, Reasons: cr.eligibility.Reasons}
		}
	}
	common = append(common, rules[0].eligibility.Modes...)
	for _, cr := range rules {
		common = slices.DeleteFunc(common, func(mode string) bool { return !slices.Contains(cr.eligibility.Modes, mode) })
		if len(common) == 0 {
			return nil, &Refusal{Code: "cases_not_combinable", CaseID: cr.c.ID}
		}
	}
	return common, nil
}
