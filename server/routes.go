package server

import (
	"strings"

	"github.com/parleyhq/parley/matcher"
)

// route is one row of the one table of routes. A path segment {id} takes [A-Za-z0-9._-]{1,64}.
type route struct {
	method, path string
	name         string // operationId, also the metric label
	about        *about // whose id {id} is; nil = nothing's that the access journal names
	handle       func(*call) answer
	changes      bool        // a POST that changes state: Idempotency-Key is required
	personal     bool        // answers carry personal data
	versioned    bool        // honours If-Match
	tagged       bool        // a GET that honours If-None-Match
	maxBody      int         // bytes; 0 = no body allowed
	contentType  string      // of the body; "" with a body = application/json
	produces     string      // content type of a success; "" = application/json
	allow        *permission // who may ask; set by the server from the table of permissions
	meter        *meter      // of the answers; set by the server
	lists        bool        // pages of a list; set by the server
	rank         rank        // who goes first; set by the server
	booking      bool        // a body that speaks of a hold gives it the first rank
	query        []string    // names of the query parameters that the route knows; any other or a repeated one is 400
}

// media is what the route answers with when it succeeds.
func (r *route) media() string {
	if r.produces != "" {
		return r.produces
	}
	return typeJSON
}

// Content types.
const (
	typeJSON     = "application/json"
	typeProblem  = "application/problem+json"
	typeNDJSON   = "application/x-ndjson"
	typeHTML     = "text/html"
	typeCalendar = "text/calendar"
	typeCSV      = "text/csv"
	typeAny      = "*/*" // the route picks by itself
)

