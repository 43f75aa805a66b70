// Package bench is the load suite: it makes worlds – a vendor's roster, cases and
// questions at a chosen size – fills an engine or a server with them, sends
// operations, checks the answers, and measures. `parley bench` is its command
// line.
//
// A World is drawn from one seed, in a fixed order: reviewers with one to three of
// 120 specialties, licensed in one to twelve states, in one of six zones, working
// eight hours from Monday to Friday; a horizon of 60 days on a 15-minute grid; a
// share of the next two weeks taken. National is the same without an engine,
// with calls in place of blocks, for the Go benchmarks.
//
// A Workload (workloads.go) is a mix of operations (traffic.go), a storm on a few
// slots (storm.go), starts (replay.go), or single searches measured in turns
// (growth.go, figures.go). It runs against a Target: InProcess is an engine in
// this process with the served interface's JSON and without HTTP; HTTP is a
// server behind a URL, by default one that is started for the run. What belongs
// to other rooms – stores, JSON, servers – comes in as Wiring.
//
// While load runs the target's processor may be profiled (profile.go); callgrind.sh counts
// instructions. The loops and histograms are in bench/load, results and plots in bench/report.
// Nothing here asserts a time: what is asserted are the answers. Exactly one of 64
// rivals wins each slot of a storm; nothing is refused that is to be taken; every
// search of the scarce Texas world explains itself; all appointments are there
// after a start.
package bench
