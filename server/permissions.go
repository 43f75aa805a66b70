package server

// reach is how far a role comes on a route.
type reach uint8

const (
	reachNone   reach = iota
	reachOwn          // what is in the caller's own scope; all else is not there
	reachTenant       // everything of the caller's tenant
	reachGlobal       // what is not one tenant's: for callers of the tenant that the store was made for
)

// permission is a row of the one table of who may ask for what.
type permission struct {
	open bool // for everybody, with or without credentials

	requester, reviewer, coordinator, author, auditor, operator reach
}

// of returns how far a role comes.
func (p *permission) of(r role) reach {
	switch r {
	case roleAll:
		return reachGlobal
	case roleRequester:
		return p.requester
	case roleReviewer:
		return p.reviewer
	case roleCoordinator:
		return p.coordinator
	case roleRulesAuthor:
		return p.author
	case roleAuditor:
		return p.auditor
	case roleOperator:
		return p.operator
	}
	return reachNone
}

// Rows that several routes share.
var (
	forEverybody   = permission{open: true}
	forCredentials = permission{requester: reachTenant, reviewer: reachTenant, coordinator: reachTenant, author: reachTenant, auditor: reachTenant, operator: reachTenant}
	forDesk        = permission{coordinator: reachTenant}
	forReading     = permission{coordinator: reachTenant, auditor: reachTenant}
	forOffices     = permission{requester: reachOwn, coordinator: reachTenant}
	officesRead    = permission{requester: reachOwn, coordinator: reachTenant, auditor: reachTenant}
	reviewersRead  = permission{reviewer: reachOwn, coordinator: reachTenant, auditor: reachTenant}
	forOperators   = permission{operator: reachTenant}
	forInstallers  = permission{operator: reachGlobal}
	forCalls       = permission{reviewer: reachOwn, coordinator: reachTenant}
	callsRead      = permission{requester: reachOwn, reviewer: reachOwn, coordinator: reachTenant, auditor: reachTenant}
)

// permissions is the table, by the name of the route. What it does not grant is denied; a route without a row makes
// no server. The tests try every cell.
var permissions = map[string]permission{
	"getPage":        forEverybody,
	"getAsset":       forEverybody,
	"getDocs":        forEverybody,
	"getDocsAsset":   forEverybody,
	"getProblemType": forEverybody,
	"getOpenAPI":     forEverybody,
	"getHealth":      forEverybody,
	"getReadiness":   forEverybody,
	"getMetrics":     forInstallers,

	"listReviewers":   forReading,
	"putReviewer":     forDesk,
	"getReviewer":     reviewersRead,
	"deleteReviewer":  forDesk,
	"lookupCases":     officesRead,
	"putCase":         forDesk,
	"getCase":         officesRead,
	"getAvailability": officesRead,
	"importLines":     forDesk,
	"getRules":        {coordinator: reachTenant, author: reachTenant, auditor: reachTenant},
	"loadRules":       {author: reachGlobal}, // one ruleset for all tenants
	"checkRules":      {author: reachTenant},
	"getMe":           forCredentials,
	"putMe":           forCredentials,

	"searchWeek":            forOffices,
	"searchEarliest":        forOffices,
	"proposeCompanions":     forOffices,
	"explain":               officesRead,
	"createCallback":        forOffices,
	"listCallbacks":         officesRead,
	"getCallback":           officesRead,
	"deleteCallback":        forOffices,
	"startAdHoc":            forOffices,
	"exportOfferRecords":    {auditor: reachTenant},
	"createHold":            forOffices,
	"deleteHold":            forOffices,
	"createAppointment":     forOffices,
	"listAppointments":      callsRead,
	"getAppointment":        callsRead,
	"getCalendarFile":       callsRead,
	"rescheduleAppointment": forOffices,
	"cancelAppointment":     forOffices,

	"recordAttempt": forCalls,
	"startCall":     forCalls,
	"completeCall":  forCalls,
	"missCall":      forCalls,
	"reassignCall":  forDesk,
	"getAgenda":     reviewersRead,
	"addAbsence":    forDesk,
	"listAttention": forReading,
	"listEvents":    forReading,

	"createKey":   forOperators,
	"listKeys":    forOperators,
	"rotateKey":   forOperators,
	"deleteKey":   forOperators,
	"listTenants": forInstallers,
	"putTenant":   forInstallers,
	"getTenant":   forInstallers,
}

// HasScope reports whether an operation is one that keys of a role can be narrowed to.
func HasScope(roleName, operation string) bool {
	p, known := permissions[operation]
	return known && !p.open && p.of(roleOf(roleName)) != reachNone
}

// allow gives every row of a table of routes its permission. One that has none is a mistake in the program.
func allow(rows []route) {
	for i := range rows {
		if rows[i].allow != nil { // a table of a test's own
			continue
		}
		p, ok := permissions[rows[i].name]
		if !ok {
			panic("server: no row of permissions for the route " + rows[i].name)
		}
		rows[i].allow = &p
	}
}
