package matcher

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/parleyhq/parley/slots"
)

// plainCase is a Texas spine case that an orthopaedic spine surgeon asks about.
func plainCase() *Case {
	return &Case{
		Tenant: "t", ID: "c", HealthPlan: "acme", LineOfBusiness: "commercial", SitusState: "TX", MemberState: "TX",
		Population: "adult", Program: "msk-spine-surgery", LevelOfReview: "reconsideration", Phase: "pre_service",
		Determination: Determination{Status: "denied", Reason: "medical_necessity", LetterReceived: true},
		Requesting:    Provider{Present: true, Credential: "MD", Specialty: "207XS0117X"},
	}
}

// plainReviewer is trained for every program and has no licence and no specialty.
func plainReviewer(rs *Ruleset) *Reviewer {
	r := &Reviewer{Tenant: "t", ID: "r", Credential: "MD", Populations: []string{"adult"}, Active: true}
	for id := range rs.programs {
		r.Programs = append(r.Programs, id)
	}
	return r
}

func (s *ruleScript) set(t *testing.T, arg datadriven.CmdArg) {
	t.Helper()
	c, v := s.c, strings.Join(arg.Vals, ",")
	text := map[string]*string{
		"plan": &c.HealthPlan, "plan-type": &c.PlanType, "line": &c.LineOfBusiness, "situs": &c.SitusState, "member": &c.MemberState,
		"population": &c.Population, "program": &c.Program, "level": &c.LevelOfReview, "phase": &c.Phase,
		"status": &c.Determination.Status, "decider": &c.Determination.ReviewerID,
		"service": &c.ServiceSpecialty, "modality": &c.Modality, "drug": &c.Drug, "reason": &c.Determination.Reason,
	}
	moments := map[string]*slots.Instant{
		"now": &s.now, "asked": &s.asked, "requested-at": &c.P2PRequestedAt, "due": &c.DecisionDue,
		"until": &c.PostDecision.Until, "decided": &c.Determination.DecidedAt, "appealed": &c.AppealFiledAt,
		"discharged": &c.DischargedAt, "submitted": &c.AuthorizationRequestedAt, "complete": &c.InformationCompleteAt,
	}
	counts := map[string]*int{"stage": &c.Stage, "held": &c.CallsHeld}
	persons := map[string]*Provider{"requesting": &c.Requesting, "ordering": &c.Ordering, "rendering": &c.Rendering}
	switch {
	case text[arg.Key] != nil:
		*text[arg.Key] = v
	case moments[arg.Key] != nil:
		*moments[arg.Key] = at(t, v)
	case counts[arg.Key] != nil:
		if _, err := fmt.Sscan(v, counts[arg.Key]); err != nil {
			t.Fatalf("%s: %v", arg.Key, err)
		}
	case persons[arg.Key] != nil && v == "nobody":
		*persons[arg.Key] = Provider{}
	case persons[arg.Key] != nil:
		credential, specialty := arg.TwoVals(t)
		*persons[arg.Key] = Provider{Present: true, Credential: credential, Specialty: specialty}
	case arg.Key == "final":
		c.Determination.Final = true
	case arg.Key == "reconsideration":
		c.PostDecision.Present, c.PostDecision.Delegated, c.PostDecision.Reconsideration = true, true, v
	case arg.Key == "not-delegated":
		c.PostDecision.Present, c.PostDecision.Delegated = true, false
	case arg.Key == "performed":
		c.ServicePerformedOn = on(t, v)
	case arg.Key == "letter":
		c.Determination.LetterDate = on(t, v)
	case arg.Key == "no-letter":
		c.Determination.LetterReceived = false
	case arg.Key == "expedited":
		c.Expedited = true
	case arg.Key == "codes":
		c.ServiceCodes = arg.Vals
	case arg.Key == "involved":
		c.InvolvedReviewerIDs = arg.Vals
	case arg.Key == "specialty-match":
		s.match = true
	default:
		t.Fatalf("unknown %s", arg.Key)
	}
}

func (s *ruleScript) reviewer(t *testing.T, args []datadriven.CmdArg) (r *Reviewer, start slots.Instant) {
	t.Helper()
	r, start = plainReviewer(s.rules), s.now+slots.Hour
	for _, arg := range args {
		switch arg.Key {
		case "id":
			r.ID = arg.Vals[0]
		case "credential":
			r.Credential = arg.Vals[0]
		case "specialty":
			r.Specialties = arg.Vals
		case "license":
			for _, v := range arg.Vals {
				r.Licenses = append(r.Licenses, license(t, v))
			}
		case "populations":
			r.Populations = arg.Vals
		case "programs":
			r.Programs = arg.Vals
		case "plans":
			r.HealthPlans = arg.Vals
		case "modalities":
			r.Modalities = arg.Vals
		case "certified":
			for _, v := range arg.Vals {
				r.BoardCertifications = append(r.BoardCertifications, certification(t, v))
			}
		case "experience":
			for _, v := range arg.Vals {
				r.Experience = append(r.Experience, experience(t, v))
			}
		case "inactive":
			r.Active = false
		case "at":
			start = at(t, arg.Vals[0])
		default:
			t.Fatalf("unknown %s", arg.Key)
		}
	}
	return r, start
}

// license reads TX, TX:administrative, TX:full:suspended or TX:full:active:2019-01-01:2026-11-27.
func license(t *testing.T, s string) License {
	t.Helper()
	l := License{Type: "full", Status: "active", From: on(t, "2015-01-01"), To: on(t, "2039-12-31")}
	parts := strings.Split(s, ":")
	l.State = parts[0]
	if len(parts) > 1 {
		l.Type = parts[1]
	}
	if len(parts) > 2 {
		l.Status = parts[2]
	}
	if len(parts) > 4 {
		l.From, l.To = on(t, parts[3]), on(t, parts[4])
	}
	return l
}

// certification reads CODE or CODE:2015-01-01:2026-12-31.
func certification(t *testing.T, s string) Certification {
	t.Helper()
	c := Certification{Specialty: s, From: on(t, "2010-01-01")}
	if parts := strings.Split(s, ":"); len(parts) == 3 {
		c = Certification{Specialty: parts[0], From: on(t, parts[1]), To: on(t, parts[2])}
	}
	return c
}

// experience reads CODE, still practising, or CODE:2024-06-30, the last day of it.
func experience(t *testing.T, s string) Experience {
	t.Helper()
	code, last, past := strings.Cut(s, ":")
	x := Experience{Specialty: code}
	if past {
		x.Until = on(t, last)
	}
	return x
}
