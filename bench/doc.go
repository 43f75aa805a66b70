// Package bench makes the national workload – a vendor's roster, calendar and
// queries at a chosen size – and measures search, booking and replay on it.
//
// The workload: reviewers with one to three of 120 specialties, licensed in one
// to twelve states, in one of six zones, working eight hours from Monday to
// Friday; a horizon of 60 days on a 15-minute grid; a share of the next two
// weeks booked. Everything is drawn from one seed, in a fixed order.
package bench
