package matcher

import (
	"slices"
	"time"
)

// slowVerdict is what the rows say of a reviewer at one instant.
type slowVerdict struct {
	tier         string
	relation     Relation
	unmet        []string // sorted
	attestations []string // sorted
}

// slowNeeds is what a tree finds met and unmet.
type slowNeeds struct{ met, unmet []string }

func doctor(credential string) bool { return credential == "MD" || credential == "DO" }

func (s *slowCase) person(role string) Provider {
	return map[string]Provider{"requesting": s.c.Requesting, "ordering": s.c.Ordering, "rendering": s.c.Rendering}[role]
}

func (s *slowCase) active(n *wideNode) bool {
	if n == nil {
		return false
	}
	if w := n.When; w != nil {
		if w.Requested != "" && !s.match {
			return false
		}
		physician := false
		for _, role := range w.Roles {
			physician = physician || s.person(role).Present && doctor(s.person(role).Credential)
		}
		if w.Profession == "physician" && !physician || w.Profession == "non_physician" && physician {
			return false
		}
	}
	if n.All == nil && n.Any == nil {
		return true
	}
	return slices.ContainsFunc(n.All, s.active) || slices.ContainsFunc(n.Any, s.active)
}

// leaves lists the active predicates of a tree.
func (s *slowCase) leaves(n *wideNode) (list []*wideNode) {
	switch {
	case !s.active(n):
		return nil
	case n.All == nil && n.Any == nil:
		return []*wideNode{n}
	}
	for _, child := range append(slices.Clone(n.All), n.Any...) {
		list = append(list, s.leaves(child)...)
	}
	return list
}

func (s *slowCase) eval(n *wideNode, row *slowRow, r *Reviewer, start int64) slowNeeds {
	var out slowNeeds
	switch {
	case n.All != nil:
		for _, child := range n.All {
			if s.active(child) {
				part := s.eval(child, row, r, start)
				out.met, out.unmet = append(out.met, part.met...), append(out.unmet, part.unmet...)
			}
		}
	case n.Any != nil:
		first := true
		for _, child := range n.Any {
			if !s.active(child) {
				continue
			}
			if part := s.eval(child, row, r, start); first || distinct(part.unmet) < distinct(out.unmet) {
				out, first = part, false
			}
		}
	default:
		if need, met := s.leaf(n, row, r, start); met {
			out.met = []string{need}
		} else {
			out.unmet = []string{need}
		}
	}
	return out
}

func distinct(list []string) int {
	seen := map[string]bool{}
	for _, s := range list {
		seen[s] = true
	}
	return len(seen)
}

func (s *slowCase) leaf(n *wideNode, row *slowRow, r *Reviewer, start int64) (need string, met bool) {
	decider := s.c.Determination.ReviewerID
	switch {
	case n.License != nil:
		return "license", s.licensed(n, r, start)
	case n.Specialty != nil:
		want := map[string]Relation{"similar": 1, "same": 2, "same_subspecialty": 3}[n.Specialty.Relation]
		return "specialty", s.closest(n, r) >= want
	case n.Credential != nil:
		return "credential", slices.Contains(n.Credential.In, r.Credential)
	case n.Population != "":
		return "population", slices.Contains(r.Populations, s.c.Population)
	case n.BoardCertification != nil:
		met = s.certified(r, row.day(start))
		if n.BoardCertification.Kind == "certified_or_experience" {
			met = met || s.experienced(r, n.BoardCertification.RecentYears, row.day(start))
		}
		return "board_certification", met
	case n.Experience != nil:
		return "experience", s.experienced(r, n.Experience.RecentYears, row.day(start))
	}
	switch n.Identity {
	case "original_required":
		met = r.ID == decider
	case "original_preferred":
		met = !s.alone[n] || r.ID == decider
	case "original_barred":
		met = r.ID != decider
	default:
		met = r.ID != decider && !slices.Contains(s.c.InvolvedReviewerIDs, r.ID)
	}
	return "identity", met
}

func (row *slowRow) day(start int64) string { return local(row.zone, start).Format(time.DateOnly) }

func (s *slowCase) licensed(n *wideNode, r *Reviewer, start int64) bool {
	zones := map[string]string{"TX": "America/Chicago", "OK": "America/Chicago", "HI": "Pacific/Honolulu", "PR": "America/Puerto_Rico"}
	for _, l := range r.Licenses {
		zone, known := zones[l.State]
		if !known || n.License.State != "any" && n.License.State != l.State {
			continue
		}
		today := local(zone, start).Format(time.DateOnly)
		if l.Status == "active" && l.From.String() <= today && today <= l.To.String() && !slices.Contains(n.License.ExcludeTypes, l.Type) {
			return true
		}
	}
	return false
}

