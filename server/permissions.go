package server

// reach is how far a role comes on a route.
type reach uint8

const (
	reachNone   reach = iota
	reachOwn          // what is in the caller's own scope; all else is not there
	reachTenant       // everything of the caller's tenant
	reachGlobal       // what is not one tenant's: for callers of the tenant that the store was made for
)

// telling is what the answers of a route tell, for the access journal.
type telling uint8

const (
	tellsUndeclared telling = iota
	// tellsNothing personal: ids, codes, counts, rules, keys, and what a search shows. The names of
	// reviewers are not personal data of anybody who is cared for, and offers show them to whoever may search.
	tellsNothing
	// tellsWritten: a change answers with what it has made, personal fields included. The entry of the
	// log is the record of it; an answer that is given once more is a read, and so is that to what changed nothing.
	tellsWritten
	// tellsPersonal: personal fields of cases, appointments, contacts. Each answer is recorded first.
	tellsPersonal
	// tellsExport: records are handed out. Each answer is recorded first.
	tellsExport
)

// permission is a row of the one table of who may ask for what, and what is told.
type permission struct {
	open  bool // for everybody, with or without credentials
	tells telling

	requester, reviewer, coordinator, author, auditor, operator reach
}

// told returns the row for a route that tells something else than nothing personal.
func (p permission) told(t telling) permission {
	p.tells = t
	return p
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
	forEverybody   = permission{tells: tellsNothing, open: true}
	forCredentials = permission{tells: tellsNothing, requester: reachTenant, reviewer: reachTenant, coordinator: reachTenant, author: reachTenant, auditor: reachTenant, operator: reachTenant}
	forDesk        = permission{tells: tellsNothing, coordinator: reachTenant}
	forReading     = permission{tells: tellsNothing, coordinator: reachTenant, auditor: reachTenant}
	forOffices     = permission{tells: tellsNothing, requester: reachOwn, coordinator: reachTenant}
	officesRead    = permission{tells: tellsNothing, requester: reachOwn, coordinator: reachTenant, auditor: reachTenant}
	reviewersRead  = permission{tells: tellsNothing, reviewer: reachOwn, coordinator: reachTenant, auditor: reachTenant}
	forOperators   = permission{tells: tellsNothing, operator: reachTenant}
	forInstallers  = permission{tells: tellsNothing, operator: reachGlobal}
	forCalls       = permission{tells: tellsNothing, reviewer: reachOwn, coordinator: reachTenant}
	callsRead      = permission{tells: tellsNothing, requester: reachOwn, reviewer: reachOwn, coordinator: reachTenant, auditor: reachTenant}
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
	"lookupCases":     officesRead.told(tellsPersonal),
	"putCase":         forDesk.told(tellsWritten),
	"getCase":         officesRead.told(tellsPersonal),
	"getAvailability": officesRead,
	"importLines":     forDesk,
	"getRules":        {tells: tellsNothing, coordinator: reachTenant, author: reachTenant, auditor: reachTenant},
	"loadRules":       {tells: tellsNothing, author: reachGlobal}, // one ruleset for all tenants
	"checkRules":      {tells: tellsNothing, author: reachTenant},
	"getMe":           forCredentials,
	"putMe":           forCredentials,

	"searchWeek":            forOffices,
	"searchEarliest":        forOffices,
	"proposeCompanions":     forOffices.told(tellsPersonal),
	"explain":               officesRead,
	"createCallback":        forOffices.told(tellsWritten),
	"listCallbacks":         officesRead.told(tellsPersonal),
	"getCallback":           officesRead.told(tellsPersonal),
	"deleteCallback":        forOffices,
	"startAdHoc":            forOffices.told(tellsWritten),
	"exportOfferRecords":    {tells: tellsExport, auditor: reachTenant},
	"createHold":            forOffices,
	"deleteHold":            forOffices,
	"createAppointment":     forOffices.told(tellsWritten),
	"listAppointments":      callsRead.told(tellsPersonal),
	"getAppointment":        callsRead.told(tellsPersonal),
	"getCalendarFile":       callsRead.told(tellsPersonal),
	"rescheduleAppointment": forOffices.told(tellsWritten),
	"cancelAppointment":     forOffices.told(tellsWritten),

	"recordAttempt": forCalls.told(tellsWritten),
	"startCall":     forCalls.told(tellsWritten),
	"completeCall":  forCalls.told(tellsWritten),
	"missCall":      forCalls.told(tellsWritten),
	"reassignCall":  forDesk.told(tellsWritten),
	"getAgenda":     reviewersRead.told(tellsPersonal),
	"addAbsence":    forDesk,
	"listAttention": forReading.told(tellsPersonal),
	"listEvents":    forReading,
	"exportAudit":   {tells: tellsExport, auditor: reachTenant},

	"createKey":   forOperators,
	"listKeys":    forOperators,
	"rotateKey":   forOperators,
	"deleteKey":   forOperators,
	"listTenants": forInstallers,
	"putTenant":   forInstallers,
	"getTenant":   forInstallers,
	"getVault":    forInstallers,
	"resealParts": forInstallers,
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
		p.declared(rows[i].name)
		rows[i].allow = &p
	}
}

// declared makes sure that a row says what its route tells.
func (p *permission) declared(name string) {
	if p.tells == tellsUndeclared {
		panic("server: the row of permissions does not say what the route tells: " + name)
	}
}
