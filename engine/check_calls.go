package engine

import (
	"fmt"
	"slices"
)

// checkCalls compares the status of each appointment with what led to it, its
// links with the other side, and what cases count with their calls.
func (s *state) checkCalls() error {
	var err error
	s.appointments.each(func(a *Appointment) bool {
		if fault := a.fault(); fault != "" {
			err = fmt.Errorf("appointment %s, %s: %s", a.ID, a.Status, fault)
			return false
		}
		err = s.checkLinks(a)
		return err == nil
	})
	if err != nil {
		return err
	}
	s.cases.each(func(c *Case) bool {
		err = s.checkProgress(c)
		return err == nil
	})
	return err
}

// fault says what in an appointment does not go with its status, "" if all does.
func (a *Appointment) fault() string {
	ended := a.Status == Completed || a.Status == DeemedCompleted || a.Status == NoShow
	n := len(a.Attempts)
	switch {
	case (a.EndedAt != 0) != ended:
		return "its end"
	case a.Status == InProgress && a.StartedAt == 0, a.StartedAt != 0 && (a.Status == Booked || a.Status == Cancelled):
		return "its start"
	case (a.Outcome != "") != (a.Status == Completed), a.Partial && a.Outcome != "modified":
		return "its outcome"
	case (a.NoShowBy != "") != (a.Status == NoShow):
		return "who did not show"
	case (a.CancelCode != "" || a.CancelRule != "") && a.Status != Cancelled:
		return "the rule that cancelled it"
	case a.MissedOut && (n == 0 || !a.Attempts[n-1].Missed || a.Status != DeemedCompleted && a.Status != NoShow),
		a.Status == DeemedCompleted && !a.MissedOut:
		return "the miss that ended it"
	case n > MaxAttempts:
		return "too many attempts"
	case a.FollowedBy != "" && a.Outcome != outcomeEscalated:
		return "followed, but not escalated"
	case len(a.ResultsDue) > 0 && !slices.Contains(leavesOpen, a.Outcome), !a.owesRightly():
		return "what is owed after it"
	}
	return ""
}

// owesRightly reports whether what is owed after a call is about its cases, of
// each once, and not due before it ended.
func (a *Appointment) owesRightly() bool {
	last := -1
	for i := range a.ResultsDue {
		d := &a.ResultsDue[i]
		at := slices.Index(a.CaseIDs, d.CaseID)
		if at <= last || d.By < a.EndedAt || d.Rule == "" {
			return false
		}
		last = at
	}
	return true
}

func (s *state) checkLinks(a *Appointment) error {
	if a.FollowedBy != "" {
		if next, ok := s.appointments.get(a.Tenant, a.FollowedBy); !ok || next.Follows != a.ID {
			return fmt.Errorf("appointment %s is followed by %s, which does not say so", a.ID, a.FollowedBy)
		}
	}
	if a.Follows != "" {
		// Of several that follow it, the later ones take the place of those that are off.
		if first, ok := s.appointments.get(a.Tenant, a.Follows); !ok || first.FollowedBy == "" {
			return fmt.Errorf("appointment %s follows %s, which does not say so", a.ID, a.Follows)
		}
	}
	return nil
}

// checkProgress compares a case's counts with its calls. Calls about an earlier
// decision do not count any more, so there may be more calls than the counts say.
func (s *state) checkProgress(c *Case) error {
	if c.Stage == 0 && c.CallsHeld == 0 {
		return nil
	}
	held, escalated := 0, 0
	s.byCase.ids(c.Tenant, c.ID, func(id string) bool {
		a, _ := s.appointments.get(c.Tenant, id)
		switch {
		case a.Held():
			held++
		case a.Outcome == outcomeEscalated:
			escalated++
		}
		return true
	})
	if c.Stage < 0 || c.CallsHeld < 0 || c.CallsHeld > held || c.Stage > escalated {
		return fmt.Errorf("case %s is at stage %d with %d calls held, its calls are %d escalated and %d held",
			c.ID, c.Stage, c.CallsHeld, escalated, held)
	}
	return nil
}
