package persist

// Bugs that a build with the tag plantNN has, with planted = NN; in every other planted is 0 and the compiler
// removes them. Each shows that a test would see it: docs/planted.md.
const (
	plantAckFirst    = 1  // a write is acknowledged before it is synced
	plantSyncError   = 2  // the error of a sync is swallowed
	plantNoDirSync   = 3  // a file is renamed and its directory not synced
	plantTornTail    = 5  // records behind the watermark are taken for a torn tail
	plantNoWatermark = 25 // the watermark is never written
)
