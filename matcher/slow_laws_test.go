package matcher

import "slices"

// covering lists the laws whose keys and triggers fit the case.
func (s *slowCase) covering() (list []*wideRow) {
	for i := range s.rules.laws {
		law := &s.rules.laws[i]
		fits := law.Kind != "state" || s.c.SitusState == "TX"
		fits = fits && (law.PlanTypes == nil || slices.Contains(law.PlanTypes, s.c.PlanType))
		fits = fits && !(law.Agent && s.rules.payer.AgentSpecialty == "")
		if fits && s.active(&wideNode{When: law.Trigger}) {
			list = append(list, law)
		}
	}
	return list
}

// governing takes replaced laws out, from the top of each chain: a law is settled once
// all that cover the case and replace it are.
func (s *slowCase) governing() (list []*wideRow) {
	covering := s.covering()
	governs := map[string]bool{}
	for len(governs) < len(covering) {
		for _, law := range covering {
			settled, replaced := true, false
			for _, other := range covering {
				if slices.Contains(other.Replaces, law.ID) {
					in, known := governs[other.ID]
					settled, replaced = settled && known, replaced || in
				}
			}
			if settled {
				governs[law.ID] = !replaced
			}
		}
	}
	for _, law := range covering {
		if governs[law.ID] {
			list = append(list, law)
		}
	}
	return list
}

// decide finds when the determination is due: as the case says, else the first of all
// clocks to end.
func (s *slowCase) decide() {
	s.decision = int64(s.c.DecisionDue)
	if s.decision != 0 || s.c.Determination.Status != "pending" {
		return
	}
	for i := range s.rows {
		row := &s.rows[i]
		for k := range row.DecisionClock {
			t := &row.DecisionClock[k]
			from, complete := int64(s.c.AuthorizationRequestedAt), int64(s.c.InformationCompleteAt)
			if t.From == "authorization_and_information" && complete != 0 {
				from = max(from, complete)
			} else if t.From == "authorization_and_information" {
				from = 0
			}
			other := t.Levels != nil && !slices.Contains(t.Levels, s.c.LevelOfReview)
			if from == 0 || other || t.Expedited != nil && *t.Expedited != s.c.Expedited || t.ExcludesDrugs && s.c.Drug != "" {
				continue
			}
			if end := s.rules.ends(t, row.zone, row.state, from, 1); s.decision == 0 || end < s.decision {
				s.decision, s.decisionLaw = end, row.ID
			}
		}
	}
}