// routes is the table. Where two paths fit a target, the earlier row wins.
func routes() []route {
	zone := []string{"timeZone"}
	page := []string{"timeZone", "limit", "cursor"}
	calls := []string{"timeZone", "limit", "cursor", "view", "reviewerId", "caseId"}
	return []route{
		{method: "GET", path: "/", name: "getPage", handle: getPage, produces: typeHTML, personal: true},
		{method: "GET", path: "/assets/{id}", name: "getAsset", handle: getAsset, tagged: true, produces: typeAny},
		{method: "GET", path: "/docs", name: "getDocs", handle: getDocs, tagged: true, produces: typeHTML},
		{method: "GET", path: "/docs/{id}", name: "getDocsAsset", handle: getDocsAsset, tagged: true, produces: typeAny},
		{method: "GET", path: "/problems/{id}", name: "getProblemType", handle: getProblemType, produces: typeHTML},
		{method: "GET", path: "/openapi.json", name: "getOpenAPI", handle: getOpenAPI, tagged: true},
		{method: "GET", path: "/healthz", name: "getHealth", handle: getHealth},
		{method: "GET", path: "/readyz", name: "getReadiness", handle: getReadiness},
		{method: "GET", path: "/metrics", name: "getMetrics", handle: getMetrics, produces: typeAny},

		{method: "GET", path: "/v1/reviewers", name: "listReviewers", handle: listReviewers, personal: true, query: page},
		{method: "PUT", path: "/v1/reviewers/{id}", name: "putReviewer", about: aboutReviewer, handle: putReviewer, personal: true, versioned: true, maxBody: maxBodyBytes},
		{method: "GET", path: "/v1/reviewers/{id}", name: "getReviewer", about: aboutReviewer, handle: getReviewer, tagged: true, personal: true, query: zone},
		{method: "DELETE", path: "/v1/reviewers/{id}", name: "deleteReviewer", about: aboutReviewer, handle: deleteReviewer, personal: true, versioned: true},
		{method: "POST", path: "/v1/cases/lookup", name: "lookupCases", handle: lookupCases, personal: true, maxBody: maxBodyBytes},
		{method: "PUT", path: "/v1/cases/{id}", name: "putCase", about: aboutCase, handle: putCase, personal: true, versioned: true, maxBody: maxBodyBytes},
		{method: "GET", path: "/v1/cases/{id}", name: "getCase", about: aboutCase, handle: getCase, tagged: true, personal: true, query: zone},
		{method: "GET", path: "/v1/cases/{id}/p2p-availability", name: "getAvailability", about: aboutCase, handle: getAvailability, query: zone},
		{method: "POST", path: "/v1/import", name: "importLines", handle: importLines, changes: true, maxBody: maxImportBytes, contentType: typeNDJSON},
		{method: "GET", path: "/v1/rules", name: "getRules", handle: getRules, query: []string{"limit", "cursor"}},
		{method: "POST", path: "/v1/rules", name: "loadRules", handle: loadRules, changes: true, maxBody: matcher.MaxBundleBytes},
		{method: "POST", path: "/v1/rules/check", name: "checkRules", handle: checkRules, maxBody: matcher.MaxBundleBytes},
		{method: "GET", path: "/v1/me", name: "getMe", handle: getMe, tagged: true, query: zone},
		{method: "PUT", path: "/v1/me", name: "putMe", handle: putMe, versioned: true, maxBody: maxBodyBytes},

		{method: "POST", path: "/v1/search", name: "searchWeek", handle: searchWeek, personal: true, maxBody: maxBodyBytes},
		{method: "POST", path: "/v1/search/earliest", name: "searchEarliest", handle: searchEarliest, personal: true, maxBody: maxBodyBytes},
		{method: "POST", path: "/v1/cases/companions", name: "proposeCompanions", handle: proposeCompanions, personal: true, maxBody: maxBodyBytes},
		{method: "POST", path: "/v1/explain", name: "explain", handle: explain, personal: true, maxBody: maxBodyBytes},
		{method: "POST", path: "/v1/callback-requests", name: "createCallback", handle: createCallback, changes: true, personal: true, maxBody: maxBodyBytes},
		{method: "GET", path: "/v1/callback-requests", name: "listCallbacks", handle: listCallbacks, personal: true, query: append(page, "status")},
		{method: "GET", path: "/v1/callback-requests/{id}", name: "getCallback", about: aboutCallback, handle: getCallback, personal: true, query: zone},
		{method: "DELETE", path: "/v1/callback-requests/{id}", name: "deleteCallback", about: aboutCallback, handle: deleteCallback, versioned: true},
		{method: "POST", path: "/v1/ad-hoc", name: "startAdHoc", handle: startAdHoc, changes: true, personal: true, maxBody: maxBodyBytes},
		{method: "GET", path: "/v1/offer-records", name: "exportOfferRecords", handle: exportOfferRecords, produces: typeAny, query: append(page, "caseId", "from", "to")},
		{method: "POST", path: "/v1/holds", name: "createHold", handle: createHold, changes: true, personal: true, maxBody: maxBodyBytes},
		{method: "DELETE", path: "/v1/holds/{id}", name: "deleteHold", about: aboutHold, handle: deleteHold},
		{method: "POST", path: "/v1/appointments", name: "createAppointment", handle: createAppointment, booking: true, changes: true, personal: true, maxBody: maxBodyBytes},
		{method: "GET", path: "/v1/appointments", name: "listAppointments", handle: listAppointments, personal: true, query: calls},
		{method: "GET", path: "/v1/appointments/{id}", name: "getAppointment", about: aboutAppointment, handle: getAppointment, tagged: true, personal: true, query: zone},
		{method: "GET", path: "/v1/appointments/{id}/calendar.ics", name: "getCalendarFile", about: aboutAppointment, handle: getCalendarFile, personal: true, produces: typeCalendar},
		{method: "POST", path: "/v1/appointments/{id}/reschedule", name: "rescheduleAppointment", about: aboutAppointment, handle: rescheduleAppointment, changes: true, personal: true, versioned: true, maxBody: maxBodyBytes},
		{method: "POST", path: "/v1/appointments/{id}/cancel", name: "cancelAppointment", about: aboutAppointment, handle: cancelAppointment, changes: true, personal: true, versioned: true, maxBody: maxBodyBytes},

		{method: "POST", path: "/v1/appointments/{id}/attempts", name: "recordAttempt", about: aboutAppointment, handle: recordAttempt, changes: true, personal: true, versioned: true, maxBody: maxBodyBytes},
		{method: "POST", path: "/v1/appointments/{id}/start", name: "startCall", about: aboutAppointment, handle: startCall, changes: true, personal: true, versioned: true, maxBody: maxBodyBytes},
		{method: "POST", path: "/v1/appointments/{id}/complete", name: "completeCall", about: aboutAppointment, handle: completeCall, changes: true, personal: true, versioned: true, maxBody: maxBodyBytes},
		{method: "POST", path: "/v1/appointments/{id}/no-show", name: "missCall", about: aboutAppointment, handle: missCall, changes: true, personal: true, versioned: true, maxBody: maxBodyBytes},
		{method: "POST", path: "/v1/appointments/{id}/reassign", name: "reassignCall", about: aboutAppointment, handle: reassignCall, changes: true, personal: true, versioned: true, maxBody: maxBodyBytes},
		{method: "GET", path: "/v1/reviewers/{id}/agenda", name: "getAgenda", about: aboutReviewer, handle: getAgenda, personal: true, query: []string{"date", "timeZone"}},
		{method: "POST", path: "/v1/reviewers/{id}/absences", name: "addAbsence", about: aboutReviewer, handle: addAbsence, changes: true, personal: true, versioned: true, maxBody: maxBodyBytes},
		{method: "GET", path: "/v1/attention", name: "listAttention", handle: listAttention, personal: true, query: page},
		{method: "POST", path: "/v1/keys", name: "createKey", handle: createKey, changes: true, maxBody: maxBodyBytes},
		{method: "GET", path: "/v1/keys", name: "listKeys", handle: listKeys, query: []string{"tenant", "limit", "cursor"}},
		{method: "POST", path: "/v1/keys/{id}/rotate", name: "rotateKey", about: aboutKey, handle: rotateKey, changes: true, maxBody: maxBodyBytes},
		{method: "DELETE", path: "/v1/keys/{id}", name: "deleteKey", about: aboutKey, handle: deleteKey, versioned: true, query: []string{"tenant"}},
		{method: "GET", path: "/v1/tenants", name: "listTenants", handle: listTenants, query: []string{"limit", "cursor"}},
		{method: "PUT", path: "/v1/tenants/{id}", name: "putTenant", about: aboutTenant, handle: putTenant, versioned: true, maxBody: maxBodyBytes},
		{method: "GET", path: "/v1/tenants/{id}", name: "getTenant", about: aboutTenant, handle: getTenant},
		{method: "GET", path: "/v1/audit", name: "exportAudit", handle: exportAudit, produces: typeAny, query: []string{"from", "to", "after", "limit", "format"}},
		{method: "GET", path: "/v1/vault", name: "getVault", handle: getVault},
		{method: "POST", path: "/v1/vault/reseal", name: "resealParts", handle: resealParts, changes: true, maxBody: maxBodyBytes},
		{method: "GET", path: "/v1/events", name: "listEvents", handle: listEvents, query: []string{"after", "limit"}},
	}
}

