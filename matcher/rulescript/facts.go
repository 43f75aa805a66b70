package rulescript

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// player keeps what the steps have set up.
type player struct {
	rules          *matcher.Ruleset
	c              *matcher.Case
	now            slots.Instant
	asked          slots.Instant // when the call was first asked for, 0 = now
	specialtyMatch bool
}

// tenant is whose case and reviewer a script is about.
const tenant = "example"

// start begins with a plain case: Texas, spine surgery, denied, asked about by an
// orthopaedic spine surgeon, at 9:00 in Chicago on Monday 2026-11-23.
func (p *player) start() {
	p.c = &matcher.Case{
		Tenant: tenant, ID: "c", HealthPlan: "acme", LineOfBusiness: "commercial", SitusState: "TX", MemberState: "TX",
		Population: "adult", Program: "msk-spine-surgery", LevelOfReview: "reconsideration", Phase: "pre_service",
		Determination: matcher.Determination{Status: "denied", Reason: "medical_necessity", LetterReceived: true},
		Requesting:    matcher.Provider{Present: true, Credential: "MD", Specialty: "207XS0117X"},
	}
	p.now, p.asked, p.specialtyMatch = 1795446000, 0, false
}

// set changes one fact of the case, or when and how a call is asked for.
func (p *player) set(a argument) error {
	for _, set := range []func(argument) (known bool, err error){p.setText, p.setTime, p.setCount, p.setPerson, p.setFlag} {
		if known, err := set(a); known {
			return err
		}
	}
	return errors.New("unknown fact")
}

func (p *player) setText(a argument) (known bool, err error) {
	c := p.c
	field := map[string]*string{
		"plan": &c.HealthPlan, "plan-type": &c.PlanType, "line": &c.LineOfBusiness, "situs": &c.SitusState, "member": &c.MemberState,
		"population": &c.Population, "program": &c.Program, "level": &c.LevelOfReview, "phase": &c.Phase,
		"status": &c.Determination.Status, "reason": &c.Determination.Reason, "decider": &c.Determination.ReviewerID,
		"service": &c.ServiceSpecialty, "drug": &c.Drug, "modality": &c.Modality,
	}[a.key]
	switch {
	case a.key == "involved":
		c.InvolvedReviewerIDs = a.values
	case a.key == "codes":
		c.ServiceCodes = a.values
	case field == nil:
		return false, nil
	case len(a.values) != 1:
		return true, errOneValue
	default:
		*field = a.values[0]
	}
	return true, nil
}

var errOneValue = errors.New("takes one value")

func (p *player) setTime(a argument) (known bool, err error) {
	c := p.c
	instant := map[string]*slots.Instant{
		"now": &p.now, "asked": &p.asked, "requested-at": &c.P2PRequestedAt, "due": &c.DecisionDue,
		"until": &c.PostDecision.Until, "decided": &c.Determination.DecidedAt, "appealed": &c.AppealFiledAt,
		"discharged": &c.DischargedAt, "submitted": &c.AuthorizationRequestedAt, "complete": &c.InformationCompleteAt,
	}[a.key]
	date := map[string]*slots.Date{"letter": &c.Determination.LetterDate, "performed": &c.ServicePerformedOn}[a.key]
	switch {
	case instant != nil:
		*instant, _, err = slots.ParseInstant(a.value())
	case date != nil:
		*date, err = slots.ParseDate(a.value())
	default:
		return false, nil
	}
	return true, err
}

// setCount reads the reviewer stage that the case has reached, and its calls held.
func (p *player) setCount(a argument) (known bool, err error) {
	count := map[string]*int{"stage": &p.c.Stage, "held": &p.c.CallsHeld}[a.key]
	if count == nil {
		return false, nil
	}
	*count, err = strconv.Atoi(a.value())
	return true, err
}

// setPerson reads requesting=(MD, 207X00000X), or requesting=nobody.
func (p *player) setPerson(a argument) (known bool, err error) {
	person := map[string]*matcher.Provider{
		"requesting": &p.c.Requesting, "ordering": &p.c.Ordering, "rendering": &p.c.Rendering,
	}[a.key]
	switch {
	case person == nil:
		return false, nil
	case a.value() == "nobody":
		*person = matcher.Provider{}
	case len(a.values) != 2:
		return true, errors.New("takes a credential and a specialty, (MD, 207X00000X), or nobody")
	default:
		*person = matcher.Provider{Present: true, Credential: a.values[0], Specialty: a.values[1]}
	}
	return true, nil
}

