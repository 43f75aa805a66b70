package matcher

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// A few specialties, enough for every relation on the spine and joint lines.
const (
	codeOrtho  = "207X00000X"
	codeSpine  = "207XS0117X"
	codeRecon  = "207XS0114X"
	codeSports = "207XX0005X"
	codeNeuro  = "207T00000X"
	codeHeart  = "207RC0000X"
	codeWrong  = "1234567890"
)

var twinCodes = []string{codeOrtho, codeSpine, codeRecon, codeSports, codeNeuro, codeHeart, codeWrong, ""}

// twinRelations are the closer pairs, written out; equal known codes are same_subspecialty.
var twinRelations = map[string]string{
	"any " + codeOrtho + " " + codeSpine:                  "same",
	"any " + codeOrtho + " " + codeRecon:                  "same",
	"any " + codeOrtho + " " + codeSports:                 "same",
	"msk-spine-surgery " + codeSpine + " " + codeNeuro:    "similar",
	"msk-spine-surgery " + codeOrtho + " " + codeNeuro:    "similar",
	"msk-joint-surgery " + codeRecon + " " + codeSports:   "similar",
	"any " + codeHeart + " " + "207RI0011X":               "same",
	"msk-joint-surgery " + "207XX0801X" + " " + codeRecon: "similar",
}

func twinRelation(program, a, b string) Relation {
	if a == b && a != "" && a != codeWrong {
		return RelationSameSubspecialty
	}
	best := RelationNone
	for _, key := range []string{"any " + a + " " + b, "any " + b + " " + a, program + " " + a + " " + b, program + " " + b + " " + a} {
		switch twinRelations[key] {
		case "same":
			best = max(best, RelationSame)
		case "similar":
			best = max(best, RelationSimilar)
		}
	}
	return best
}

// texasTwin says tier, unmet needs and attestation as a person would, from the
// text: no trees, no tables, no rules.
func texasTwin(c *Case, r *Reviewer, requested, start time.Time) (tier string, unmet []string, attestation string) {
	chicago, err := time.LoadLocation("America/Chicago")
	if err != nil {
		panic(err)
	}
	state := c.SitusState
	if state == "" {
		state = c.MemberState
	}
	texas := state == "TX" && (c.LineOfBusiness == "commercial" || c.LineOfBusiness == "exchange") &&
		c.LevelOfReview != "appeal" && slices.Contains([]string{"pending", "denied", "partially_denied"}, c.Determination.Status) &&
		requested.In(chicago).Format(time.DateOnly) >= "2021-09-01"
	doctor := func(s string) bool { return s == "MD" || s == "DO" }
	if !r.Active || !doctor(r.Credential) || !slices.Contains(r.Programs, c.Program) {
		return "none", nil, ""
	}
	var anchors []string
	for _, p := range []Provider{c.Requesting, c.Ordering, c.Rendering} {
		if texas && p.Present && doctor(p.Credential) {
			anchors = append(anchors, p.Specialty)
		}
	}
	specialtyRule := len(anchors) > 0
	if !specialtyRule && c.Requesting.Present && doctor(c.Requesting.Credential) {
		anchors = []string{c.Requesting.Specialty}
	} else if !specialtyRule {
		anchors = []string{c.ServiceSpecialty}
	}
	best := RelationNone
	for _, a := range anchors {
		for _, b := range r.Specialties {
			best = max(best, twinRelation(c.Program, a, b))
		}
	}
	licensed := false
	today := start.In(chicago).Format(time.DateOnly)
	for _, l := range r.Licenses {
		licensed = licensed || l.State == "TX" && l.Status == "active" && l.From.String() <= today && today <= l.To.String() &&
			(l.Type == "full" || l.Type == "limited")
	}
	noLicense, noSpecialty := texas && !licensed, specialtyRule && best == RelationNone
	switch {
	case noLicense && noSpecialty:
		return "both_waived", []string{"license", "specialty"}, "tx_ssl_specialty_waived"
	case noLicense:
		return "license_waived", []string{"license"}, "tx_ssl_waived"
	case noSpecialty:
		return "specialty_waived", []string{"specialty"}, "tx_ssl_specialty_waived"
	}
	return map[Relation]string{RelationNone: "skilled", RelationSimilar: "similar"}[best], nil, ""
}

