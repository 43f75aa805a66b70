// Package engine is the deterministic state machine of rosters, cases, holds
// and appointments, and the single writer that drives it.
//
// A Command is judged – a pure function of state, ruleset and stamped time –
// into an Outcome. An accepted command and its outcome form an entry. The
// writer judges each command on a private copy of the state and applies its entry
// to it; the committer appends the entries of a batch to the log with one sync, while
// the writer judges the next batch on top. When the sync has returned, the state
// with that batch is published as an immutable Snapshot, and only then its
// commands are answered. RECORDS.md draws the bytes of entries, states and audit
// records.
//
// # Guarantees
//
//  1. An acknowledged change is durable, and nothing that is not durable is shown:
//     not to its own client, not to any reader, and not through a refusal, which
//     is answered when the state it was judged on is durable.
//  2. The state is a function of the log. Applying an entry judges nothing, so no
//     clock, rule, zone table, map order or later version of this code reaches it:
//     replaying a log gives the state hash that was live, and so does a checkpoint
//     with the entries behind it.
//  3. No two active calls of one reviewer overlap, buffers included, and a case
//     has at most one. A hold counts while now < ExpiresAt, whether or not it has
//     been dropped already; time is compared, no timer touches the state.
//  4. A refused command leaves no trace. An accepted one with an idempotency key
//     is remembered for KeyRetention with its outcome, in the same entry; the
//     same request gets that outcome again before anything else is looked at.
//     Two at once have one effect. Keys are never forgotten early: where there is
//     no room for another (KeyLimit, MaxAnswersBytes), commands with new keys fail
//     with ErrKeysFull.
//  5. Hold, book and reschedule ask matcher's Plan.Judge, as searches do: what a
//     snapshot offers, the same snapshot books.
//  6. Stamped time never goes back, and Engine.Now is never before the last
//     published stamp.
//  7. If a batch is definitely not written, every command of it, and every one
//     that was judged on top of it, fails with ErrNotWritable and the state is as
//     before. If its fate is unknown, each of it fails with ErrOutcomeUnknown, as does
//     whoever repeats one of them; those on top fail with ErrNotWritable, and nothing
//     is accepted any more until the log is opened again. Snapshots stay readable.
//  8. A command whose context ends, or whose deadline comes, before the writer takes it is never applied
//     (ErrDeadline). Once taken, its outcome is awaited. With UrgentFirst, those that give time back or keep a
//     promise are taken before others that wait, but for one of these after some in a row (queue.go).
//  9. Every entry is its own audit record: who, when, what, on which rules. Stores of
//     format 1 also keep that part of it in a keyspace of its own, in the same write.
//  10. Where the rules of a case demand it, what is offered and what becomes of a
//     call is noted in the entry, and its offer records are in the same write.
//  11. Behind every entry that changes what callback requests of a tenant depend
//     on, none that was tried waits for a call that it could have (see settling).
//  12. A command is judged only while the key that it came with is live and its tenant
//     is not disabled, by stamped time; what lies outside of its Scope is judged like
//     what is not there.
//  13. A broken invariant stops the process: nothing here recovers from a panic.
//
// Personal fields are sealed parts of their records (Vault), which judging and applying
// never open. With data keys they are encrypted, bound to their place; nonces come from
// Options.Random, so that nothing here draws any. Reseal puts them under another key.
//
// # Progress
//
//	published ≤ durable ≤ applied ≤ published + 2·BatchLimit
//	checkpoint ≤ published
//
// where published is Snapshot.Seq, durable the log's last position, applied the
// Seq of the private copy and checkpoint that of the newest checkpoint. With nothing
// under way the first three are equal. At most one write is under way. Readers see
// published only, and it never goes back.
//
// # Decisions
//
// The reviewers' zones are kept by name. If a later build does not know a name, the
// log is still replayed; the reviewer then takes no new calls (see attachZone).
//
// A case remembers when a call was first asked for, by hold or booking, and keeps it
// across updates until a new letter date or level of review.
//
// A booking releases the principal's own hold for the same cases, on whatever
// slot it is. Own holds that share some but not all cases are in the way.
// A hold of somebody else that a booking names is answered like one that has expired.
//
// A case waits with one callback request at most. Another call that is booked for
// it ends the request; a hold only delays it. A case that ends leaves a request
// for several, and the last one ends it.
//
// Only a booked appointment can be moved, reassigned or cancelled. A reassigned
// call keeps its time, lead times aside. A call can be completed without having
// been started, and cannot be missed before its time. An attempt is a miss by the
// row that allows the fewest; none is while the call is under way.
//
// A case that its payer's row ends takes its booked call with it once every case of
// that call has ended, and a hold at once. Calls whose time has come go on. Whatever else
// changes under a booked call cancels nothing: Snapshot.Attention finds it.
//
// Holding keeps others from a slot, so there are quotas, and a principal that does not see its whole tenant has to wait after holds that led
// to nothing, longer each time (conduct.go). What counts against it is state, written with the hold or the booking that changes it.
//
// An escalated call is the first half of one: it moves its cases to their next
// reviewer stage and counts as held only with its second half, which follows the
// escalated call that ended last, unless another follower of that still stands.
//
// What a payer owes after a call is judged when the call is completed and kept
// with it (ResultDue); whether the result is there is read from the case and from later
// calls. A law that is loaded later asks nothing of calls that were held before.
//
// A call that two offices share is seen by whom sees all of its cases, and by who made it.
//
// Cancelling again is the same answer. A change that changes nothing makes no entry, unless it has a
// key to remember.
package engine
