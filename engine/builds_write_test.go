package engine_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// builder makes the log anew: what this build writes, with what came later taken off.
type builder struct {
	t     *testing.T
	log   *engine.MemLog
	e     *engine.Engine
	clock *enginetest.Clock
	w     *enginetest.Workload
	seen  map[engine.Kind]int
	lines []buildLine
}

// buildKinds are the commands that came with each build.
var buildKinds = map[int][]engine.Kind{
	1: {
		engine.KindPutReviewer, engine.KindDeactivateReviewer, engine.KindPutCase, engine.KindHold, engine.KindReleaseHold, engine.KindBook,
		engine.KindReschedule, engine.KindCancel, engine.KindPutProfile, engine.KindRecordAnswer,
	},
	2: {
		engine.KindRecordAttempt, engine.KindStartCall, engine.KindCompleteCall, engine.KindNoShow, engine.KindReassign, engine.KindAddAbsence,
		engine.KindCreateCallback, engine.KindCancelCallback, engine.KindAdHoc, engine.KindRecordOffer,
	},
}

// feeders are the kinds that others need.
var feeders = []engine.Kind{
	engine.KindPutReviewer, engine.KindPutCase, engine.KindHold, engine.KindBook, engine.KindAdHoc, engine.KindCreateCallback, engine.KindStartCall,
}

const (
	mostOfAKind  = 2
	mostOfFeeder = 40
	triedAtMost  = 100_000
	northTenant  = "north"
	lateReviewer = "rev-late"
)

func writeBuilds(t *testing.T) {
	t.Helper()
	clock := enginetest.NewClock(enginetest.Monday)
	b := &builder{t: t, log: engine.NewMemLog(), clock: clock, seen: map[engine.Kind]int{}}
	b.open(nil)
	b.w = enginetest.NewWorkload(11, clock)
	var allowed []engine.Kind
	for build := 1; build <= 5; build++ {
		allowed = append(allowed, buildKinds[build]...)
		b.work(allowed)
		switch build {
		case 2:
			r := enginetest.Reviewer(lateReviewer)
			r.BoardCertifications = []matcher.Certification{{Specialty: "207XS0117X"}}
			b.must(engine.Command{Actor: northActor("roster"), Payload: engine.PutReviewer{Reviewer: r}})
		case 3:
			c := enginetest.Case("case-late")
			c.PlanType = "ppo"
			b.must(engine.Command{Actor: northActor("roster"), Payload: engine.PutCase{Case: c}})
			b.moveWithRole()
			b.bookAdHoc()
			b.giveKeys()
		case 4:
			b.anchor()
		case 5:
			b.holdAsOffice()
			b.reseal()
		}
		b.take(build)
	}
	if err := b.e.Close(); err != nil {
		t.Fatal(err)
	}
	b.save()
}

func northActor(principal string) engine.Actor {
	return engine.Actor{Tenant: northTenant, Principal: principal, Role: "payer", Source: "test"}
}

func (b *builder) open(keys *engine.DataKeys) {
	b.t.Helper()
	o := engine.Options{Log: b.log, Clock: b.clock, Rules: smallRules(), Keys: keys}
	if keys != nil {
		o.Random = &steadyReader{}
	}
	e, err := engine.Open(b.t.Context(), o)
	if err != nil {
		b.t.Fatal(err)
	}
	b.e = e
}

// smallRules are those that a workload brings: few rows, so that the log is small.
func smallRules() []byte {
	w := enginetest.NewWorkload(1, enginetest.NewClock(enginetest.Monday))
	for {
		if p, ok := w.Next().Payload.(engine.LoadRules); ok {
			return p.Bundle
		}
	}
}

// work submits commands of a workload that are allowed and have not come often, until each has come.
func (b *builder) work(allowed []engine.Kind) {
	b.t.Helper()
	missing := func(k engine.Kind) bool { return b.seen[k] == 0 }
	for range triedAtMost {
		if !slices.ContainsFunc(allowed, missing) {
			return
		}
		c := b.w.Next()
		k := c.Payload.Kind()
		most := mostOfAKind
		if slices.Contains(feeders, k) {
			most = mostOfFeeder
		}
		if !slices.Contains(allowed, k) || b.seen[k] >= most {
			continue
		}
		o, err := b.e.Submit(b.t.Context(), c)
		if err != nil {
			b.t.Fatal(err)
		}
		b.w.Learn(c, o.Status)
		if o.Status == engine.StatusOK && o.Seq > 0 && !o.Replayed {
			b.seen[k]++
		}
	}
	b.t.Fatalf("after %d commands: %v", triedAtMost, b.seen)
}

