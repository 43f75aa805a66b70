package server

import "github.com/parleyhq/parley/engine"

// completeIn is how a call ended.
type completeIn struct {
	Outcome              need[string]            `json:"outcome"`
	Clarifications       opt[[]clarificationIn]  `json:"clarifications"`
	PartialCertification opt[partialCertifiedIn] `json:"partialCertification"`
	Note                 opt[string]             `json:"note"`
}

// clarificationIn is what the provider said to a point of the records.
type clarificationIn struct {
	Subject    need[string] `json:"subject"`
	Documented need[string] `json:"documented"`
	Clarified  need[string] `json:"clarified"`
}

// partialCertifiedIn is a modification that was agreed on during the call.
type partialCertifiedIn struct {
	Requested need[string] `json:"requested"`
	Certified need[string] `json:"certified"`
	Note      opt[string]  `json:"note"`
}

// resolve checks the report. Which outcomes are open to the case is the rules' affair.
func (in *completeIn) resolve(k *check) (outcome string, r engine.CallReport) {
	outcome = k.word("/outcome", in.Outcome.V, callOutcomes)
	if k.count("/clarifications", len(in.Clarifications.V), 0, maxClarifications) {
		for i, c := range in.Clarifications.V {
			p := at("/clarifications", i)
			r.Clarifications = append(r.Clarifications, engine.Clarification{
				Subject:    k.text(p+"/subject", c.Subject.V, maxSubject),
				Documented: k.text(p+"/documented", c.Documented.V, maxNote),
				Clarified:  k.text(p+"/clarified", c.Clarified.V, maxNote),
			})
		}
	}
	if in.PartialCertification.Set {
		v := &in.PartialCertification.V
		r.Partial = &engine.PartialCertification{
			Requested: k.text("/partialCertification/requested", v.Requested.V, maxTreatment),
			Certified: k.text("/partialCertification/certified", v.Certified.V, maxTreatment),
			Note:      k.optText("/partialCertification/note", v.Note, maxNote),
		}
		if outcome != "" && outcome != outcomeModified {
			k.wrong("/partialCertification", "goes with the outcome modified only")
		}
	}
	r.Note = k.optText("/note", in.Note, maxNote)
	return outcome, r
}
