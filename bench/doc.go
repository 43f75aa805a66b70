// Package bench drives load against an engine or a server and reports
// latency and throughput.
package bench