func (b *builder) must(c engine.Command) {
	b.t.Helper()
	o, err := b.e.Submit(b.t.Context(), c)
	if err != nil || o.Status != engine.StatusOK {
		b.t.Fatalf("%T: %v %s, %v", c.Payload, o.Status, o.Detail, err)
	}
}

// lateSlot finds a start at which the late reviewer is free and books or holds it with f.
func (b *builder) lateSlot(f func(at slots.Instant) engine.Command) {
	b.t.Helper()
	first := b.clock.Now() - b.clock.Now()%slots.Hour + slots.Hour
	for n := range slots.Instant(7 * 24) {
		o, err := b.e.Submit(b.t.Context(), f(first+n*slots.Hour))
		if err != nil {
			b.t.Fatal(err)
		}
		if o.Status == engine.StatusOK && o.Seq > 0 { // not where it is already
			return
		}
	}
	b.t.Fatal("no slot")
}

// moveWithRole books a call and moves it, with the role of who attests.
func (b *builder) moveWithRole() {
	b.t.Helper()
	b.lateSlot(func(at slots.Instant) engine.Command {
		return engine.Command{Actor: northActor("desk"), Payload: engine.Book{
			ID: "apt-late", CaseIDs: []string{"case-late"}, ReviewerID: lateReviewer, Start: at, TimeZone: "UTC",
			PerformedByRole: "requesting_provider", PerformedByCredential: "MD", Location: "provider_office", Notify: "none",
		}}
	})
	b.clock.Advance(60)
	b.lateSlot(func(at slots.Instant) engine.Command {
		return engine.Command{Actor: northActor("desk"), Payload: engine.Reschedule{
			ID: "apt-late", ReviewerID: lateReviewer, Start: at + slots.Hour, AttestedByRole: "requesting_provider",
		}}
	})
}

// bookAdHoc books a call that somebody has asked for by telephone.
func (b *builder) bookAdHoc() {
	b.t.Helper()
	for n := range triedAtMost {
		c := b.w.Next()
		p, ok := c.Payload.(engine.AdHoc)
		if !ok {
			continue
		}
		p.Caller = b.e.Vault().SealCaller(c.Actor.Tenant+"/hold/"+p.ID, &engine.CallerPersonal{FirstName: "Ann", LastName: "Lee"})
		c.Payload, c.Key = p, ""
		o, err := b.e.Submit(b.t.Context(), c)
		if err != nil {
			b.t.Fatal(err)
		}
		if o.Status != engine.StatusOK || o.Hold == nil {
			continue
		}
		booked, err := b.e.Submit(b.t.Context(), engine.Command{Actor: c.Actor, Payload: engine.Book{
			ID: fmt.Sprint("apt-now-", n), CaseIDs: p.CaseIDs, ReviewerID: o.Hold.ReviewerID, Start: o.Hold.Span.Start, HoldID: p.ID, TimeZone: "UTC",
			PerformedByRole: p.PerformedByRole, PerformedByCredential: p.PerformedByCredential, Location: "provider_office", Notify: "none",
		}})
		if err != nil {
			b.t.Fatal(err)
		}
		if booked.Status == engine.StatusOK {
			return
		}
	}
	b.t.Fatal("no ad hoc call")
}

// giveKeys makes a tenant, and keys that are revoked, so many that one is forgotten.
func (b *builder) giveKeys() {
	b.t.Helper()
	root := engine.Actor{Tenant: northTenant, Principal: "root", Role: "operator", Source: "test"}
	b.must(engine.Command{Actor: root, Payload: engine.PutTenant{Tenant: engine.Tenant{ID: "west", Name: "West"}}})
	for i := range engine.MaxKeptKeys + 1 {
		id := fmt.Sprint("key-", i)
		b.must(engine.Command{Actor: root, Payload: engine.CreateKey{
			ID: id, Hash: sha256.Sum256([]byte(id)), Role: "coordinator", Principal: "desk", ExpiresAt: b.e.Now() + slots.Hour,
		}})
		b.must(engine.Command{Actor: root, Payload: engine.RevokeKey{ID: id}})
		b.clock.Advance(slots.Minute)
	}
}