// closest is the best relation of a reviewer to the anchors of a node.
func (s *slowCase) closest(n *wideNode, r *Reviewer) Relation {
	var codes []string
	a := n.Specialty.Anchor
	for _, role := range a.Roles {
		p := s.person(role)
		if p.Present && (a.Profession == "any" || (a.Profession == "physician") == doctor(p.Credential)) {
			codes = append(codes, p.Specialty)
		}
	}
	if a.Of == "service" || a.Of == "either" {
		codes = append(codes, s.c.ServiceSpecialty)
	}
	if a.Of == "agent" {
		codes = append(codes, s.rules.payer.AgentSpecialty)
	}
	return s.best(codes, r)
}

func (s *slowCase) best(anchors []string, r *Reviewer) Relation {
	best := RelationNone
	for _, a := range anchors {
		for _, b := range r.Specialties {
			best = max(best, twinRelation(s.c.Program, a, b))
		}
	}
	return best
}

func (s *slowCase) certified(r *Reviewer, today string) bool {
	return slices.ContainsFunc(r.BoardCertifications, func(c Certification) bool {
		return twinRelation(s.c.Program, s.c.ServiceSpecialty, c.Specialty) > RelationNone &&
			c.From.String() <= today && (c.To == 0 || today <= c.To.String())
	})
}

func (s *slowCase) experienced(r *Reviewer, years int, today string) bool {
	return slices.ContainsFunc(r.Experience, func(e Experience) bool {
		if twinRelation(s.c.Program, s.c.ServiceSpecialty, e.Specialty) == RelationNone {
			return false
		}
		y, m, d := e.Until.YMD()
		last := time.Date(y+years, time.Month(m), d, 0, 0, 0, 0, time.UTC)
		if m == 2 && last.Month() != time.February {
			last = time.Date(y+years, 2, 28, 0, 0, 0, 0, time.UTC)
		}
		return years == 0 || e.Until == 0 || today <= last.Format(time.DateOnly)
	})
}

// verdict puts the rows together: each is met or waived by its own table, or bars.
func (s *slowCase) verdict(r *Reviewer, start int64) slowVerdict {
	var v slowVerdict
	unmet, waived, codes := map[string]bool{}, map[string]bool{}, map[string]bool{}
	barred := !r.Active || !slices.Contains(r.Programs, s.c.Program)
	if !r.Active {
		unmet["active"] = true
	}
	if !slices.Contains(r.Programs, s.c.Program) {
		unmet["program"] = true
	}
	v.relation = RelationSameSubspecialty
	compared := false
	for i := range s.rows {
		row := &s.rows[i]
		if !s.active(row.tree) {
			continue
		}
		closest, asks := RelationNone, false
		for _, leaf := range s.leaves(row.tree) {
			if leaf.Specialty != nil {
				closest, asks = max(closest, s.closest(leaf, r)), true
			}
		}
		if asks {
			v.relation, compared = min(v.relation, closest), true
		}
		needs := sortedSet(s.eval(row.tree, row, r, start).unmet)
		for _, need := range needs {
			unmet[need] = true
		}
		i := slices.IndexFunc(row.Waivers, func(w wideWaiver) bool { return slices.Equal(w.Unmet, needs) })
		switch {
		case len(needs) == 0:
		case i < 0:
			barred = true
		default:
			codes[row.Waivers[i].Attestation] = true
			for _, need := range needs {
				waived[need] = true
			}
		}
	}
	if !compared {
		anchor := s.c.ServiceSpecialty
		if s.c.Requesting.Present && doctor(s.c.Requesting.Credential) {
			anchor = s.c.Requesting.Specialty
		}
		v.relation = s.best([]string{anchor}, r)
	}
	v.tier = slowTier(barred, waived, v.relation)
	if s.match && v.relation < RelationSame {
		unmet["specialty_match"] = true
	}
	if barred {
		codes = nil
	}
	v.unmet, v.attestations = keysOf(unmet), keysOf(codes)
	return v
}

func slowTier(barred bool, waived map[string]bool, relation Relation) string {
	switch {
	case barred:
		return "none"
	case waived["license"] && waived["specialty"]:
		return "both_waived"
	case waived["specialty"]:
		return "specialty_waived"
	case waived["license"]:
		return "license_waived"
	case relation >= RelationSame:
		return "full"
	case relation == RelationSimilar:
		return "similar"
	}
	return "skilled"
}

func sortedSet(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

func keysOf(set map[string]bool) (list []string) {
	for key := range set {
		list = append(list, key)
	}
	slices.Sort(list)
	return list
}
