package main

import (
	"flag"
	"math/rand/v2"
	"testing"
	"time"
)

// The size of the kill loop; `make kill` asks for more than what runs with every test.
var (
	killRounds = flag.Int("kill.rounds", 3, "how many kill -9 the loop is to have in all")
	killAcks   = flag.Int("kill.acks", 150, "acknowledged writes before each kill, about")
	killDir    = flag.String("kill.dir", "", "keep store and receipts here, and go on with what is there")
	killOut    = flag.String("kill.out", "", "append a line of JSON a round to this file")
	killFor    = flag.Duration("kill.for", 40*time.Minute, "begin no round after this time; what is on file is gone on with")
)

const (
	killClients     = 64
	killReviewers   = 192
	killSeed        = 7
	killSample      = 200              // cases of earlier rounds that are looked at in each
	killVerifyLimit = 20 * time.Minute // it reads every record of a million
	killAgendas     = 8                // reviewers whose whole agenda is read in each round
	killBuffer      = 15 * time.Minute
	killStep        = 6 * time.Minute // of the sandbox clock from start to start: holds of the last one have expired
)

// killsToFind is after how many kills at least one answer was lost of a write that had happened.
const killsToFind = 20

// TestKillUnderLoad kills the server again and again while clients book, hold, move and cancel,
// now and then also while it starts or stops. The receipts lie in this process: each acknowledged
// change must be there after the restart, unchanged; what was under way is asked again with its
// key and must have happened once or not at all; no two calls of a reviewer may overlap; nothing
// may be there that nobody asked for; and the store must be whole in the end.
func TestKillUnderLoad(t *testing.T) {
	t.Parallel()
	dir := *killDir
	half := 0
	if dir == "" {
		dir, half = t.TempDir(), *killRounds/2
	}
	began := time.Now()
	k := openKiller(t, dir)
	t.Logf("seed %d, %d kills asked for, %d on file", killSeed, *killRounds, k.total.Kills)
	var p *program
	for k.total.Kills < half {
		p = k.round(p)
	}
	if half > 0 {
		p, k = k.cutShort(p)
	}
	for k.total.Kills < *killRounds && time.Since(began) < *killFor && !t.Failed() {
		p = k.round(p)
	}
	if p == nil {
		p, _ = k.start()
	}
	k.checkAll(p)
	if code := p.stop(); code != 0 {
		t.Errorf("graceful stop: exit code %d\n%s", code, p.stderr)
	}
	if out, errs, code := parleyWithin(t, killVerifyLimit, "", "verify", "--data", k.store()); code != 0 {
		t.Errorf("verify: exit code %d\n%s%s", code, out, errs)
	}
	t.Logf("%+v", k.total)
	// Whether a lost answer had happened is chance: some kills may meet none.
	if k.total.Acknowledged == 0 || k.total.Unknown == 0 || k.total.Checked == 0 || k.total.Kills >= killsToFind && k.total.Found == 0 {
		t.Error("the load never met a kill: the test proved nothing")
	}
	if k.total.Lost+k.total.Doubled+k.total.Changed != 0 {
		t.Errorf("lost %d, doubled %d, changed %d", k.total.Lost, k.total.Doubled, k.total.Changed)
	}
}

// round loads a server until it is killed, starts it again, and checks. It returns the server
// that runs then, the next round's.
func (k *killer) round(p *program) *program {
	if p == nil {
		p, _ = k.start()
	}
	began := time.Now()
	rnd := k.begin(p)
	how := killedInLoad
	if rnd.IntN(6) == 0 {
		how = killedInStop
	}
	want := *killAcks/2 + rnd.IntN(max(*killAcks, 1))
	k.load(p, rnd, want, how)
	for rnd.IntN(4) == 0 && k.total.Kills+k.now.Kills < *killRounds {
		k.killStart(rnd)
	}
	p, k.took = k.start()
	k.resolve(p)
	k.checkRound(p, rnd)
	k.end(time.Since(began))
	return p
}