// anchor writes two records of the access journal and puts their head on record.
func (b *builder) anchor() {
	b.t.Helper()
	head := engine.JournalHead{Tenant: northTenant}
	for i := range 2 {
		r := engine.AccessRecord{
			Kind: engine.AccessRead, At: b.clock.Now(), Tenant: northTenant, Principal: "desk", Role: "coordinator", Action: "getCase",
			Objects: []engine.Object{{Type: "case", ID: "case-late"}}, Client: "127.0.0.1", Status: 200, RequestID: fmt.Sprint("r-", i),
		}
		record, err := r.Encode()
		if err != nil {
			b.t.Fatal(err)
		}
		head = head.Next(record)
		b.lines = append(b.lines, buildLine{4, northTenant, record})
	}
	b.must(engine.Command{
		Actor:   engine.Actor{Tenant: northTenant, Principal: "system", Role: "system", Source: "system"},
		Payload: engine.AnchorJournal{Anchors: []engine.Anchor{{JournalHead: head}}},
	})
	for _, id := range []string{"case-north", "case-east"} { // so that a checkpoint can be followed by something
		b.must(engine.Command{Actor: northActor("roster"), Payload: engine.PutCase{Case: enginetest.Case(id)}})
	}
}

// holdAsOffice holds a slot as an office that sees its own cases alone.
func (b *builder) holdAsOffice() {
	b.t.Helper()
	b.must(engine.Command{Actor: northActor("roster"), Payload: engine.PutCase{Case: enginetest.Case("case-office")}})
	b.lateSlot(func(at slots.Instant) engine.Command {
		return engine.Command{
			Actor: northActor("office"), Scope: &engine.Scope{NPIs: []string{"1234567893"}, Principal: "office"},
			Payload: engine.HoldSlot{ID: "hold-office", CaseIDs: []string{"case-office"}, ReviewerID: lateReviewer, Start: at, TimeZone: "UTC"},
		}
	})
}

// reseal puts personal data under a data key.
func (b *builder) reseal() {
	b.t.Helper()
	c := enginetest.Case("case-sealed")
	c.Personal = b.e.Vault().SealCase("", &engine.CasePersonal{})
	b.must(engine.Command{Actor: northActor("roster"), Payload: engine.PutCase{Case: c}})
	log := b.log.Reopen()
	if err := b.e.Close(); err != nil {
		b.t.Fatal(err)
	}
	b.log = log
	b.open(ring(b.t, 1))
	if done, _, err := b.e.Reseal(b.t.Context(), engine.Command{Actor: northActor("root")}, engine.ResealPlace{}); err != nil || !done.Done() {
		b.t.Fatal(done, err)
	}
}

// take takes what has come into the log, as a build would have written it.
func (b *builder) take(build int) {
	b.t.Helper()
	next := engine.Seq(1)
	for _, l := range b.lines {
		if l.tenant == "" {
			next++
		}
	}
	err := b.log.Read(next, func(_ engine.Seq, payload []byte) error {
		record, err := engine.AsBuild(build, payload)
		b.lines = append(b.lines, buildLine{build, "", record})
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// save writes the files.
func (b *builder) save() {
	b.t.Helper()
	var log bytes.Buffer
	z := gzip.NewWriter(&log)
	var states strings.Builder
	var payloads [][]byte
	for i, l := range b.lines {
		tenant := l.tenant
		if tenant == "" {
			tenant = "-"
			payloads = append(payloads, l.record)
		}
		_, _ = fmt.Fprintf(z, "%d %s %x\n", l.build, tenant, l.record) // into memory
		if i+1 == len(b.lines) || b.lines[i+1].build != l.build {
			s, err := engine.StateAfter(payloads)
			if err != nil {
				b.t.Fatal(err)
			}
			fmt.Fprintf(&states, "%d %d %x\n", l.build, len(payloads), s.Hash)
		}
	}
	if err := z.Close(); err != nil {
		b.t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(buildLog), 0o755); err != nil {
		b.t.Fatal(err)
	}
	for path, text := range map[string][]byte{buildLog: log.Bytes(), buildStates: []byte(states.String())} {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
}
