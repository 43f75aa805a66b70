// Package simlog keeps an engine's log on a simulated disk.
//
// A Disk is a few files in memory with what a real disk does between a write and its
// sync: written blocks wait in a cache, and a power cut loses some of them, all, or
// tears one in sectors of 512 bytes. Names that were made, changed or removed wait for
// the sync of the directory in the same way. Any operation can fail, once or from then
// on, or be the last one before the power goes. Who opened a log before a power cut
// learns nothing from it afterwards.
//
// A Log is an engine.Log in such files. Its records, checkpoints and watermark are the
// bytes that package persist makes and reads; only the frames around them, one per batch,
// are its own. It keeps the contract of engine.Log and passes its conformance suite,
// so the engine on top of it is the one that is shipped.
//
// # Determinism
//
// What a disk does is a function of its seed and of the order of its operations. Inside
// a bubble of testing/synctest the operations of each Lane end at instants of their own,
// so that the order is the same in every run. Disk.Trace sums up every operation.
package simlog
