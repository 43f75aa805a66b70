package matcher

import (
	"slices"

	"github.com/parleyhq/parley/slots"
)

// condition tells for which cases a part of a row holds. Its members are
// conjoined; an absent member holds for every case, an absent fact of the case
// for no member that asks for it.
type condition struct {
	Programs     []string `json:"programs"`
	Lines        []string `json:"lines"`
	Levels       []string `json:"levels"`
	Phases       []string `json:"phases"`
	Statuses     []string `json:"statuses"`
	Reasons      []string `json:"reasons"` // of the denial
	Populations  []string `json:"populations"`
	Drugs        []string `json:"drugs"`
	MemberStates []string `json:"memberStates"`
	SitusStates  []string `json:"situsStates"`

	Expedited        *bool    `json:"expedited"`
	Final            *bool    `json:"final"`
	LetterReceived   *bool    `json:"letterReceived"`
	Delegated        *bool    `json:"delegated"`
	Reconsideration  []string `json:"reconsideration"` // unknown matches a case that says nothing, too
	AppealFiled      *bool    `json:"appealFiled"`
	Discharged       *bool    `json:"discharged"`
	ServicePerformed *bool    `json:"servicePerformed"`

	open bool // it is known to hold for every case
}

func (p place) condition(field string, w *condition) {
	w.open = w.always()
	p.programs(field+".programs", w.Programs)
	p.words(field+".lines", w.Lines, lines)
	p.words(field+".levels", w.Levels, levels)
	p.words(field+".phases", w.Phases, phases)
	p.words(field+".statuses", w.Statuses, statuses)
	p.words(field+".reasons", w.Reasons, denialReasons)
	p.words(field+".populations", w.Populations, populations)
	p.words(field+".drugs", w.Drugs, drugs)
	p.words(field+".reconsideration", w.Reconsideration, openings)
	for _, s := range w.MemberStates {
		p.state(field+".memberStates", s)
	}
	for _, s := range w.SitusStates {
		p.state(field+".situsStates", s)
	}
}

func (p place) programs(field string, list []string) {
	for i, id := range list {
		if _, ok := p.c.rs.programs[id]; !ok {
			p.faultf("%s: unknown program %q", field, id)
		}
		if slices.Contains(list[:i], id) {
			p.faultf("%s: %q twice", field, id)
		}
	}
}

// holds judges a case at now.
func (w *condition) holds(c *Case, now slots.Instant) bool {
	if w.open {
		return true
	}
	post := &c.PostDecision
	return oneOf(w.Programs, c.Program) && oneOf(w.Lines, c.LineOfBusiness) && oneOf(w.Levels, c.LevelOfReview) &&
		oneOf(w.Phases, c.Phase) && oneOf(w.Statuses, c.Determination.Status) && oneOf(w.Reasons, c.Determination.Reason) &&
		oneOf(w.Populations, c.Population) && oneOf(w.Drugs, c.Drug) &&
		oneOf(w.MemberStates, c.MemberState) && oneOf(w.SitusStates, c.SitusState) &&
		agrees(w.Expedited, c.Expedited) && agrees(w.Final, c.Determination.Final) && agrees(w.LetterReceived, c.Determination.LetterReceived) &&
		(w.Delegated == nil || post.Present && agrees(w.Delegated, post.Delegated)) &&
		oneOf(w.Reconsideration, reconsiderationOf(c)) &&
		agrees(w.AppealFiled, c.AppealFiledAt != 0 && c.AppealFiledAt <= now) &&
		agrees(w.Discharged, c.DischargedAt != 0 && c.DischargedAt <= now) &&
		agrees(w.ServicePerformed, c.ServicePerformedOn != 0)
}

// reconsiderationOf is what the case says of a reconsideration: open, closed, unknown.
func reconsiderationOf(c *Case) string {
	if !c.PostDecision.Present || c.PostDecision.Reconsideration == "" {
		return "unknown"
	}
	return c.PostDecision.Reconsideration
}

func oneOf(list []string, s string) bool { return len(list) == 0 || slices.Contains(list, s) }

func agrees(want *bool, got bool) bool { return want == nil || *want == got }

// always reports whether the condition holds for every case.
func (w *condition) always() bool {
	return len(w.Programs)+len(w.Lines)+len(w.Levels)+len(w.Phases)+len(w.Statuses)+len(w.Reasons)+len(w.Populations)+
		len(w.Drugs)+len(w.MemberStates)+len(w.SitusStates)+len(w.Reconsideration) == 0 &&
		w.Expedited == nil && w.Final == nil && w.LetterReceived == nil && w.Delegated == nil &&
		w.AppealFiled == nil && w.Discharged == nil && w.ServicePerformed == nil
}