// methods are the methods that any route may have, in the order of Allow headers.
var methods = []string{"GET", "POST", "PUT", "DELETE"}

// router finds rows of the table by method and raw path.
type router struct {
	rows     []route
	segments [][]string // of each row's path
	// exact has the rows that find returns for the paths without {id}, by the methods' order; none for another method.
	exact [5]map[string]*route
}

func newRouter(rows []route) *router {
	r := &router{rows: rows}
	for _, row := range rows {
		r.segments = append(r.segments, strings.Split(row.path[1:], "/"))
	}
	for i := range methods {
		r.exact[i] = map[string]*route{}
	}
	for i := range r.rows {
		row := &r.rows[i]
		switch found, _, _ := r.find(row.method, row.path); {
		case !strings.Contains(row.path, "{id}"):
			r.exact[methodIndex([]byte(row.method))][row.path] = found
		case row.maxBody > maxBodyBytes:
			panic("server: the limits of large bodies go by whole paths: " + row.path)
		}
	}
	return r
}

// methodIndex is the place of a method in methods, and after them that of all others.
func methodIndex(method []byte) int {
	for i, m := range methods {
		if m == string(method) {
			return i
		}
	}
	return len(methods)
}

// find returns the row and the {id} segment. A nil row comes with the methods that the path has, "" for none.
func (r *router) find(method, path string) (row *route, id, allow string) {
	var have [4]bool
	for i := range r.rows {
		got, ok := fits(r.segments[i], path)
		if !ok {
			continue
		}
		if r.rows[i].method == method {
			return &r.rows[i], got, ""
		}
		for k, m := range methods {
			have[k] = have[k] || m == r.rows[i].method
		}
	}
	var list []string
	for k, m := range methods {
		if have[k] {
			list = append(list, m)
		}
	}
	return nil, "", strings.Join(list, ", ")
}

// fits compares a path with a row's segments and returns what stands at {id}.
func fits(segments []string, path string) (id string, ok bool) {
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return "", false
	}
	for i, want := range segments {
		got, tail, more := strings.Cut(rest, "/")
		if more != (i+1 < len(segments)) {
			return "", false
		}
		if want == "{id}" {
			id = got
		} else if want != got {
			return "", false
		}
		rest = tail
	}
	return id, true
}
