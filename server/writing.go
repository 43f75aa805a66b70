package server

import (
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// writing is what resolving a written entity needs to know besides the entity.
type writing struct {
	vault  *engine.Vault
	snap   *engine.Snapshot // what is stored already
	tenant string
	now    slots.Instant
	pathID string // the id in the path; "" in an import, where the entity alone names itself
}

func (c *call) writing() *writing {
	return &writing{vault: c.server.engine.Vault(), snap: c.snap, tenant: c.actor.Tenant, now: c.now, pathID: c.id}
}

// ownID checks the entity's id against the one in the path.
func (k *check) ownID(w *writing, s string) string {
	id := k.id("/id", s)
	if id != "" && w.pathID != "" && id != w.pathID {
		k.wrong("/id", "must be the id in the path")
	}
	return id
}

// version reads the version that must be current: of If-Match, the body, or
// both; 0 = any. Two different versions cannot both be current.
func (k *check) version(ifMatch uint64, body opt[uint64]) uint64 {
	if !body.Set {
		return ifMatch
	}
	if body.V == 0 {
		k.wrong("/version", "must be 1 or more")
	}
	k.stale = ifMatch != 0 && body.V != ifMatch
	return body.V
}

// earliestZone is where a date begins first: fourteen hours before UTC's.
func earliestZone() *slots.Zone { return zoneOr("Pacific/Kiritimati", slots.UTC()) }

// zoneOr loads a zone that was checked before; otherwise if there is none.
func zoneOr(name string, otherwise *slots.Zone) *slots.Zone {
	if z, err := slots.LoadZone(name); err == nil {
		return z
	}
	return otherwise
}
