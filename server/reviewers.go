package server

import (
	"net/http"

	"github.com/parleyhq/parley/engine"
)

func putReviewer(c *call) answer {
	var in reviewerIn
	if p := decode(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	payload := engine.PutReviewer{Reviewer: in.resolve(&k, c.writing())}
	payload.Expect = k.version(c.ifMatch, in.Version)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	o, p := c.submit(ticket{}, payload)
	if p != nil {
		return refuse(p)
	}
	if o.Status != engine.StatusOK {
		return refuse(c.refused(o))
	}
	return written(o, o.Reviewer.Version, c.reviewerOut(o.Reviewer, o.Reviewer.Zone))
}

func getReviewer(c *call) answer {
	r, found := c.snap.Reviewer(c.actor.Tenant, c.id)
	if !found {
		return notFound()
	}
	z, p := c.zone(r.Zone)
	if p != nil {
		return refuse(p)
	}
	if a, same := c.unchanged(r.Version); same {
		return a
	}
	a := ok(http.StatusOK, c.reviewerOut(r, z))
	a.version = r.Version
	return a
}

// deleteReviewer deactivates: the reviewer stays readable, with his calls.
func deleteReviewer(c *call) answer {
	o, p := c.submit(ticket{}, engine.DeactivateReviewer{ID: c.id, Expect: c.ifMatch})
	if p != nil {
		return refuse(p)
	}
	if o.Status != engine.StatusOK {
		return refuse(c.refused(o))
	}
	return answer{status: http.StatusNoContent}
}

// reviewersOut is a page of the roster, by id.
type reviewersOut struct {
	Reviewers  []reviewerOut `json:"reviewers"`
	NextCursor *string       `json:"nextCursor"`
}

func listReviewers(c *call) answer {
	var k check
	k.ofQuery = true
	limit := k.pageSize(c.query)
	zone := k.queryZone(c.query)
	cursor, cp := c.readCursor("reviewers")
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	if cp != nil {
		return refuse(cp)
	}
	out := reviewersOut{Reviewers: []reviewerOut{}}
	var last string
	c.snap.Reviewers(c.actor.Tenant, cursor.id, func(r *engine.Reviewer) bool {
		if r.ID == cursor.id {
			return true // the last one of the page before
		}
		if len(out.Reviewers) == limit {
			next := c.writeCursor("reviewers", position{id: last})
			out.NextCursor = &next
			return false
		}
		z := zone
		if z == nil {
			z = r.Zone
		}
		last = r.ID
		out.Reviewers = append(out.Reviewers, c.reviewerOut(r, z))
		return true
	})
	return ok(http.StatusOK, out)
}
