// Package server exposes the engine over HTTP.
//
// A request passes the front filter (frontfilter*.go), which refuses whatever two parsers could read in two ways,
// is copied out of the transport's buffers into a call, and goes to the handler of its row in the one table of
// routes (routes.go). A handler decodes strictly (decode.go; on the hottest routes reader.go goes
// first and leaves what is uncommon to it), resolves local time to UTC, asks a snapshot or
// submits a command, and returns an answer. A GET of what the client has already is
// answered without a body (conditional.go). Problems come from one table (problem_kinds.go) and are written in one
// place (dispatch.go). Nothing below this package knows HTTP, and nothing in it knows how a search works.
//
// Who asks too much is told so by tables of buckets (limit*.go); where more is asked than can be answered in time, a gate turns requests
// away by their first line (gate*.go, shed.go), in the order of their ranks. docs/limits.md lists every bound.
//
// While no credentials are configured only loopback peers on a loopback address are answered. Once a key exists, or
// tokens are taken, every request is authenticated by its head alone (guard.go, caller.go, tokens*.go) and looked up in
// one table of route and role (permissions.go); a handler then sees what of the snapshot is the caller's own and nothing
// else, so that what is not is answered like what is not there. Other machines are listened to on purpose only: with
// credentials, over TLS (tls.go) or behind a proxy. The operator's own listener is admin.go.
package server