// cutShort does what a stop of the loop in the middle of a round leaves behind, and goes on from
// what is on file.
func (k *killer) cutShort(p *program) (*program, *killer) {
	k.t.Helper()
	rnd := k.begin(p)
	k.load(p, rnd, *killAcks/4, killedInLoad)
	again := openKiller(k.t, k.dir)
	if again.began != k.began || !again.cut[k.began] || len(again.aside) == 0 || again.total != k.total {
		k.t.Fatalf("round %d was cut short; on file: %d rounds, %v cut, %d cases set aside, %+v of %+v",
			k.began, again.began, again.cut, len(again.aside), again.total, k.total)
	}
	return nil, again
}

// start serves the store; each start's sandbox clock is later than the one before.
func (k *killer) start() (*program, time.Duration) {
	k.t.Helper()
	began := time.Now()
	p := serve(k.t, k.store(), k.startArgs()...)
	p.http = killHTTP()
	return p, time.Since(began)
}

// startArgs advances the sandbox clock.
func (k *killer) startArgs() []string {
	k.starts++
	at := killNow.Add(time.Duration(k.starts) * killStep)
	return []string{"--sandbox-clock=" + at.Format(time.RFC3339), "--log-level=error"}
}

// killStart kills a server somewhere between its first instruction and its being ready.
func (k *killer) killStart(rnd *rand.Rand) {
	p := prepare(k.t, k.store(), k.startArgs()...)
	if err := p.cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	after := time.Duration(rnd.Int64N(int64(max(k.took, time.Millisecond))))
	timer := time.AfterFunc(after, func() { _ = p.cmd.Process.Kill() })
	_ = p.cmd.Wait() // the signal is looked at below
	timer.Stop()
	if !p.killed() {
		k.t.Fatalf("a start ended by itself: %s", p.stderr)
	}
	k.now.Kills++
	k.now.How = append(k.now.How, killedInStart)
}

// TestKillChecksBite plants what the checks of the loop are to find.
func TestKillChecksBite(t *testing.T) {
	t.Parallel()
	one := killCall{"a-1", 2, "booked", killReviewer(0), "2020-06-05T10:00:00Z"}
	gone := killCall{"a-0", 3, "cancelled", killReviewer(1), "2020-06-05T10:00:00Z"}
	older, elsewhere, other := one, one, one
	older.Version, elsewhere.Start, other.ID = 1, "2020-06-05T10:15:00Z", "a-2"
	for _, c := range []struct {
		name      string
		want, got []killCall
		found     killCount
	}{
		{"as it was", []killCall{gone, one}, []killCall{one, gone}, killCount{Checked: 1}},
		{"nothing there", []killCall{gone, one}, nil, killCount{Checked: 1, Lost: 2}},
		{"one lost", []killCall{gone, one}, []killCall{gone}, killCount{Checked: 1, Lost: 1}},
		{"a version back", []killCall{one}, []killCall{older}, killCount{Checked: 1, Changed: 1}},
		{"moved", []killCall{one}, []killCall{elsewhere}, killCount{Checked: 1, Changed: 1}},
		{"asked for by nobody", []killCall{gone}, []killCall{gone, one}, killCount{Checked: 1, Doubled: 1}},
		{"booked twice", []killCall{one}, []killCall{one, other}, killCount{Checked: 1, Doubled: 2}},
	} {
		faults := 0
		k := &killer{t: t, fail: func(string, ...any) { faults++ }}
		if n := k.compare("case", c.want, c.got); n != c.found || faults != n.Lost+n.Changed+n.Doubled {
			t.Errorf("%s: %+v and %d faults, want %+v", c.name, n, faults, c.found)
		}
	}
	at := func(start, status string) killSeen { return killSeen{Start: start, Status: status} }
	all := []killSeen{at("2020-06-05T10:30:00Z", "booked"), at("2020-06-05T10:00:00Z", "booked"), at("2020-06-05T10:15:00Z", "booked"), at("2020-06-05T10:15:00Z", "cancelled")}
	k := &killer{t: t, fail: func(string, ...any) {}}
	if n := k.overlaps(all, 0); n != 0 {
		t.Errorf("calls that touch: %d overlaps", n)
	}
	if n := k.overlaps(all, killBuffer); n != 2 {
		t.Errorf("calls without their rest between: %d overlaps, want 2", n)
	}
	if n := k.overlaps(append(all, all[0]), 0); n != 1 {
		t.Errorf("two calls at one start: %d overlaps", n)
	}
}
