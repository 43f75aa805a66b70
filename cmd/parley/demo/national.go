package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Sizes and span of the national demo.
const (
	Reviewers = 400
	Cases     = 1000
	seed      = 20_260_101
)

// National returns the reviewers, then the cases, of a made-up vendor whose
// newest denials were decided on the day of now.
func National(now time.Time) []Line {
	g := &generator{rnd: rand.New(rand.NewPCG(seed, 1)), today: now.UTC()}
	lines := make([]Line, 0, Reviewers+Cases)
	for range Reviewers {
		lines = append(lines, reviewerLine(g.nextReviewer()))
	}
	for range Cases {
		lines = append(lines, caseLine(g.nextCase()))
	}
	return lines
}

// Example is what a look-up of one demo case needs.
type Example struct{ ID, BirthDate string }

// NationalExamples returns the first cases of the national demo. They are the
// same on every day.
func NationalExamples(count int) []Example {
	g := &generator{rnd: rand.New(rand.NewPCG(seed, 1))}
	for range Reviewers {
		g.nextReviewer()
	}
	out := make([]Example, 0, count)
	for range min(count, Cases) {
		c := g.nextCase()
		out = append(out, Example{c.ID, c.Member.DateOfBirth})
	}
	return out
}

// generator draws from one seeded source, in a fixed order.
type generator struct {
	rnd    *rand.Rand
	today  time.Time
	roster []reviewer   // made so far
	count  int          // of cases made so far
	last   clinicalCase // the newest of them
}

// pick draws one of a list.
func pick[T any](g *generator, list []T) T { return list[g.rnd.IntN(len(list))] }

// chance is true in percent of 100 draws.
func (g *generator) chance(percent int) bool { return g.rnd.IntN(100) < percent }

// date returns the day that lies some days before today (negative: after).
func (g *generator) date(daysAgo int) string {
	return g.today.AddDate(0, 0, -daysAgo).Format(time.DateOnly)
}

// person draws a first and a last name.
func (g *generator) person() (first, last string) { return pick(g, firstNames), pick(g, lastNames) }

// nextReviewer makes a reviewer; the fields take turns.
func (g *generator) nextReviewer() reviewer {
	i := len(g.roster)
	f := fields[i%len(fields)]
	first, last := g.person()
	home := pick(g, homeStates)
	r := reviewer{
		ID: fmt.Sprintf("rev-%04d", i+1), Name: first + " " + last,
		Credential: "MD", NPI: npi(100_000_000 + i*37),
		Specialties: []string{pick(g, f.specialties)},
		Programs:    f.programs,
		Populations: []string{"adult"},
		TimeZone:    home.zone, Active: true,
	}
	if g.chance(15) {
		r.Credential = "DO"
	}
	if f.credential != "" {
		r.Credential = f.credential
	}
	if g.chance(35) {
		r.Populations = append(r.Populations, "pediatric")
	}
	if g.chance(40) {
		r.Populations = append(r.Populations, "geriatric")
	}
	r.Licenses = g.licenses(home.state)
	r.WeeklyHours = g.hours()
	g.training(&r, f)
	if turn := i / len(fields); turn < onCallReviewers && slices.Contains(onCall, f.programs[0]) {
		r.TimeZone, r.WeeklyHours = "America/New_York", shift(turn)
		g.roster = append(g.roster, r)
		return r
	}
	if g.chance(25) {
		r.Exceptions = []exception{{Date: g.date(-g.rnd.IntN(20)), Hours: []span{}}}
	}
	if g.chance(30) {
		r.BufferAfterMinutes = 15
	}
	if g.chance(20) {
		r.MaxPerDay = 4 + g.rnd.IntN(5)
	}
	g.roster = append(g.roster, r)
	return r
}

// onCallReviewers is how many reviewers of a field that takes calls at once work
// in shifts: two in each.
const onCallReviewers = 6

// shift is a third of every day.
func shift(turn int) []weekly {
	from := turn % 3 * 8
	return []weekly{{Days: []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, Start: hhmm(from), End: hhmm(from + 8)}}
}

// training draws what rules may ask of a reviewer's past and scope: certified,
// experienced (some no longer practising), and a few who work for one plan only.
func (g *generator) training(r *reviewer, f field) {
	if f.credential == "" && g.chance(75) {
		c := certification{Specialty: r.Specialties[0], From: g.date(365 * (1 + g.rnd.IntN(15)))}
		if g.chance(60) {
			c.To = g.date(-(30 + g.rnd.IntN(2000)))
		}
		r.BoardCertifications = []certification{c}
	}
	if g.chance(70) {
		e := experience{Specialty: f.specialties[0]}
		if g.chance(30) {
			e.Until = g.date(g.rnd.IntN(3000))
		}
		r.Experience = []experience{e}
	}
	if g.chance(8) {
		r.HealthPlans = []string{"hne"}
	}
	if f.modalities != nil && g.chance(20) {
		r.Modalities = []string{"mri"}
	}
}

// licenses draws the home state and up to eleven more, Texas in about a fifth of the rosters.
func (g *generator) licenses(home string) []license {
	held := map[string]bool{home: true}
	states := []string{home}
	if !held["TX"] && g.chance(18) {
		held["TX"] = true
		states = append(states, "TX")
	}
	for range g.rnd.IntN(11) {
		s := pick(g, allStates)
		if !held[s] {
			held[s] = true
			states = append(states, s)
		}
	}
	out := make([]license, 0, len(states))
	for _, s := range states {
		out = append(out, license{
			State: s, Type: "full", Status: "active",
			From: g.date(365 * (2 + g.rnd.IntN(20))), To: g.date(-(20 + g.rnd.IntN(700))),
		})
	}
	return out
}

// hours draws one of the usual weeks: full days, mornings, late days, or split ones.
func (g *generator) hours() []weekly {
	week := []string{"mon", "tue", "wed", "thu", "fri"}
	start := 7 + g.rnd.IntN(4)
	switch g.rnd.IntN(4) {
	case 0:
		return []weekly{{Days: week, Start: hhmm(start), End: hhmm(start + 8)}}
	case 1:
		return []weekly{{Days: week[:4], Start: hhmm(start), End: hhmm(start + 4)}}
	case 2:
		return []weekly{{Days: []string{"mon", "wed"}, Start: hhmm(start + 4), End: hhmm(start + 9)}}
	default:
		return []weekly{
			{Days: week, Start: hhmm(start), End: hhmm(start + 3)},
			{Days: week, Start: hhmm(start + 5), End: hhmm(start + 8)},
		}
	}
}

func hhmm(h int) string { return fmt.Sprintf("%02d:00", h) }

// npi makes a well-formed NPI from nine digits: its check digit is Luhn's over
// "80840" and the number.
func npi(nine int) string {
	digits := fmt.Sprintf("80840%09d", 100_000_000+nine%100_000_000)
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return fmt.Sprintf("%s%d", digits[5:], (10-sum%10)%10)
}
