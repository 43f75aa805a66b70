package enginetest

import (
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// fit is how well a reviewer suits a case at one start: a few sentences of the
// contract, worked out by hand for the codes and plans of the simulated world.
type fit struct {
	tier     matcher.Tier // TierNone: not at all
	near     int          // as relation says
	similar  bool         // not the same specialty: unmet where a match was asked for
	required []string     // attestation codes
	optional []string
}

// eligible tells whether a call about a case may be asked for.
func (a *Auditor) eligible(c *knownCase, firstAsked slots.Instant) bool {
	if c.settled() {
		return false
	}
	d := &c.image.Determination
	t := a.terms(c)
	if t.once && c.talks > 0 {
		a.counts.Add("call held already")
		return false
	}
	if t.window == 0 {
		return true
	}
	asked := a.now
	if firstAsked != 0 {
		asked = firstAsked
	}
	if c.asked != 0 {
		asked = c.asked
	}
	return d.DecidedAt != 0 && asked <= d.DecidedAt+slots.Instant(t.window)*3600
}

func (a *Auditor) terms(c *knownCase) terms { return a.books[a.inForce].termsOf(&c.image) }

// shared are the terms of several cases in one call.
func (a *Auditor) shared(cases []*knownCase) terms {
	all := a.terms(cases[0])
	for _, c := range cases[1:] {
		t := a.terms(c)
		all.call, all.lead = max(all.call, t.call), max(all.lead, t.lead)
		all.horizon, all.hold = min(all.horizon, t.horizon), min(all.hold, t.hold)
		all.clinician = all.clinician || t.clinician
		all.windows = max(all.windows, t.windows)
		step := all.grid
		for step%t.grid != 0 {
			step += all.grid
		}
		all.grid = step
	}
	return all
}

// works tells, minute by minute, whether a reviewer is there for all of a call.
func works(r *engine.Reviewer, span slots.Interval) bool {
	for at := span.Start; at < span.End; at += 60 {
		if !worksAt(r, at) {
			return false
		}
	}
	return true
}

// dayOf is the local day of a reviewer at an instant.
func dayOf(r *engine.Reviewer, at slots.Instant) slots.Date {
	return slots.Date((at + offsetAt(r.Zone.Name(), at)) / 86400)
}

func worksAt(r *engine.Reviewer, at slots.Instant) bool {
	zone, date := r.Zone.Name(), dayOf(r, at)
	within := func(s slots.ClockSpan) bool {
		return instantOf(zone, date, s.Start) <= at && at < instantOf(zone, date, s.End)
	}
	for _, b := range r.Hours.Blocks {
		if b.Start <= at && at < b.End {
			return false
		}
	}
	for _, e := range r.Hours.Exceptions {
		if e.Date == date {
			return slices.ContainsFunc(e.Hours, within)
		}
	}
	weekday := (int(date) + 3) % 7 // Monday = 0
	return slices.ContainsFunc(r.Hours.Weekly, func(w slots.WeeklyHours) bool {
		return w.Days>>weekday&1 == 1 && within(w.Span)
	})
}

// relation says how close two specialties are: 3 same subspecialty, 2 same,
// 1 similar, 0 none.
func relation(program, anchor, have string) int {
	ortho := func(code string) bool { return code == codeSpine || code == codeOrtho }
	switch {
	case anchor == have:
		return 3
	case ortho(anchor) && ortho(have):
		return 2
	case program == programSpine && (ortho(anchor) && have == codeNeuro || anchor == codeNeuro && ortho(have)):
		return 1
	}
	return 0
}

// fitOf judges a reviewer for a case and a call that starts at start, where a
// specialty match was asked for or not.
func (a *Auditor) fitOf(r *engine.Reviewer, k *knownCase, start slots.Instant, match bool) fit {
	c, t := &k.image, a.terms(k)
	right := r.Credential == "MD" || r.Credential == "DO"
	if t.stages && k.stage == 0 {
		right = r.Credential == "PharmD"
	}
	if !r.Active || !right || !slices.Contains(r.Programs, c.Program) {
		return fit{}
	}
	anchor := c.ServiceSpecialty
	asked := c.Requesting.Credential == "MD" || c.Requesting.Credential == "DO"
	if asked {
		anchor = c.Requesting.Specialty
	}
	law := match && appealInTexas(c)
	if law { // of the specialty that the service is in, and at least a similar one
		anchor = c.ServiceSpecialty
	}
	near := relation(c.Program, anchor, r.Specialties[0])
	if law && near == 0 {
		return fit{}
	}
	f := fit{tier: matcher.TierSkilled, near: near, similar: near < 2}
	if near == 1 {
		f.tier = matcher.TierSimilar
	} else if near > 1 {
		f.tier = matcher.TierFull
	}
	if texan(c) {
		a.waive(&f, licensedInTexas(r, start), !asked || near > 0)
	}
	appeal := c.LevelOfReview == "appeal"
	if t.ohioConsent && c.MemberState == "OH" {
		if appeal {
			f.required = append(f.required, codeOhioConsent)
		} else {
			f.optional = append(f.optional, codeOhioConsent)
		}
	}
	if t.appeals && appeal {
		f.required = append(f.required, codeAppeal)
	}
	return f
}

// texan tells whether the law of Texas on commercial plans covers a case.
func texan(c *engine.Case) bool {
	status := c.Determination.Status
	return c.SitusState == "TX" && c.LineOfBusiness == "commercial" && c.LevelOfReview != "appeal" &&
		(status == "pending" || status == "denied" || status == "partially_denied")
}

// appealInTexas tells whether the law of Texas on appeals covers a case.
func appealInTexas(c *engine.Case) bool {
	first := *c
	first.LevelOfReview = "initial"
	return c.LevelOfReview == "appeal" && texan(&first)
}

// waive notes what Texas lets a caller waive.
func (a *Auditor) waive(f *fit, licensed, specialty bool) {
	switch {
	case licensed && specialty:
	case specialty:
		f.tier, f.required = matcher.TierLicenseWaived, append(f.required, codeLicenseWaived)
	case licensed:
		f.tier, f.required = matcher.TierSpecialtyWaived, append(f.required, codeSpecialtyWaived)
	default:
		f.tier, f.required = matcher.TierBothWaived, append(f.required, codeSpecialtyWaived)
	}
}

// licensedInTexas looks for a licence that counts on the local date of start.
func licensedInTexas(r *engine.Reviewer, start slots.Instant) bool {
	date := slots.Date((start + offsetAt(zoneChicago, start)) / 86400)
	return slices.ContainsFunc(r.Licenses, func(l matcher.License) bool {
		return l.State == "TX" && l.Status == "active" && l.Type == "full" && l.From <= date && date <= l.To
	})
}
