package server

import (
	"bytes"
	"slices"
)

// rank says who goes first while there is more to do than can be done.
type rank uint8

const (
	// rankFirst gives time back, keeps a promise or says how things are: health, cancellations, the booking of a held slot,
	// what is reported of calls, the end of a key.
	rankFirst  rank = iota
	rankChange      // every other change, of one thing
	rankRead        // searches, look-ups, lists, the page
	rankBulk        // imports, exports and what goes through everything
	rankCount
)

var rankNames = [rankCount]string{"first", "change", "read", "bulk"}

// ranks is the rank of every route by its name; a route without one makes no server.
var ranks = map[string]rank{
	"getHealth": rankFirst, "getReadiness": rankFirst, "getMetrics": rankFirst, "getProfile": rankFirst,
	"cancelAppointment": rankFirst, "deleteHold": rankFirst, "deleteCallback": rankFirst, "deleteKey": rankFirst,
	"startCall": rankFirst, "completeCall": rankFirst, "missCall": rankFirst, "recordAttempt": rankFirst,

	"createHold": rankChange, "createAppointment": rankChange, "rescheduleAppointment": rankChange, "createCallback": rankChange,
	"startAdHoc": rankChange, "reassignCall": rankChange, "addAbsence": rankChange, "putReviewer": rankChange,
	"deleteReviewer": rankChange, "putCase": rankChange, "putMe": rankChange, "createKey": rankChange, "rotateKey": rankChange,
	"putTenant": rankChange, "loadRules": rankChange,

	"getPage": rankRead, "getAsset": rankRead, "getDocs": rankRead, "getDocsAsset": rankRead, "getProblemType": rankRead, "getOpenAPI": rankRead,
	"listReviewers": rankRead, "getReviewer": rankRead, "lookupCases": rankRead, "getCase": rankRead, "getAvailability": rankRead,
	"getRules": rankRead, "getMe": rankRead, "searchWeek": rankRead, "searchEarliest": rankRead, "proposeCompanions": rankRead,
	"explain": rankRead, "listCallbacks": rankRead, "getCallback": rankRead, "listAppointments": rankRead, "getAppointment": rankRead,
	"getCalendarFile": rankRead, "getAgenda": rankRead, "listKeys": rankRead, "listTenants": rankRead, "getTenant": rankRead, "getVault": rankRead,

	"importLines": rankBulk, "checkRules": rankBulk, "exportOfferRecords": rankBulk, "resealParts": rankBulk, "exportAudit": rankBulk, "listAttention": rankBulk, "listEvents": rankBulk,
}

// rankRows gives every row of a table of routes its rank, and marks those that list. One that has none is a mistake in the program.
func rankRows(rows []route) {
	for i := range rows {
		r, ok := ranks[rows[i].name]
		if !ok && rows[i].allow == nil { // a table of a test's own has permissions
			panic("server: no rank for the route " + rows[i].name)
		}
		rows[i].rank, rows[i].lists = r, slices.Contains(rows[i].query, "limit")
	}
}

// heldBooking reports whether a body has in it what a booking of a held slot has. It is looked for before anything is parsed; who puts it
// into another body, or a hold that is none, has a place further ahead, with the writer too, and is refused as before.
func heldBooking(body []byte) bool {
	for rest, found := body, true; found; {
		if _, rest, found = bytes.Cut(rest, []byte(`"holdId"`)); !found {
			break
		}
		value, isName := bytes.CutPrefix(bytes.TrimLeft(rest, whiteSpace), []byte{':'})
		if isName && bytes.HasPrefix(bytes.TrimLeft(value, whiteSpace), []byte{'"'}) {
			return true
		}
	}
	return false
}

// whiteSpace is what JSON may have between its tokens.
const whiteSpace = " \t\r\n"

// rankOf tells the rank of a request by its head, and for a booking by whether its body speaks of a hold. What has no route
// is refused soon and goes ahead.
func (s *Server) rankOf(method, target, body []byte) rank {
	if r := s.router.exact[methodIndex(method)][string(target)]; r != nil {
		if r.booking && heldBooking(body) {
			return rankFirst
		}
		return r.rank
	}
	path, _, _ := bytes.Cut(target, []byte("?"))
	if len(path) > maxPathBytes {
		return rankFirst
	}
	if row, _, _ := s.router.find(string(method), string(path)); row != nil {
		return row.rank
	}
	return rankFirst
}
