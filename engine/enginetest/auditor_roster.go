package enginetest

import (
	"bytes"
	"reflect"
	"slices"

	"github.com/parleyhq/parley/engine"
)

// stale tells whether a version was expected that is not the current one.
func stale(expect, current uint64) bool { return expect != 0 && expect != current }

func (a *Auditor) loadRules(p engine.LoadRules) Verdict {
	i := slices.IndexFunc(a.books, func(b handbook) bool { return bytes.Equal(b.bundle, p.Bundle) })
	if i < 0 {
		return refused(engine.StatusInvalid)
	}
	changed := i != a.inForce
	a.inForce = i
	return Verdict{changed: changed, Created: changed}
}

func (a *Auditor) putReviewer(actor engine.Actor, p engine.PutReviewer) Verdict {
	i := a.findReviewer(actor.Tenant, p.Reviewer.ID)
	if i < 0 {
		if p.Expect != 0 {
			return refused(engine.StatusStaleVersion)
		}
		a.reviewers = append(a.reviewers, knownReviewer{actor.Tenant, p.Reviewer, 1})
		return Verdict{version: 1, changed: true, Created: true}
	}
	r := &a.reviewers[i]
	if stale(p.Expect, r.version) {
		return refused(engine.StatusStaleVersion)
	}
	changed := !reflect.DeepEqual(r.image, p.Reviewer)
	if changed {
		r.image = p.Reviewer
		r.version++
	}
	return Verdict{version: r.version, changed: changed}
}

func (a *Auditor) deactivate(actor engine.Actor, p engine.DeactivateReviewer) Verdict {
	i := a.findReviewer(actor.Tenant, p.ID)
	if i < 0 {
		return refused(engine.StatusNotFound)
	}
	r := &a.reviewers[i]
	if stale(p.Expect, r.version) {
		return refused(engine.StatusStaleVersion)
	}
	changed := r.image.Active
	if changed {
		r.image.Active = false
		r.version++
	}
	return Verdict{version: r.version, changed: changed}
}

func (a *Auditor) putCase(actor engine.Actor, p engine.PutCase) Verdict {
	i := a.findCase(actor.Tenant, p.Case.ID)
	if i < 0 {
		if p.Expect != 0 {
			return refused(engine.StatusStaleVersion)
		}
		a.cases = append(a.cases, knownCase{tenant: actor.Tenant, image: p.Case, version: 1})
		return Verdict{version: 1, changed: true, Created: true}
	}
	c := &a.cases[i]
	if stale(p.Expect, c.version) {
		return refused(engine.StatusStaleVersion)
	}
	changed := !reflect.DeepEqual(c.image, p.Case)
	if changed {
		// Another letter or another level of review is another decision to ask about.
		before := c.image.Determination.LetterDate
		if before != 0 && before != p.Case.Determination.LetterDate || c.image.LevelOfReview != p.Case.LevelOfReview {
			c.asked, c.stage, c.talks = 0, 0, 0
		}
		c.image = p.Case
		c.version++
		a.end(c)
		a.tell(c)
	}
	return Verdict{version: c.version, changed: changed}
}

func (a *Auditor) putProfile(actor engine.Actor, p engine.PutProfile) Verdict {
	i := slices.IndexFunc(a.profiles, func(k knownProfile) bool {
		return k.tenant == actor.Tenant && k.principal == actor.Principal
	})
	if i < 0 {
		if p.Expect != 0 {
			return refused(engine.StatusStaleVersion)
		}
		a.profiles = append(a.profiles, knownProfile{actor.Tenant, actor.Principal, p.Profile, 1})
		return Verdict{version: 1, changed: true, Created: true}
	}
	k := &a.profiles[i]
	if stale(p.Expect, k.version) {
		return refused(engine.StatusStaleVersion)
	}
	changed := !reflect.DeepEqual(k.image, p.Profile)
	if changed {
		k.image = p.Profile
		k.version++
	}
	return Verdict{version: k.version, changed: changed}
}