func TestTexasAgainstTwin(t *testing.T) {
	t.Parallel()
	rs, err := CompileRules(plainBundle(t, func(map[string]*section) {}))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		c, r := drawRuleCase(t), drawRuleReviewer(t)
		requested := slots.Instant(rapid.Int64Range(1_630_000_000, 1_631_000_000).Draw(t, "asked")) // around 2021-09-01
		start := slots.Instant(rapid.Int64Range(1_766_000_000, 1_768_000_000).Draw(t, "start"))     // around 2026-01-01
		v := rs.resolve(c, 1_766_000_000, requested, false).verdict(r, start)
		tier, unmet, attestation := texasTwin(c, r, time.Unix(int64(requested), 0), time.Unix(int64(start), 0))
		if tier == "" {
			tier = "full"
		}
		if v.Tier.String() != tier {
			t.Fatalf("tier %s, want %s", v.Tier, tier)
		}
		if tier == "none" {
			if v.Blocking == "" || v.Barred == 0 || v.Barred&^v.Unmet != 0 {
				t.Fatalf("refused without rule or need: %+v", v)
			}
			return
		}
		if got := strings.Join(v.Unmet.Codes(), " "); got != strings.Join(unmet, " ") {
			t.Fatalf("unmet %s, want %v", got, unmet)
		}
		if got := strings.Join(v.Attestations, " "); got != attestation {
			t.Fatalf("needs %s, want %s", got, attestation)
		}
	})
}

func drawRuleProvider(t *rapid.T, role string) Provider {
	return Provider{
		Present:    rapid.Bool().Draw(t, role),
		Credential: rapid.SampledFrom([]string{"MD", "DO", "NP", "DC", ""}).Draw(t, role+" credential"),
		Specialty:  rapid.SampledFrom(twinCodes).Draw(t, role+" specialty"),
	}
}

func drawRuleCase(t *rapid.T) *Case {
	pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
	c := &Case{
		Tenant: "t", ID: "c",
		HealthPlan:     pick("plan", "acme", "other"),
		LineOfBusiness: pick("line", "commercial", "commercial", "exchange", "self_funded"),
		SitusState:     pick("situs", "TX", "TX", "OK", ""),
		MemberState:    pick("member", "TX", "TX", "OK", "PR"),
		Population:     pick("population", populations...),
		Program:        pick("program", "msk-spine-surgery", "msk-joint-surgery", "cardiac"),
		LevelOfReview:  pick("level", levels...),
		Phase:          pick("phase", phases...),
		Requesting:     drawRuleProvider(t, "requesting"),
		Ordering:       drawRuleProvider(t, "ordering"),
		Rendering:      drawRuleProvider(t, "rendering"),
	}
	c.Determination.Status = pick("status", "pending", "denied", "partially_denied", "expired")
	c.Determination.ReviewerID = pick("decider", "", "r", "other")
	c.ServiceSpecialty = pick("service", twinCodes...)
	return c
}

func drawRuleReviewer(t *rapid.T) *Reviewer {
	r := &Reviewer{
		Tenant: "t", ID: "r",
		Credential:  rapid.SampledFrom([]string{"MD", "MD", "DO", "PharmD"}).Draw(t, "credential"),
		Specialties: rapid.SliceOfN(rapid.SampledFrom(twinCodes), 0, 3).Draw(t, "specialties"),
		Programs:    rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"msk-spine-surgery", "msk-joint-surgery", "cardiac"}), 1, 3, rapid.ID).Draw(t, "programs"),
		Populations: rapid.SliceOfNDistinct(rapid.SampledFrom(populations), 0, 3, rapid.ID).Draw(t, "populations"),
		Active:      rapid.IntRange(0, 9).Draw(t, "active") > 0,
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "licences") {
		r.Licenses = append(r.Licenses, drawRuleLicense(t, i))
	}
	return r
}

// drawRuleLicense draws one that may start or end around 2026-01-01.
func drawRuleLicense(t *rapid.T, i int) License {
	day := func(label string) slots.Date {
		return slots.Date(rapid.OneOf(rapid.Int32Range(20_430, 20_475), rapid.Int32Range(18_000, 24_000)).Draw(t, fmt.Sprint(label, i)))
	}
	return License{
		State:  rapid.SampledFrom([]string{"TX", "TX", "OK", "HI", "PR", "XX"}).Draw(t, fmt.Sprint("state", i)),
		Type:   rapid.SampledFrom(append([]string{"full", "full"}, licenseTypes...)).Draw(t, fmt.Sprint("type", i)),
		Status: rapid.SampledFrom([]string{"active", "active", "suspended"}).Draw(t, fmt.Sprint("status", i)),
		From:   day("from"), To: day("to"),
	}
}
