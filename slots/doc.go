// Package slots defines half-open intervals of UTC time and the arithmetic
// of availability: sets of intervals, weekly hours in a zone, the booking
// grid, the calendar of calls, and terms in hours, days and business days.
//
// Everything inside is UTC, in whole Unix seconds, half-open: an interval
// holds its Start and not its End, so [9:00, 9:30) and [9:30, 10:00) touch and
// do not overlap. Text in the years 1900 to 2200 is accepted; within a few
// million years of them nothing overflows.
//
// Zones appear only at the edge, in Zone; a local day is walked as a local day
// and never as midnight plus 24 hours. When clocks change, some local times are
// skipped (a gap) and some exist twice (a fold). The package has two ways to go
// from local to UTC, and the difference matters on exactly those days:
//
//   - By instant: Dates and Ticked hold each instant whose local date, or
//     weekday and hour, is wanted. Both passes of a fold count.
//   - By boundary: Resolve turns a local time into one instant - the end of the
//     gap, or the first of two - and says which case it met. Weekly hours run
//     from the instant of their start to the instant of their end. Who books a
//     call by local time refuses LocalGap and LocalFold instead.
//
// A Term runs from an event: N days to the last second of the Nth such local day
// after the event's, hours to the second, standing still on whole local days if asked
// to. Which days are business days, Workdays and their Holidays say.
//
// Zone tables are read once from the host's zone database, else from the one
// built in, and hold no rules: what ZoneDataVersion names is what was used.
//
// The package knows time and nothing else: no rules, no HTTP, no disk, and of
// a reviewer only the number that owns a calendar. Nothing here reads a clock.
package slots