func (p *player) setFlag(a argument) (known bool, err error) {
	c := p.c
	if a.key == "reconsideration" { // open, closed or unknown
		c.PostDecision.Present, c.PostDecision.Delegated, c.PostDecision.Reconsideration = true, true, a.value()
		return true, nil
	}
	set, known := map[string]func(){
		"final":           func() { c.Determination.Final = true },
		"no-letter":       func() { c.Determination.LetterReceived = false },
		"not-delegated":   func() { c.PostDecision.Present, c.PostDecision.Delegated = true, false },
		"expedited":       func() { c.Expedited = true },
		"specialty-match": func() { p.specialtyMatch = true },
	}[a.key]
	if !known {
		return false, nil
	}
	if a.values != nil {
		return true, errors.New("takes no value")
	}
	set()
	return true, nil
}

// reviewer reads who is asked about: trained for the case's program, MD, for
// adults, free at any hour, without licence and specialty but for what is said.
func (p *player) reviewer(args []argument) (r *matcher.Reviewer, start slots.Instant, err error) {
	r = &matcher.Reviewer{
		Tenant: tenant, ID: "r", Credential: "MD", Programs: []string{p.c.Program}, Populations: []string{"adult"},
		Zone: slots.UTC(), Active: true,
		Hours: slots.Availability{Weekly: []slots.WeeklyHours{{Days: 1<<7 - 1, Span: slots.ClockSpan{Start: 0, End: 24 * 60}}}},
	}
	start = p.now + slots.Hour
	for _, a := range args {
		switch a.key {
		case "id":
			r.ID = a.value()
		case "credential":
			r.Credential = a.value()
		case "specialty":
			r.Specialties = a.values
		case "license":
			r.Licenses, err = each(a, license)
		case "certified":
			r.BoardCertifications, err = each(a, certification)
		case "experience":
			r.Experience, err = each(a, experience)
		case "populations":
			r.Populations = a.values
		case "programs":
			r.Programs = a.values
		case "plans":
			r.HealthPlans = a.values
		case "modalities":
			r.Modalities = a.values
		case "inactive":
			r.Active = false
		case "at":
			start, _, err = slots.ParseInstant(a.value())
		default:
			err = errors.New("unknown fact of a reviewer")
		}
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", a.key, err)
		}
	}
	return r, start, nil
}

// each reads all values of an argument.
func each[T any](a argument, read func(string) (T, error)) (list []T, err error) {
	for _, v := range a.values {
		x, err := read(v)
		if err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, nil
}

// license reads TX, TX:administrative, TX:full:suspended or TX:full:active:2019-01-01:2026-11-27.
func license(s string) (l matcher.License, err error) {
	parts := append(strings.Split(s, ":"), "", "", "", "")
	l = matcher.License{State: parts[0], Type: cmp.Or(parts[1], "full"), Status: cmp.Or(parts[2], "active")}
	if l.From, err = slots.ParseDate(cmp.Or(parts[3], "2015-01-01")); err != nil {
		return l, err
	}
	l.To, err = slots.ParseDate(cmp.Or(parts[4], "2039-12-31"))
	return l, err
}

// certification reads CODE, without an end, or CODE:2015-01-01:2026-12-31.
func certification(s string) (c matcher.Certification, err error) {
	parts := append(strings.Split(s, ":"), "", "")
	c.Specialty = parts[0]
	if c.From, err = slots.ParseDate(cmp.Or(parts[1], "2010-01-01")); err == nil && parts[2] != "" {
		c.To, err = slots.ParseDate(parts[2])
	}
	return c, err
}

// experience reads CODE, still practising, or CODE:2024-06-30, the last day of it.
func experience(s string) (x matcher.Experience, err error) {
	code, last, past := strings.Cut(s, ":")
	x.Specialty = code
	if past {
		x.Until, err = slots.ParseDate(last)
	}
	return x, err
}
