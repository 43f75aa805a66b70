package engine

import "github.com/parleyhq/parley/matcher"

func (j *judging) putReviewer(p PutReviewer) decision {
	image := p.Reviewer
	image.Tenant, image.ZoneName = j.actor.Tenant, image.Zone.Name()
	image.Ref, image.Version, image.UpdatedAt = j.s.nextRef, 0, 0
	old, known := j.s.reviewers.get(image.Tenant, image.ID)
	if known {
		image.Ref, image.Version, image.UpdatedAt = old.Ref, old.Version, old.UpdatedAt
	}
	if stale(p.Expect, image.Version) {
		return refuse(StatusStaleVersion, "reviewer")
	}
	d := decision{subject: image.ID, created: !known, question: question{expect: p.Expect}}
	if known && same(old, &image, (*codec).reviewer) {
		return d
	}
	image.Version++
	image.UpdatedAt = j.now
	d.effects = []effect{&putReviewer{&image}}
	return d
}

func (j *judging) deactivateReviewer(p DeactivateReviewer) decision {
	old, known := j.s.reviewers.get(j.actor.Tenant, p.ID)
	if !known {
		return refuse(StatusNotFound, "reviewer")
	}
	if stale(p.Expect, old.Version) {
		return refuse(StatusStaleVersion, "reviewer")
	}
	d := decision{subject: p.ID, question: question{expect: p.Expect}}
	if !old.Active {
		return d
	}
	image := *old
	image.Active = false
	image.Version++
	image.UpdatedAt = j.now
	d.effects = []effect{&putReviewer{&image}}
	return d
}

// putCase stores what the payer says, and ends the case's call where the rules
// say that it is over.
func (j *judging) putCase(p PutCase) decision {
	image := p.Case
	image.Tenant = j.actor.Tenant
	image.FirstAskedAt, image.Version, image.UpdatedAt = 0, 0, 0
	image.Stage, image.CallsHeld = 0, 0
	old, known := j.s.cases.get(image.Tenant, image.ID)
	if known {
		image.Version, image.UpdatedAt = old.Version, old.UpdatedAt
		if !newRequest(&old.Case, &image.Case) {
			image.FirstAskedAt, image.Stage, image.CallsHeld = old.FirstAskedAt, old.Stage, old.CallsHeld
		}
	}
	if image.P2PRequestedAt == 0 {
		image.P2PRequestedAt = image.FirstAskedAt
	}
	if stale(p.Expect, image.Version) {
		return refuse(StatusStaleVersion, "case")
	}
	d := decision{subject: image.ID, created: !known, question: question{expect: p.Expect}}
	if known && same(old, &image, (*codec).caseEntity) {
		return d
	}
	image.Version++
	image.UpdatedAt = j.now
	d.effects = append([]effect{&putCase{&image}}, j.ended(&image)...)
	return d
}

// newRequest reports whether a case has moved on to a decision that needs to be
// asked about anew: another letter, or another level of review.
func newRequest(old, now *matcher.Case) bool {
	letter := old.Determination.LetterDate
	return letter != 0 && letter != now.Determination.LetterDate || old.LevelOfReview != now.LevelOfReview
}
