package engine

import (
	"slices"

	"github.com/parleyhq/parley/slots"
)

// DetailBlocks is the detail of an absence that is refused because the reviewer has MaxBlocks blocks.
const DetailBlocks = "blocks"

// addAbsence takes a span out of a reviewer's hours. One that is out already
// changes nothing.
func (j *judging) addAbsence(p AddAbsence) decision {
	old, known := j.s.reviewers.get(j.actor.Tenant, p.ReviewerID)
	if !known {
		return refuse(StatusNotFound, "reviewer")
	}
	if stale(p.Expect, old.Version) {
		return refuse(StatusStaleVersion, "reviewer")
	}
	d := decision{subject: old.ID, question: question{expect: p.Expect, span: p.Span}}
	if slices.ContainsFunc(old.Hours.Blocks, func(b slots.Interval) bool { return b.Covers(p.Span) }) {
		return d
	}
	if len(old.Hours.Blocks) >= MaxBlocks {
		return refuse(StatusInvalid, DetailBlocks)
	}
	image := *old
	image.Hours.Blocks = append(slices.Clip(old.Hours.Blocks), p.Span)
	image.Version++
	image.UpdatedAt = j.now
	d.effects = []effect{&putReviewer{&image}}
	return d
}
