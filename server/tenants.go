package server

import (
	"net/http"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// tenantIn is what an operator says of a tenant.
type tenantIn struct {
	ID       need[string] `json:"id"`
	Name     opt[string]  `json:"name"`
	Disabled opt[bool]    `json:"disabled"`
	Version  opt[uint64]  `json:"version"`
}

type tenantOut struct {
	ID        string  `json:"id"`
	Name      *string `json:"name"`
	Disabled  bool    `json:"disabled"`
	CreatedAt string  `json:"createdAt"`
	UpdatedAt string  `json:"updatedAt"`
	Version   uint64  `json:"version"`
}

type tenantsOut struct {
	Tenants    []tenantOut `json:"tenants"`
	NextCursor *string     `json:"nextCursor"`
}

func tenantOf(v *engine.Tenant) tenantOut {
	utc := slots.UTC()
	return tenantOut{
		ID: v.ID, Name: textOrNull(v.Name), Disabled: v.Disabled, CreatedAt: *instantText(v.CreatedAt, utc),
		UpdatedAt: *instantText(v.UpdatedAt, utc), Version: v.Version,
	}
}

func putTenant(c *call) answer {
	var in tenantIn
	if p := decode(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	v := engine.Tenant{ID: k.ownID(c.writing(), in.ID.V), Disabled: in.Disabled.V}
	if in.Name.Set {
		v.Name = k.text("/name", in.Name.V, maxName)
	}
	if v.Disabled && v.ID == c.actor.Tenant {
		k.wrong("/disabled", "must not be said of one's own tenant")
	}
	payload := engine.PutTenant{Tenant: v, Expect: k.version(c.ifMatch, in.Version)}
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
	return written(o, o.Tenant.Version, tenantOf(o.Tenant))
}

func getTenant(c *call) answer {
	v, found := c.snap.Tenant(c.id)
	if !found {
		return notFound()
	}
	a := ok(http.StatusOK, tenantOf(v))
	a.version = v.Version
	return a
}

func listTenants(c *call) answer {
	k := check{ofQuery: true}
	limit := k.pageSize(c.query)
	cursor, cp := c.readCursor("tenants")
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	if cp != nil {
		return refuse(cp)
	}
	out := tenantsOut{Tenants: []tenantOut{}}
	last := ""
	c.snap.Tenants(cursor.id, func(v *engine.Tenant) bool {
		if v.ID == cursor.id {
			return true // the last one of the page before
		}
		if len(out.Tenants) == limit {
			next := c.writeCursor("tenants", position{id: last})
			out.NextCursor = &next
			return false
		}
		last = v.ID
		out.Tenants = append(out.Tenants, tenantOf(v))
		return true
	})
	return ok(http.StatusOK, out)
}
