package matcher

import "slices"

// intakeWords are facts of a case that a row may ask for before an ad hoc call
// is put through, in the order in which they are told, with where the case's
// document holds them. What every document holds is none of them: who the member
// is, the requesting provider, the service's specialty.
var intakeWords = []intakeWord{
	{"service_codes", "/service/codes", func(c *Case) bool { return len(c.ServiceCodes) > 0 }},
	{"modality", "/service/modality", func(c *Case) bool { return c.Modality != "" }},
	{"ordering_provider", "/providers/ordering", func(c *Case) bool { return c.Ordering.Present }},
	{"rendering_provider", "/providers/rendering", func(c *Case) bool { return c.Rendering.Present }},
}

type intakeWord struct {
	word, member string
	known        func(*Case) bool
}

// intakeUnsaid is the intake of a row that says nothing of it, as every ad hoc
// call's was before rows could.
var intakeUnsaid = []string{"service_codes"}

// IntakeFact is a fact of a case that must be known before an ad hoc call is put
// through.
type IntakeFact struct {
	Fact   string // service_codes, modality, ordering_provider, rendering_provider
	Member string // where the case's document holds it, a JSON pointer
	Known  bool   // the case says it
}

func (p place) intake(r *payerRow) {
	if r.Intake != nil && !slices.Contains(r.Modes, "ad_hoc") {
		p.faultf("intake: the row has no ad hoc calls")
	}
	words := make([]string, len(intakeWords))
	for i, w := range intakeWords {
		words[i] = w.word
	}
	p.words("intake", r.Intake, words)
}

// intakeOf fills in what an ad hoc call about the case needs.
func (e *Eligibility) intakeOf(p *payerRow, c *Case) {
	if !slices.Contains(p.Modes, "ad_hoc") {
		return
	}
	asked := p.Intake
	if asked == nil {
		asked = intakeUnsaid
	}
	for _, w := range intakeWords {
		if slices.Contains(asked, w.word) {
			e.Intake = append(e.Intake, IntakeFact{Fact: w.word, Member: w.member, Known: w.known(c)})
			e.IntakeRule = p.ID + "/intake"
		}
	}
}
