package server

import "net/http"

// problemKinds is the table of all problems: code → status, title, help. The served document lists the same codes.
var problemKinds = map[string]problemKind{
	// Not understood.
	codeBadRequest:     {http.StatusBadRequest, "The request is not well-formed HTTP", "Send one HTTP/1.1 request per message, framed by Content-Length, with lines that end in CRLF."},
	codeInvalidTarget:  {http.StatusBadRequest, "The request target is not allowed", "Paths consist of the characters A–Z a–z 0–9 . _ ~ - and /, without empty or dot segments and without escapes. Ids have 1 to 64 characters of A–Z a–z 0–9 . _ -."},
	codeInvalidHost:    {http.StatusBadRequest, "The Host header is not valid", "Send exactly one Host header with a name or address and an optional port."},
	codeInvalidHeader:  {http.StatusBadRequest, "A header is not valid", "The errors name the header."},
	codeInvalidQuery:   {http.StatusBadRequest, "The query is not valid", "Use only the parameters of the operation, each at most once, percent-encoded UTF-8; write a plus sign as %2B and a space as %20."},
	codeUnexpectedBody: {http.StatusBadRequest, "This operation takes no body", "Send the request without a body."},
	codeMalformedJSON:  {http.StatusBadRequest, "The body is not one JSON document", "Send one JSON document in UTF-8, without duplicate member names."},
	codeInvalidBody:    {http.StatusBadRequest, "The body does not have the form of this operation", "Compare the body with the operation's schema; names are case-sensitive and unknown members are refused."},
	codeKeyRequired:    {http.StatusBadRequest, "An Idempotency-Key header is required", "Send a fresh Idempotency-Key with each new request and the same one with each repetition."},
	codeInvalidKey:     {http.StatusBadRequest, "The Idempotency-Key header is not valid", "A key has 1 to 255 visible ASCII characters."},
	codeInvalidIfMatch: {http.StatusBadRequest, "The If-Match header is not valid", "Send one strong entity tag as it came in ETag, for example \"17\"."},
	codeInvalidCursor:  {http.StatusBadRequest, "The cursor is not valid", "Send nextCursor of the page before, unchanged, with the same parameters."},
	// Not allowed, not there.
	codeLoopbackOnly:     {http.StatusForbidden, "Without credentials only this machine may ask", "Ask from the machine that runs the server, under a loopback name."},
	codeRouteNotFound:    {http.StatusNotFound, "There is no such operation", "See /docs for the operations."},
	codeNotFound:         {http.StatusNotFound, "Not found", "It does not exist, or it is not yours."},
	codeMethodNotAllowed: {http.StatusMethodNotAllowed, "The method is not allowed here", "The Allow header lists the methods."},
	codeNotAcceptable:    {http.StatusNotAcceptable, "No representation fits the Accept header", "Accept the content type of the operation."},
	// By name.
	codeRequestTimeout:   {http.StatusRequestTimeout, "The request did not arrive in time", "Send the whole request without long pauses."},
	codeLengthRequired:   {http.StatusLengthRequired, "A Content-Length header is required", "Send the body with its length; Transfer-Encoding is not taken."},
	codeBodyTooLarge:     {http.StatusRequestEntityTooLarge, "The body is too large", "Bodies have at most 64 KiB, imports 64 MiB, bundles of rules 16 MiB."},
	codeTargetTooLong:    {http.StatusRequestURITooLong, "The request target is too long", "Paths have at most 1 KiB, targets 8 KiB."},
	codeUnsupportedMedia: {http.StatusUnsupportedMediaType, "The body's type is not taken", "Send application/json in UTF-8 without content encoding; imports are application/x-ndjson."},
	codeHeadersTooLarge:  {http.StatusRequestHeaderFieldsTooLarge, "The headers are too large or too many", "Send at most 64 header fields of 8 KiB in all."},
	// The state of the moment.
	"stale_version":          {http.StatusPreconditionFailed, "The version is not the present one", "Read the resource again and repeat the change on its present version."},
	"case_already_scheduled": {http.StatusConflict, "The case already has a call", "Reschedule or cancel the call that is booked."},
	"hold_expired":           {http.StatusConflict, "The hold has expired", "Search again and hold or book another slot."},
	"slot_taken":             {http.StatusConflict, "The slot is taken", "Take one of the alternatives, or search again."},
	"rules_changed":          {http.StatusConflict, "The offer differs from what was expected", "Look at the offer as it is now and confirm it."},
	"not_reschedulable":      {http.StatusConflict, "The appointment cannot be moved any more", "Only booked appointments can be moved."},
	"not_cancellable":        {http.StatusConflict, "The appointment cannot be cancelled any more", "Only booked appointments can be cancelled."},
	codeTooManyConnections:   {http.StatusTooManyRequests, "Too many connections are open", "Keep connections open and use them again."},
	"too_many_holds":         {http.StatusTooManyRequests, "Too many holds are active", "Release holds or let them expire."},
	// Understood, never valid.
	codeInvalidValue:             {http.StatusUnprocessableEntity, "Some values are not valid", "The errors name the places."},
	"idempotency_key_reused":     {http.StatusUnprocessableEntity, "The Idempotency-Key belongs to another request", "Use a fresh key for each new request."},
	"not_eligible":               {http.StatusUnprocessableEntity, "No peer-to-peer call is open to the case", "The reasons name the rules; other options may be open."},
	"mode_not_available":         {http.StatusUnprocessableEntity, "Slots are not offered for the case", "Use one of the booking modes of the case."},
	"cases_not_combinable":       {http.StatusUnprocessableEntity, "The cases cannot share one call", "One call takes up to five distinct cases of one health plan with a common booking mode."},
	"clinician_required":         {http.StatusUnprocessableEntity, "A licensed clinician must speak", "Name a clinician as the one who performs the call."},
	"hold_mismatch":              {http.StatusUnprocessableEntity, "The hold is for another slot or other cases", "Book what was held, or leave the hold out."},
	"slot_not_offered":           {http.StatusUnprocessableEntity, "The slot is not on offer", "Search again and choose a start from the answer."},
	"reviewer_not_qualified":     {http.StatusUnprocessableEntity, "The reviewer may not take the case", "Search again and choose a reviewer from the answer."},
	"specialty_match_unmet":      {http.StatusUnprocessableEntity, "The reviewer is no specialty match", "Choose a matching reviewer or drop the wish."},
	"attestation_required":       {http.StatusUnprocessableEntity, "An attestation is required", "Send the codes that are listed, if they are true."},
	"attestation_not_applicable": {http.StatusUnprocessableEntity, "An attestation does not apply", "Leave out the codes that are listed."},
	// The server's side.
	codeInternal:           {http.StatusInternalServerError, "Internal error", "This is a fault of the server. Report it with the X-Request-Id of the answer."},
	codeOverloaded:         {http.StatusServiceUnavailable, "Too much to do", "Try again after the time in Retry-After."},
	codeOutcomeUnknown:     {http.StatusServiceUnavailable, "The outcome is unknown", "Repeat the request with the same Idempotency-Key; the answer tells what happened."},
	codeReadOnly:           {http.StatusServiceUnavailable, "Changes are not taken at present", "Reading goes on. The operator has to restore the store."},
	codeDeadline:           {http.StatusServiceUnavailable, "The request's turn did not come in time", "Try again after the time in Retry-After."},
	codeShuttingDown:       {http.StatusServiceUnavailable, "The server is stopping", "Try again after the time in Retry-After."},
	codeNotReady:           {http.StatusServiceUnavailable, "Not ready", "The state names what is missing."},
	codeVersionUnsupported: {http.StatusHTTPVersionNotSupported, "Only HTTP/1.1 is spoken", "Use HTTP/1.1."},
}
