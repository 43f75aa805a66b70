package engine

import (
	"cmp"
	"slices"
	"time"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// twinVerdict is what the rows say of a reviewer at one instant.
type twinVerdict struct {
	tier         matcher.Tier
	unmet, codes []string // sorted
}

func twinDoctor(credential string) bool { return credential == "MD" || credential == "DO" }

func (k *twinCase) persons(roles []string) (list []matcher.Provider) {
	for _, role := range roles {
		p := map[string]matcher.Provider{"requesting": k.c.Requesting, "ordering": k.c.Ordering, "rendering": k.c.Rendering}[role]
		if p.Present {
			list = append(list, p)
		}
	}
	return list
}

// counts reports whether a part asks anything of this case.
func (k *twinCase) counts(n *twinNode) bool {
	if n == nil {
		return false
	}
	if w := n.When; w != nil {
		doctor, listed := false, len(w.Credentials) == 0
		for _, p := range k.persons(w.Roles) {
			doctor = doctor || twinDoctor(p.Credential)
			listed = listed || slices.Contains(w.Credentials, p.Credential)
		}
		if w.Requested == "specialty_match" && !k.match || !listed ||
			w.Profession == "physician" && !doctor || w.Profession == "non_physician" && doctor {
			return false
		}
	}
	if n.All == nil && n.Any == nil {
		return true
	}
	return slices.ContainsFunc(n.All, k.counts) || slices.ContainsFunc(n.Any, k.counts)
}

func (k *twinCase) asksSpecialty(n *twinNode) bool {
	if !k.counts(n) {
		return false
	}
	return n.Specialty != nil || slices.ContainsFunc(n.All, k.asksSpecialty) || slices.ContainsFunc(n.Any, k.asksSpecialty)
}

// closeness of two codes: 0 unrelated, 1 similar, 2 the same specialty, 3 the same subspecialty.
func (k *twinCase) closeness(x, y string) int {
	a, known := k.concepts[x]
	b, both := k.concepts[y]
	switch {
	case !known || !both || a.Comparable != nil && !*a.Comparable || b.Comparable != nil && !*b.Comparable:
		return 0
	case a.ID == b.ID:
		return 3
	case a.Parent == b.ID || b.Parent == a.ID:
		return 2
	}
	for _, set := range k.similar {
		if !slices.Contains(set.ServiceLines, k.lines[k.c.Program]) {
			continue
		}
		found := 0
		for _, m := range set.Members {
			if (m.Concept == a.ID || m.Concept == b.ID) && covers(m.Populations, k.c.Population) {
				found++
			}
		}
		if found == 2 {
			return 1
		}
	}
	return 0
}

func (k *twinCase) closest(anchors, codes []string) (best int) {
	for _, a := range anchors {
		for _, code := range codes {
			best = max(best, k.closeness(a, code))
		}
	}
	return best
}

func (k *twinCase) anchors(n *twinNode) (codes []string) {
	a := &n.Specialty.Anchor
	for _, p := range k.persons(a.Roles) {
		if a.Profession == "any" || (a.Profession == "physician") == twinDoctor(p.Credential) {
			codes = append(codes, p.Specialty)
		}
	}
	switch a.Of {
	case "service", "either":
		codes = append(codes, k.c.ServiceSpecialty)
	case "requester":
	default:
		panic("anchor " + a.Of)
	}
	return codes
}

// lacks lists what a reviewer leaves unmet of a part, each once. best is the
// closest relation to any specialty that was asked for on the way.
func (k *twinCase) lacks(n *twinNode, state string, r *matcher.Reviewer, at slots.Instant, best *int) (unmet []string) {
	switch {
	case n.All != nil:
		for _, child := range n.All {
			if k.counts(child) {
				unmet = append(unmet, k.lacks(child, state, r, at, best)...)
			}
		}
	case n.Any != nil:
		first := true
		for _, child := range n.Any {
			if !k.counts(child) {
				continue
			}
			if other := k.lacks(child, state, r, at, best); first || len(other) < len(unmet) {
				unmet, first = other, false
			}
		}
	default:
		if need, met := k.leaf(n, state, r, at, best); !met {
			unmet = []string{need}
		}
	}
	slices.Sort(unmet)
	return slices.Compact(unmet)
}

func (k *twinCase) leaf(n *twinNode, state string, r *matcher.Reviewer, at slots.Instant, best *int) (need string, met bool) {
	decider := k.c.Determination.ReviewerID
	zone := cmp.Or(k.zones[state], time.UTC)
	switch {
	case n.License != nil:
		return "license", k.licensed(n, state, r, at)
	case n.Specialty != nil:
		got := k.closest(k.anchors(n), r.Specialties)
		*best = max(*best, got)
		return "specialty", got >= map[string]int{"similar": 1, "same": 2, "same_subspecialty": 3}[n.Specialty.Relation]
	case n.Credential != nil:
		return "credential", slices.Contains(n.Credential.In, r.Credential)
	case n.Population == "member":
		return "population", slices.Contains(r.Populations, k.c.Population)
	case n.Identity == "original_required":
		return "identity", r.ID == decider
	case n.Identity == "original_preferred":
		return "identity", !k.alone || r.ID == decider
	case n.Identity == "involved_barred":
		return "identity", r.ID != decider && !slices.Contains(k.c.InvolvedReviewerIDs, r.ID)
	case n.BoardCertification != nil && n.BoardCertification.Kind == "certified":
		return "board_certification", slices.ContainsFunc(r.BoardCertifications, func(b matcher.Certification) bool {
			day := localDay(at, zone)
			return b.From.String() <= day && (b.To == 0 || day <= b.To.String()) && k.closeness(k.c.ServiceSpecialty, b.Specialty) > 0
		})
	case n.Experience != nil:
		return "experience", slices.ContainsFunc(r.Experience, func(e matcher.Experience) bool {
			since := time.Unix(int64(at), 0).In(zone).AddDate(-n.Experience.RecentYears, 0, 0).Format(time.DateOnly)
			recent := n.Experience.RecentYears == 0 || e.Until == 0 || e.Until.String() >= since
			return recent && k.closeness(k.c.ServiceSpecialty, e.Specialty) > 0
		})
	}
	panic("the twin cannot read a requirement")
}

// licensed: on the local day of the start where the licence was given.
func (k *twinCase) licensed(n *twinNode, state string, r *matcher.Reviewer, at slots.Instant) bool {
	for _, l := range r.Licenses {
		zone := k.zones[l.State]
		if zone == nil || n.License.State == "row" && l.State != state {
			continue
		}
		day := localDay(at, zone)
		if l.Status == "active" && l.From.String() <= day && day <= l.To.String() && !slices.Contains(n.License.ExcludeTypes, l.Type) {
			return true
		}
	}
	return false
}

// general is what every reviewer must be, whatever the rows say.
func (k *twinCase) general(r *matcher.Reviewer) (unmet []string) {
	c := k.c
	if !r.Active {
		unmet = append(unmet, "active")
	}
	if !slices.Contains(r.Programs, c.Program) {
		unmet = append(unmet, "program")
	}
	if !covers(r.HealthPlans, c.HealthPlan) {
		unmet = append(unmet, "health_plan")
	}
	if c.Modality != "" && !covers(r.Modalities, c.Modality) {
		unmet = append(unmet, "modality")
	}
	if k.stage != "" && !slices.Contains(k.takes, r.Credential) {
		unmet = append(unmet, "credential")
	}
	return unmet
}

// verdict conjoins the rows.
func (k *twinCase) verdict(r *matcher.Reviewer, at slots.Instant) twinVerdict {
	v := twinVerdict{unmet: k.general(r)}
	barred, relation := len(v.unmet) > 0, 3
	if !k.specialties {
		anchor := k.c.ServiceSpecialty
		if p := k.c.Requesting; p.Present && twinDoctor(p.Credential) {
			anchor = p.Specialty
		}
		relation = k.closest([]string{anchor}, r.Specialties)
	}
	var waived []string
	for _, row := range append([]*twinLaw{{tree: k.payer.tree}}, k.laws...) {
		if !k.counts(row.tree) {
			continue
		}
		state, best := "", 0
		if row.Kind == "state" {
			state = k.state(row)
		}
		lack := k.lacks(row.tree, state, r, at, &best)
		if k.asksSpecialty(row.tree) {
			relation = min(relation, best)
		}
		v.unmet = append(v.unmet, lack...)
		excused := len(lack) == 0
		for _, waiver := range row.waivers {
			if slices.Equal(lack, slices.Sorted(slices.Values(waiver.Unmet))) {
				excused, waived = true, append(waived, lack...)
				v.codes = append(v.codes, waiver.Attestation)
			}
		}
		barred = barred || !excused
	}
	if k.match && relation < 2 {
		v.unmet = append(v.unmet, "specialty_match")
	}
	for _, a := range k.payer.asked {
		if a.Mandatory && covers(a.When.MemberStates, k.c.MemberState) && covers(a.When.Levels, k.c.LevelOfReview) {
			v.codes = append(v.codes, a.Code)
		}
	}
	slices.Sort(v.unmet)
	slices.Sort(v.codes)
	v.unmet, v.codes = slices.Compact(v.unmet), slices.Compact(v.codes)
	license, specialty := slices.Contains(waived, "license"), slices.Contains(waived, "specialty")
	switch {
	case barred:
		v.codes = nil
	case license && specialty:
		v.tier = matcher.TierBothWaived
	case specialty:
		v.tier = matcher.TierSpecialtyWaived
	case license:
		v.tier = matcher.TierLicenseWaived
	case relation >= 2:
		v.tier = matcher.TierFull
	case relation == 1:
		v.tier = matcher.TierSimilar
	default:
		v.tier = matcher.TierSkilled
	}
	return v
}

// twinned compares a judgement with the rows as they read.
func (w *agreement) twinned(twin *rowTwin, p pair, j *matcher.Judgement, alone bool, seen seenIn) {
	w.t.Helper()
	if j.Fault == matcher.FaultNotOffered {
		return
	}
	r, _ := w.s.reviewers.get(agreeTenant, p.id)
	tier := matcher.TierFull
	for i, id := range w.caseIDs {
		c, _ := w.s.cases.get(agreeTenant, id)
		k := twin.of(&c.Case, w.now, w.match, alone)
		if k == nil {
			w.t.Fatalf("%s has a plan, and no payer's row covers it", id)
		}
		v, got := k.verdict(&r.Reviewer, p.start), &j.Cases[i]
		unmet := slices.Sorted(slices.Values(got.Unmet.Codes()))
		if got.Tier != v.tier || !slices.Equal(unmet, v.unmet) || !slices.Equal(got.Attestations, v.codes) {
			w.t.Fatalf("%s with %v: %s %v %v\nby the rows %s %v %v\n%+v\n%+v", id, p, got.Tier, unmet, got.Attestations,
				v.tier, v.unmet, v.codes, c.Case, r.Reviewer)
		}
		if v.tier == matcher.TierNone || tier == matcher.TierNone {
			tier = matcher.TierNone
		} else {
			tier = max(tier, v.tier)
		}
		seen.note(k, &v)
	}
	if tier != j.Tier || (tier == matcher.TierNone) != (j.Fault == matcher.FaultNotQualified) {
		w.t.Fatalf("%v: %+v, by the rows %s", p, j, tier)
	}
}

func (s seenIn) note(k *twinCase, v *twinVerdict) {
	if k.stage != "" {
		s.count("stage " + k.stage)
	}
	if k.alone && slices.Contains(v.unmet, "identity") {
		s.count("original alone")
	}
	if len(v.codes) > 0 && !v.tier.Compliant() {
		s.count("waived")
	}
	if slices.Contains(v.unmet, "specialty_match") {
		s.count("match unmet")
	}
}

// within returns the last instant of the first business day behind the request in
// the zone of a law that waits for the original reviewer; false if none does.
func (w *agreement) within(twin *rowTwin) (until slots.Instant, waits bool) {
	for _, id := range w.caseIDs {
		c, _ := w.s.cases.get(agreeTenant, id)
		k := twin.of(&c.Case, w.now, w.match, false)
		if k == nil {
			continue
		}
		for _, row := range k.laws {
			if row.tree == nil || row.tree.Within == nil {
				continue
			}
			if n := row.tree.Within; n.Amount != 1 || n.Unit != "business_days" || n.Holidays != "federal" {
				panic("the twin knows one business day")
			}
			day := time.Unix(int64(w.now), 0).In(k.zones[k.state(row)])
			for {
				day = time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, day.Location())
				holiday := slices.Contains([]string{"2026-01-01", "2026-06-19", "2026-11-26"}, day.Format(time.DateOnly))
				if day.Weekday() != time.Saturday && day.Weekday() != time.Sunday && !holiday {
					break
				}
			}
			until, waits = max(until, slots.Instant(day.AddDate(0, 0, 1).Unix()-1)), true
		}
	}
	return until, waits
}

// preferred reports whether a law may prefer the original reviewer.
func (w *agreement) preferred(twin *rowTwin) bool {
	_, waits := w.within(twin)
	return waits
}

// alone reports whether the original reviewer is preferred and has a start in time
// that can be booked with nothing unmet.
func (w *agreement) alone(plan *matcher.Plan, twin *rowTwin, seen seenIn) bool {
	until, waits := w.within(twin)
	c, _ := w.s.cases.get(agreeTenant, w.caseIDs[0])
	decider := c.Determination.ReviewerID
	if _, known := w.s.reviewers.get(agreeTenant, decider); !waits || !known {
		return false
	}
	step := slots.Instant(plan.Grid.StepMinutes) * slots.Minute
	for start := w.now / step * step; start <= until; start += step {
		if j := w.judge(w.s, plan, pair{decider, start}); j.Fault == matcher.FaultNone && j.Unmet == 0 {
			return true
		}
	}
	return false
}
