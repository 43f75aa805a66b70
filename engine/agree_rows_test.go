package engine

import (
	"fmt"
	"io/fs"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// rowTwin says who may take a case as the shipped rows read, in plain loops and
// with the standard library's time: a second opinion on every verdict. What it
// does not know in a requirement, it refuses to read.
type rowTwin struct {
	laws     []twinLaw
	payers   []twinPayer
	zones    map[string]*time.Location // of states
	lines    map[string]string         // of programs
	concepts map[string]twinConcept    // of codes
	similar  []twinSet
}

type twinConcept struct {
	ID, Parent string
	Comparable *bool
	Codes      []string
}

type twinSet struct {
	ServiceLines []string
	Members      []struct {
		Concept     string
		Populations []string
	}
}

type twinLaw struct {
	ID, Kind, StateBasis, Accreditation, ValidFrom, ValidTo, Zone string
	Enabled                                                       bool
	States, Lines, Levels, Phases, Statuses                       []string
	PlanTypes, Replaces                                           []string
	Agent                                                         bool
	Trigger                                                       *struct{ Requested string }
	Requires, Waivers, Attestations                               jsontext.Value
	PartialCertification                                          bool
	ResultClock                                                   *struct {
		Amount         int
		Unit, Holidays string
	}

	tree    *twinNode
	waivers []struct {
		Unmet       []string
		Attestation string
	}
}

type twinPayer struct {
	ID, HealthPlan         string
	AgentSpecialty         string
	Enabled                bool
	Lines, Programs        []string
	Accreditations         []string
	Requires, Attestations jsontext.Value
	ReviewerStages         []struct {
		ID          string
		Credentials []string
		When        jsontext.Value
	}

	tree  *twinNode
	asked []struct {
		Code      string
		Mandatory bool
		When      struct{ MemberStates, Levels []string }
	}
	stages []struct{ Drugs []string }
}

// twinNode is a part of a requirement.
type twinNode struct {
	When *struct {
		Roles, Credentials    []string
		Profession, Requested string
	}
	All, Any []*twinNode
	License  *struct {
		State        string
		ExcludeTypes []string
	}
	Specialty *struct {
		Relation string
		Anchor   struct {
			Of         string
			Roles      []string
			Profession string
		}
	}
	Credential           *struct{ In []string }
	Population, Identity string
	Within               *struct {
		Amount         int
		Unit, Holidays string
	}
	BoardCertification *struct {
		Kind        string
		RecentYears int
	}
	Experience *struct {
		Of          string
		RecentYears int
	}
}

func newRowTwin(t testing.TB) *rowTwin {
	t.Helper()
	w := &rowTwin{zones: map[string]*time.Location{}, lines: map[string]string{}, concepts: map[string]twinConcept{}}
	read := func(name string, rows any) {
		t.Helper()
		text, err := fs.ReadFile(matcher.EmbeddedFiles(), name+".json")
		if err != nil {
			t.Fatal(err)
		}
		var file struct{ Rows jsontext.Value }
		if err := json.Unmarshal(text, &file, json.MatchCaseInsensitiveNames(true)); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(file.Rows, rows, json.MatchCaseInsensitiveNames(true)); err != nil {
			t.Fatal(name, err)
		}
	}
	var states []struct{ ID, Zone string }
	var programs []struct{ ID, ServiceLine string }
	var concepts []twinConcept
	read("states", &states)
	read("programs", &programs)
	read("specialties", &concepts)
	read("similarity", &w.similar)
	read("jurisdictions", &w.laws)
	read("payers", &w.payers)
	for _, s := range states {
		w.zones[s.ID] = twinZone(s.Zone)
	}
	for _, p := range programs {
		w.lines[p.ID] = p.ServiceLine
	}
	for _, c := range concepts {
		for _, code := range c.Codes {
			w.concepts[code] = c
		}
	}
	w.strictly(t)
	return w
}

// strictly reads what is judged; a member that is not known here fails.
func (w *rowTwin) strictly(t testing.TB) {
	t.Helper()
	part := func(raw jsontext.Value, into any) {
		t.Helper()
		if raw == nil {
			return
		}
		if err := json.Unmarshal(raw, into, json.MatchCaseInsensitiveNames(true), json.RejectUnknownMembers(true)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range w.laws {
		row := &w.laws[i]
		part(row.Requires, &row.tree)
		part(row.Waivers, &row.waivers)
		if row.Attestations != nil {
			t.Fatal("a law asks for attestations: ", row.ID)
		}
	}
	for i := range w.payers {
		row := &w.payers[i]
		part(row.Requires, &row.tree)
		part(row.Attestations, &row.asked)
		row.stages = make([]struct{ Drugs []string }, len(row.ReviewerStages))
		for k := range row.stages {
			part(row.ReviewerStages[k].When, &row.stages[k])
		}
	}
}

func twinZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

func localDay(t slots.Instant, zone *time.Location) string {
	return time.Unix(int64(t), 0).In(zone).Format(time.DateOnly)
}

// twinCase is a case with the rows that speak of it.
type twinCase struct {
	*rowTwin
	c     *matcher.Case
	asked slots.Instant
	match bool
	payer *twinPayer
	laws  []*twinLaw
	stage string // id of the stage that the case is at
	takes []string
	alone bool // a law prefers the original reviewer, and he has time

	specialties bool // some row asks for a specialty
}

// of finds the rows of a case; nil if no payer's row covers it.
func (w *rowTwin) of(c *matcher.Case, asked slots.Instant, match, alone bool) *twinCase {
	k := &twinCase{rowTwin: w, c: c, asked: asked, match: match, alone: alone}
	named := false
	for i := range w.payers {
		row := &w.payers[i]
		if !row.Enabled || row.HealthPlan != c.HealthPlan {
			continue
		}
		named = true
		if covers(row.Lines, c.LineOfBusiness) && covers(row.Programs, c.Program) {
			k.payer = row
		}
	}
	for i := range w.payers {
		if row := &w.payers[i]; !named && row.Enabled && row.HealthPlan == "*" {
			k.payer = row
		}
	}
	if k.payer == nil {
		return nil
	}
	nth := 0
	for i, stage := range k.payer.ReviewerStages {
		if covers(k.payer.stages[i].Drugs, c.Drug) {
			if nth <= c.Stage {
				k.stage, k.takes = stage.ID, stage.Credentials
			}
			nth++
		}
	}
	for i := range w.laws {
		if row := &w.laws[i]; k.bound(row) && !k.replaced(row) {
			k.laws = append(k.laws, row)
			k.specialties = k.specialties || k.asksSpecialty(row.tree)
		}
	}
	k.specialties = k.specialties || k.asksSpecialty(k.payer.tree)
	return k
}

// covers reports whether a list that restricts, if it is there, has a value.
func covers(list []string, value string) bool { return len(list) == 0 || slices.Contains(list, value) }

// replaced reports whether a law that governs the case takes a law's place.
func (k *twinCase) replaced(row *twinLaw) bool {
	for i := range k.rowTwin.laws {
		if other := &k.rowTwin.laws[i]; slices.Contains(other.Replaces, row.ID) && k.bound(other) && !k.replaced(other) {
			return true
		}
	}
	return false
}

// bound reports whether a law covers the case, other laws aside.
func (k *twinCase) bound(row *twinLaw) bool {
	c := k.c
	zone := time.UTC
	switch {
	case row.Agent && k.payer.AgentSpecialty == "", !covers(row.PlanTypes, c.PlanType):
		return false
	case !row.Enabled, row.Accreditation != "" && !slices.Contains(k.payer.Accreditations, row.Accreditation):
		return false
	case row.Kind == "state":
		if !slices.Contains(row.States, k.state(row)) {
			return false
		}
		zone = k.zones[k.state(row)]
	}
	if row.Zone != "" {
		zone = twinZone(row.Zone)
	}
	day := localDay(k.asked, zone)
	return slices.Contains(row.Lines, c.LineOfBusiness) && slices.Contains(row.Levels, c.LevelOfReview) &&
		slices.Contains(row.Phases, c.Phase) && slices.Contains(row.Statuses, c.Determination.Status) &&
		(row.Trigger == nil || k.match) && row.ValidFrom <= day && (row.ValidTo == "" || day <= row.ValidTo)
}

func (k *twinCase) state(row *twinLaw) string {
	switch {
	case row.StateBasis == "member", row.StateBasis == "situs_else_member" && k.c.SitusState == "":
		return k.c.MemberState
	case row.StateBasis == "situs_else_member", row.StateBasis == "situs":
		return k.c.SitusState
	}
	panic(fmt.Sprintf("%s: basis %q", row.ID, row.StateBasis))
}
