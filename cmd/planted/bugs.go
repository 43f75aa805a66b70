package main

import "fmt"

// bug is one that can be planted, and who must catch it.
type bug struct {
	number int
	name   string
	in     string   // package that it is planted in
	by     detector // who must catch it
	says   string   // what the detector must say: a regular expression
}

// tag is the build tag that plants it.
func (b *bug) tag() string { return fmt.Sprintf("plant%02d", b.number) }

// detector is a test that passes without the bug and fails with it.
type detector struct {
	pkg  string
	test string
	args string // of the test binary, separated by spaces
}

// simulation is the detector of most of what the engine decides: some seeds against the auditor.
var simulation = detector{"engine", "TestSim", "-sim.seeds=6 -sim.steps=200 -sim.shrink=false"}

// bugs are all of them, in order.
var bugs = []bug{
	{1, "acknowledged before the sync", "persist", detector{pkg: "persist", test: "TestCrashAtEveryOperation"}, `recovered to seq \d+, acknowledged \d+`},
	{2, "error of a sync swallowed", "persist", detector{pkg: "persist", test: "TestP6FailedLogWriteOrSync"}, `got <nil>, want ErrPoisoned`},
	{3, "renamed without a sync of the directory", "persist", detector{pkg: "persist", test: "TestWatermarkFollowsTheLog"}, `watermark at \d+, log ends at \d+|file does not exist`},
	{4, "snapshot shown before it is durable", "engine", detector{pkg: "engine", test: "TestRefusalWaitsForSync"}, `shown before it is durable`},
	{5, "records taken for a torn tail", "persist", detector{pkg: "persist", test: "TestCrashAtEveryOperation"}, `recovered to seq \d+, acknowledged \d+`},
	{6, "calls that touch overlap", "matcher", simulation, `outcome: (options is \d+, expected|status is slot_taken, expected ok|status of request .* is queued, expected assigned)`},
	{7, "buffer after a call ignored", "matcher", simulation, `outcome: busy is .*, expected`},
	{8, "moved by cancelling and booking", "server", detector{pkg: "server", test: "TestMoves"}, `/reschedule answered`},
	{9, "booking by a hold not judged again", "engine", simulation, `, book .*outcome: status|invariant broken: what is judged can be applied: .*call \S+ overlaps call`},
	{10, "holds end by the machine's clock", "engine", simulation, `expected hold_expired|hold \S+ of \S+ is active and should have ended|invariant broken: what is judged can be applied: .*no hold hold-`},
	{11, "idempotency key apart from its effect", "engine", simulation, `idempotency: key .* is recalled: false`},
	{12, "idempotency key dropped early", "engine", simulation, `idempotency: key .* is recalled: false`},
	{13, "idempotency keys of all tenants together", "engine", simulation, `idempotency: replayed is true, expected false`},
	{14, "order of a map in the log", "engine", detector{pkg: "engine", test: "TestOneLog"}, `the logs differ`},
	{15, "search does not see holds", "matcher", detector{pkg: "engine", test: "TestSearchesAgreeThroughAll"}, `seed \d+, at \d+: (week|earliest)`},
	{16, "case in two calls, one held", "engine", simulation, `case_already_scheduled|share a case|invariant broken: what is judged can be applied`},
	{17, "local times by package time", "slots", detector{pkg: "slots", test: "TestLocalScripts"}, `^-.* (gap|fold)`},
	{18, "end of a call overflows", "matcher", detector{pkg: "engine", test: "TestCallsIn2038"}, `invariant broken: what is judged can be applied|the call at .* ends at`},
	{19, "route without permission", "server", detector{pkg: "server", test: "TestMatrix"}, `cancelAppointment .*: granted false, answered`},
	{20, "memory of the transport kept", "server", detector{pkg: "server", test: "TestNothingBleeds"}, `a kept call shows another's bytes`},
	{21, "personal data in an error", "server", detector{pkg: "server", test: "TestDecodeEchoesNoValue"}, `repeated in`},
	{22, "export without a record", "server", detector{pkg: "server", test: "TestEveryAnswerIsAccountedFor"}, `want export`},
	{23, "applied after its deadline", "engine", detector{pkg: "engine", test: "TestDeadlines"}, `applied after its deadline`},
	{24, "holds without bound", "engine", simulation, `expected too_many_holds`},
	{25, "watermark never written", "persist", detector{pkg: "persist", test: "TestP3LostEndOfTheLog"}, `opened to seq \d+, want \d+: <nil>`},
}
