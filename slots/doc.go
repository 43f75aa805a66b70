// Package slots defines half-open intervals of UTC time and the arithmetic
// of availability: sets of intervals, weekly hours in a zone, the booking
// grid, and the calendar of calls.
//
// Everything inside is UTC, in whole Unix seconds, half-open: an interval
// holds its Start and not its End. Zones appear only at the edge, in Zone;
// a local day is walked as a local day and never as midnight plus 24 hours.
//
// The package knows time and nothing else: no rules, no HTTP, no disk, and of
// a reviewer only the number that owns a calendar. Nothing here reads a clock.
package slots
