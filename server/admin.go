package server

import (
	"bytes"
	"context"
	"net/http"
	"path"
	"runtime/pprof"
	"strconv"
	"time"
)

// maxProfileSeconds bounds a CPU profile; the answer must come before the transport gives up.
const maxProfileSeconds = 30

// NewAdmin makes the server of the operator's own listener: metrics, profiles, health. It answers loopback clients on a
// loopback address, without credentials: whoever is on the machine and may open its port. o.Metrics is that of the server
// whose Options.Admin is set, which then has no metrics of its own to show.
func NewAdmin(o Options) (*Server, error) {
	o.Tokens, o.Certificate, o.BehindProxy, o.Tracer = nil, nil, false, nil
	if o.Listen != "" {
		if err := CheckListen(o.Listen, false); err != nil {
			return nil, err
		}
	}
	s := newServer(o, adminRoutes())
	s.admin, s.public = true, o.Public
	s.every(partsEvery, func(tick <-chan time.Time) { s.vault.follow(s.base.Done(), tick) })
	s.readFrom(o.Engine)
	return s, nil
}

// adminRoutes is the table of the operator's listener.
func adminRoutes() []route {
	rows := []route{
		{method: "GET", path: "/healthz", name: "getHealth", handle: getHealth},
		{method: "GET", path: "/readyz", name: "getReadiness", handle: getReadiness},
		{method: "GET", path: "/metrics", name: "getMetrics", handle: getMetrics, produces: typeAny},
		{method: "POST", path: "/admin/backup", name: "startBackup", handle: startBackup},
		{method: "GET", path: "/admin/backup", name: "getBackup", handle: getBackup},
		{method: "GET", path: "/admin/self-check", name: "getSelfCheck", handle: getSelfCheck},
		{method: "GET", path: "/debug/pprof/{id}", name: "getProfile", handle: getProfile, produces: typeAny, query: []string{"seconds"}},
	}
	for i := range rows {
		rows[i].allow = &forEverybody
	}
	return rows
}

// AdminHeader has to name what a request changes on the operator's listener: the last part of its path. No form of a page can send it, and a
// script of another site only with leave that is never given.
const AdminHeader = "Parley-Admin"

// adminHeader is AdminHeader as the front filter compares names.
const adminHeader = "parley-admin"

// takeAct makes sure that a change on the operator's listener is meant: any page that is open in a browser on this machine can send requests to it.
func (a *admitted) takeAct(f *headFields) *refused {
	switch {
	case a.route.method == http.MethodGet && !f.ofOther:
		return nil // what somebody looks at with a browser
	case f.ofPage:
		return deny(codeForbidden, "A page in a browser has sent the request.")
	case f.adminAct != path.Base(a.route.path):
		return denyHeader(codeInvalidHeader, AdminHeader, "must be "+path.Base(a.route.path))
	}
	return nil
}

// getProfile answers with a profile of the runtime as pprof reads it: goroutine, heap, allocs, block, mutex, threadcreate
// or, over some seconds, profile (CPU). Profiles hold addresses and counts, never what the program's memory says.
func getProfile(c *call) answer {
	var out bytes.Buffer
	if c.id == "profile" {
		seconds, p := c.profileSeconds()
		if p != nil {
			return refuse(p)
		}
		if err := pprof.StartCPUProfile(&out); err != nil {
			return refuse(&problem{code: codeOverloaded, detail: "Another profile is being taken."})
		}
		ctx, cancel := context.WithTimeout(c.server.base, time.Duration(seconds)*time.Second)
		defer cancel()
		<-ctx.Done()
		pprof.StopCPUProfile()
	} else {
		found := pprof.Lookup(c.id)
		if found == nil || len(c.query) > 0 {
			return notFound()
		}
		if err := found.WriteTo(&out, 0); err != nil {
			return refuse(&problem{code: codeInternal})
		}
	}
	return answer{status: http.StatusOK, body: out.Bytes(), contentType: "application/octet-stream"}
}

// profileSeconds reads ?seconds=, 5 if it is not given.
func (c *call) profileSeconds() (int, *problem) {
	s, given := c.query["seconds"]
	if !given {
		return 5, nil
	}
	k := check{ofQuery: true}
	n, err := strconv.Atoi(s)
	if err != nil {
		k.unclear("seconds", "must be an integer")
	}
	n = k.within("seconds", n, 1, maxProfileSeconds)
	return n, k.problem()
}
