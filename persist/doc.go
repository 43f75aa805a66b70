// Package persist keeps the engine's log, its checkpoints and the records
// derived from its entries in a directory, in Pebble. It knows bytes on disk
// and nothing of what a command means. FORMAT.md draws every byte.
//
// # What a Store guarantees
//
//  1. Append returns nil only when its batch, derived records included, is on
//     the disk. A batch is there whole or not at all.
//  2. Readers see what is durable and nothing else. Pebble shows a batch before
//     it has synced it, so readers get a view: a snapshot of Pebble that is made
//     after a commit has returned and replaced after the next one.
//  3. A commit ends in nil, "not written" or "unknown", within CommitTimeout.
//     After the first "unknown" the store is poisoned: nothing is acknowledged
//     any more, no sync is tried again, and reads go on.
//  4. "Not written" is decided before a write begins: too little free space,
//     background work of Pebble that fails, a damaged file or record, a watermark
//     that cannot be written. These make the store read-only; all but damage pass.
//  5. Open accepts a store only if the records from the checkpoint to the end are
//     all there, with checksum and hash chain, reach at least the watermark, and
//     agree with watermark, checkpoint and identity file. A refusal names the
//     place and leaves the directory as it was, since Open looks before it writes.
//     The records before the checkpoint are read too, or, where they are more than
//     some thousands, behind: then the store is in use meanwhile, and damage makes it
//     read-only, also after a restart, until all was read and is whole. In that
//     case the checkpoint is checked by who loads it.
//  6. A power cut never makes Open refuse. It may interrupt a creation, which
//     Create then starts again: the identity file gets its name last, so in a
//     directory without one nothing was ever acknowledged.
//  7. Damage to the medium is noticed, not repaired. What can go unnoticed is
//     the loss of records that are younger than the last watermark, which
//     trails the log by WatermarkInterval, at most a second; and an older copy
//     of the whole directory, which only something outside of it can tell.
//  8. The log is never trimmed in this version. A checkpoint shortens what is
//     replayed, not what is kept.
//
// # How Pebble is held
//
// The commit loop is a goroutine of its own, because Pebble reports a failed
// log write by calling Fatalf, which must not return: a commit that went on
// would be answered with nil, and its data shown. Fatalf therefore poisons the
// store and stays where it is, with whatever locks it holds, until the process
// ends; those who wait are answered through the poison. For the same reason
// reads run on goroutines of their own, and a poisoned store is closed without
// closing Pebble. It can be opened again only by another process.
//
// Between Pebble and the disk stands storeFS. It turns the errors on which
// Pebble would end the process, or free what its own goroutines still use, into
// poison, and closes a window in which a power cut would cost the store.
//
// Pebble's format is pinned and its first log file replaced at creation: in
// older formats a flipped bit in the middle of a log file passes for its end.
// Even so the end of the last log file, the end of the MANIFEST and a missing
// marker file can hide acknowledged records from Pebble. Sequence, chain and
// watermark are there for that.
//
// A checkpoint is written in chunks between the appends, unsynced and with pauses
// while appends come, so that none waits for more than a chunk to be copied and a
// sync that carries it. Only its last commit, which puts it in force, is synced. While
// one is loaded the heap may grow further before garbage is collected (see restGarbage);
// what was read is given out as texts that share its memory.
//
// # Rejected
//
//   - Leaving the process from Fatalf. Reads would end, and waiting clients
//     would get a broken connection for an answer; the server can say
//     "outcome unknown", turn not-ready and be restarted in order.
//   - Trying a failed sync again. The kernel may have dropped the pages, and
//     then calls the next sync a success.
//   - Retrying, skipping or cutting at the first damaged record. What follows
//     was acknowledged. A person decides, with a backup in hand.
//   - A watermark written in place, in two slots. It takes one sync instead of
//     two, but a try after a failed sync would lean on the same pages; a new
//     file under a new name does not. Twice a second is rare enough.
//   - A log file of our own. Records, derived records and checkpoint pointer
//     would need an atomic commit across two stores.
//   - Waiting for readers, or making them wait, while a commit is synced. A
//     snapshot per commit costs a microsecond; a lock costs a sync.
//   - Reading the log in earnest and checking on the way. Pebble deletes what
//     it thinks is unused as soon as it opens; after a damaged MANIFEST these
//     are the very files that a rescue needs.
package persist
