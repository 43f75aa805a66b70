// Command baselines compares Parley with what else could do its work, on one
// machine in one run: `make bench-rivals`.
//
// It is a module of its own, so that no rival ever enters the program's go.mod.
//
//   - A bare fasthttp handler that gives the product's own answers, byte for byte:
//     what HTTP itself costs (target 5).
//   - Raw Pebble and a plain file, one writer, as many bytes a booking as the
//     product writes: what a durable write costs (target 6).
//   - PostgreSQL, in three designs for searching (bit strings a day, ranges with an
//     exclusion constraint, a table of slots) and with the exclusion constraint
//     for booking (targets 7, 8 and 9). A fourth design, one bit string for a
//     reviewer's whole horizon, turned out stronger; target 8 is judged against
//     the best of the three that it was set with, and against the best of all.
//   - Redis with its append-only file synced always, for holds.
//   - Interval and B-trees from other modules, in process.
//
// How fair it is. The product is the built program over loopback, on a store with
// the whole workload in it; its rules, explanations and audit are on. Its log of
// requests is off, as every rival's is. Rivals get the best that we know: private
// sockets instead of TCP, prepared statements, indexes that hold every column,
// statistics, memory, no checkpoint in the middle; only durability stays on.
// Databases are spared the rules: which reviewer may take a case when, and how well,
// is worked out by the product and handed to them as a table. Their first-20 table
// stands in order of rank and covers only the questions that are asked. Grid cells
// are integers, not timestamps. Where a rival is quick enough for its client to matter both
// sides get clients in C if they are installed, wrk and pgbench; elsewhere both get
// ours, with requests made ready before the clock starts. Clients run on the same
// cores as the servers, which costs the faster side more.
//
// # Which design, which clients
//
// Target 8 says "week search ÷ best PostgreSQL design". Held to it is the product over
// HTTP against the best of all four designs, each answering by itself: it joins roster,
// terms and calls, as the product works out its rules in each search. With one client
// latencies are divided, with 16 throughputs. Two other readings are measured in the same
// rounds and stand beside it: the best of the three designs that the target was set with,
// and the best of all where the verdicts of the product are handed to the database, which
// is the stricter one, for the database then does the lesser part of the work.
//
// Target 9 is first-20 over HTTP against the slot table that is made for the question,
// verdicts and rank in it, with 8 clients on each side: here the reading that spares the
// rival most is the one that is held, as the table of targets names it.
//
// Target 5 leaves out the questions whose answers must be on record, durably, before
// they are given. A bare handler has no answer like that; the product's rate for them is
// measured by itself, beside it.
//
// The product is measured when it has read the older part of its log, which it does
// behind a start.
//
// # Equal answers
//
// Before anything is timed, every contender's answers are compared with the
// product's: for searches the whole ranked answer, tier, relation, reviewer, each
// start of each day and how many were cut off; for bookings that each is taken once
// and a second one on the same time refused. Afterwards the rows in the stores are
// counted. Left out of the timed questions are those under a rule that has each
// answer recorded durably first, since no rival does that (they are measured by
// themselves), and those that only a waiver could serve.
//
// Contenders take turns in an order that moves on each round; the first round
// warms up and is not counted. Ratios are taken round by round; what is reported is
// their median with the least and the greatest. A run that meets any error ends
// without a report, and one with fewer than five rounds says that it is no
// evidence: it claims no target. A rival that is not installed is named as left out.
//
// The result has the form of the suite's (bench/report), in the same folder, so that
// `parley bench report` makes one page and one table of targets of both.
package main
