package server

import (
	"net/http"

	"github.com/parleyhq/parley/engine"
)

// appointmentsOut is a page of appointments, newest start first.
type appointmentsOut struct {
	Appointments []appointmentOut `json:"appointments"`
	NextCursor   *string          `json:"nextCursor"`
}

// appointmentView chooses the rows of a list.
type appointmentView struct {
	name string // mine, reviewer, case
	id   string // of the reviewer or case
}

// resolveView reads ?view= with the one id that goes with it.
func (k *check) resolveView(query map[string]string) (v appointmentView) {
	name, given := query["view"]
	if !given {
		k.unclear("view", "is required")
		return v
	}
	v.name = k.word("view", name, views)
	for _, view := range []string{"reviewer", "case"} {
		parameter := view + "Id"
		id, given := query[parameter]
		switch {
		case given && view == v.name:
			v.id = k.id(parameter, id)
		case given:
			k.wrong(parameter, "does not go with this view")
		case view == v.name:
			k.unclear(parameter, "is required with this view")
		}
	}
	return v
}

// list names the view for a cursor.
func (v appointmentView) list() string { return "appointments\x00" + v.name + "\x00" + v.id }

// known reports whether what the view is about exists.
func (v appointmentView) known(c *call) (found bool) {
	switch v.name {
	case "reviewer":
		if c.scope != nil && c.scope.ReviewerID == "" {
			return false // no office has a reviewer of its own
		}
		_, found = c.snap.Reviewer(c.actor.Tenant, v.id)
	case "case":
		_, found = c.snap.Case(c.actor.Tenant, v.id)
	default:
		found = true
	}
	return found
}

// each yields the view's appointments after a position.
func (v appointmentView) each(c *call, after engine.Position, yield func(*engine.Appointment) bool) {
	switch v.name {
	case "reviewer":
		c.snap.ByReviewer(c.actor.Tenant, v.id, after, yield)
	case "case":
		c.snap.ByCase(c.actor.Tenant, v.id, after, yield)
	default:
		c.snap.Mine(c.actor.Tenant, c.actor.Principal, after, yield)
	}
}

func listAppointments(c *call) answer {
	k := check{ofQuery: true}
	view := k.resolveView(c.query)
	limit := k.pageSize(c.query)
	zone := k.queryZone(c.query)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	after, p := c.readCursor(view.list())
	if p != nil {
		return refuse(p)
	}
	if !view.known(c) {
		return notFound()
	}
	out := appointmentsOut{Appointments: []appointmentOut{}}
	last := after
	view.each(c, engine.Position{Start: after.start, ID: after.id}, func(a *engine.Appointment) bool {
		if len(out.Appointments) == limit {
			next := c.writeCursor(view.list(), last)
			out.NextCursor = &next
			return false
		}
		z := zone
		if z == nil {
			z = appointmentZone(a)
		}
		last = position{start: a.Span.Start, id: a.ID}
		out.Appointments = append(out.Appointments, c.appointmentNow(a, z))
		return true
	})
	return ok(http.StatusOK, out)
}
