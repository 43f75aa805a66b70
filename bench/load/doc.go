// Package load sends operations and measures them. It knows time, clients and
// histograms, and nothing of what an operation does.
//
// Open is an open loop: when an operation is due is fixed before the run, by a
// rate and a seed, and its latency counts from that instant on. A target that
// stalls is charged for everything that was due meanwhile, as its users would
// charge it; a loop that waits for one answer before it asks again would not
// notice (coordinated omission). Closed is such a loop, and is for limits only:
// how much a number of clients can get at most.
//
// Generator and target share the machine unless the target is elsewhere. How late
// operations began although a client was free is reported beside the latencies
// as Lag: that part is the generator's own.
package load
