package server

import (
	"sync/atomic"

	"github.com/parleyhq/parley/matcher"
)

// maxNamed is how many reviewers' documents are kept: enough that those on a page are
// seldom made anew, and some megabytes at most.
const maxNamed = 1 << 14

// named keeps what answers say of reviewers, for a name is sealed and a page shows the
// same reviewers again and again. A reviewer who changes is another one to it. Safe for
// concurrent use.
type named struct {
	kept [maxNamed]atomic.Pointer[namedReviewer]
}

type namedReviewer struct {
	reviewer *matcher.Reviewer // as it is in the snapshots that know it
	document []byte            // in text, if that has room for it: what is read together lies together
	text     [96]byte
}

// of returns the document of a reviewer, made by w if it is not kept.
func (n *named) of(r *matcher.Reviewer, w *offerWriter) []byte {
	place := &n.kept[uint32(r.Ref)%maxNamed]
	if have := place.Load(); have != nil && have.reviewer == r {
		return have.document
	}
	made := &namedReviewer{reviewer: r}
	made.document = append(made.text[:0], w.document(r)...)
	place.Store(made)
	return made.document
}
