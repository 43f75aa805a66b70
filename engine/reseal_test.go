package engine_test

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
)

const person = "Jordan Winterperson"

// steadyReader is a source of nonces that is the same in every run.
type steadyReader struct{ n uint64 }

func (r *steadyReader) Read(b []byte) (int, error) {
	for i := range b {
		r.n++
		b[i] = byte(r.n * 0x9e3779b97f4a7c15 >> 56)
	}
	return len(b), nil
}

// ring is a ring of data keys, the first one active.
func ring(t *testing.T, ids ...uint32) *engine.DataKeys {
	t.Helper()
	keys := make([]engine.DataKey, len(ids))
	for i, id := range ids {
		keys[i] = engine.DataKey{ID: id, Secret: [32]byte{byte(id), 7}, State: engine.DataKeyOld}
	}
	keys[0].State = engine.DataKeyActive
	r, err := engine.NewDataKeys(keys)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var operator = engine.Actor{Tenant: enginetest.Tenant, Principal: "root", Role: engine.RoleOperator, Source: engine.SourceAPI}

// populate puts personal fields of every kind that commands can reach.
func populate(t *testing.T, e *engine.Engine) {
	t.Helper()
	v, at := e.Vault(), func(kind, id string) string { return enginetest.Tenant + "/" + kind + "/" + id }
	for i := range 5 {
		id := fmt.Sprintf("rev-%d", i)
		r := enginetest.Reviewer(id)
		r.Personal = v.SealReviewer(at("reviewer", id), &engine.ReviewerPersonal{Name: person})
		mustOK(t, e, commandOf("payer", engine.PutReviewer{Reviewer: r}))
		c := enginetest.Case(fmt.Sprintf("case-%d", i))
		c.Personal = v.SealCase(at("case", c.ID), &engine.CasePersonal{MemberID: "M-1", MemberName: person})
		c.MemberID = v.DigestMemberID("M-1")
		mustOK(t, e, keyed(commandOf("payer", engine.PutCase{Case: c}), "put-"+id))
	}
	b := booking("apt-1", "case-1", "rev-1", 0)
	b.Personal = v.SealAppointment(at("appointment", "apt-1"), &engine.AppointmentPersonal{Instructions: person})
	mustOK(t, e, keyed(commandOf("alice", b), "book-1"))
	mustOK(t, e, commandOf("payer", engine.RecordAttempt{AppointmentID: "apt-1", Attempt: engine.Attempt{
		At: e.Now(), Direction: "outbound", Result: "voicemail",
		Personal: v.SealAttempt(at("appointment", "apt-1"), &engine.AttemptPersonal{Provider: person}),
	}}))
	answer := keyed(commandOf("alice", engine.RecordAnswer{Body: v.SealAnswer(enginetest.Tenant, "alice", "answer-1", []byte(person))}), "answer-1")
	mustOK(t, e, answer)
}

// openAll opens what populate has put; the texts must be those.
func openAll(t *testing.T, e *engine.Engine) {
	t.Helper()
	v, s := e.Vault(), e.Snapshot()
	r, _ := s.Reviewer(enginetest.Tenant, "rev-1")
	if p, err := v.OpenReviewer(enginetest.Tenant+"/reviewer/rev-1", r.Personal); err != nil || p.Name != person {
		t.Fatal(p, err)
	}
	c, _ := s.Case(enginetest.Tenant, "case-1")
	if p, err := v.OpenCase(enginetest.Tenant+"/case/case-1", c.Personal); err != nil || p.MemberName != person {
		t.Fatal(p, err)
	}
	place := enginetest.Tenant + "/appointment/apt-1"
	first, known := e.Recall(enginetest.Actor("alice"), "book-1", keyed(commandOf("alice", nil), "").Fingerprint)
	a, _ := s.Appointment(enginetest.Tenant, "apt-1")
	if !known || first.Status != engine.StatusKeyReused {
		t.Fatal("the booking's key is forgotten")
	}
	if p, err := v.OpenAppointment(place, a.Personal); err != nil || p.Instructions != person {
		t.Fatal(p, err)
	}
	if p, err := v.OpenAttempt(place, a.Attempts[0].Personal); err != nil || p.Provider != person {
		t.Fatal(p, err)
	}
	if p, err := v.OpenReviewer(enginetest.Tenant+"/reviewer/rev-1", a.ReviewerPersonal); err != nil || p.Name != person {
		t.Fatal(p, err)
	}
}

// resealAll goes from the beginning to the end and returns how many parts were re-sealed.
func resealAll(t *testing.T, e *engine.Engine) (n, missing int) {
	t.Helper()
	for at := (engine.ResealPlace{}); !at.Done(); {
		next, step, err := e.Reseal(t.Context(), engine.Command{Actor: operator}, at)
		if err != nil {
			t.Fatal(err)
		}
		at, n, missing = next, n+step.Resealed, missing+step.Missing
	}
	return n, missing
}

func reopened(t *testing.T, e *engine.Engine, log *engine.MemLog, o engine.Options) (*engine.Engine, *engine.MemLog) {
	t.Helper()
	o.Log = log.Reopen()
	_ = e.Close()
	next, _ := o.Log.(*engine.MemLog)
	return openEngine(t, o), next
}

// TestReseal switches encryption on, rotates, and retires the first key: each time all
// parts go under the active key, and nothing else changes.
func TestReseal(t *testing.T) {
	t.Parallel()
	log := engine.NewMemLog()
	e := openEngine(t, engine.Options{Log: log})
	populate(t, e)
	before := e.Snapshot()
	total := before.KeyCounts()[0].Parts
	if total < 20 {
		t.Fatalf("%d parts", total)
	}
	for _, ids := range [][]uint32{{1}, {2, 1}, {2}} {
		e, log = reopened(t, e, log, engine.Options{Keys: ring(t, ids...), Random: &steadyReader{}})
		hash := e.Snapshot().Hash()
		n, missing := resealAll(t, e)
		if want := []engine.KeyCount{{KeyID: ids[0], Parts: total}}; missing != 0 || !reflect.DeepEqual(e.Snapshot().KeyCounts(), want) {
			t.Fatalf("keys %v: %v after %d, %d missing", ids, e.Snapshot().KeyCounts(), n, missing)
		}
		if len(ids) == 1 && ids[0] == 2 {
			if n != 0 || e.Snapshot().Hash() != hash {
				t.Fatalf("re-sealed %d parts once more", n)
			}
		} else if n != total {
			t.Fatalf("re-sealed %d of %d", n, total)
		}
		openAll(t, e)
		if err := e.Snapshot().Check(); err != nil {
			t.Fatal(err)
		}
		if err := e.Checkpoint(); err != nil {
			t.Fatal(err)
		}
	}
	a, _ := before.Appointment(enginetest.Tenant, "apt-1")
	b, _ := e.Snapshot().Appointment(enginetest.Tenant, "apt-1")
	if a.Version != b.Version || a.UpdatedAt != b.UpdatedAt || before.Counters() != e.Snapshot().Counters() {
		t.Fatal("re-sealing shows")
	}
	for _, o := range []engine.ReplayOptions{{Rejudge: true, Keys: ring(t, 2)}, {Rejudge: true}} {
		log = log.Reopen()
		report, err := engine.Replay(t.Context(), log, engine.Identity{}, o)
		if err != nil || report.Different != 0 || report.State != e.Snapshot().Hash() {
			t.Fatal(report, err)
		}
		if (o.Keys == nil) != (len(report.Unopened) == 1) || o.Keys == nil && report.Unopened[0] != (engine.KeyCount{KeyID: 2, Parts: total}) {
			t.Fatalf("unopened: %v", report.Unopened)
		}
	}
	if !bytes.Contains(everything(t, log), []byte(person)) {
		t.Fatal("what was written in clear before stays in the log: the test looks in the wrong place")
	}
}

// everything is all that a log holds.
func everything(t *testing.T, log *engine.MemLog) (all []byte) {
	t.Helper()
	if err := log.Read(1, func(_ engine.Seq, payload []byte) error {
		all = append(all, payload...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, space := range []engine.Space{engine.SpaceAudit, engine.SpaceOffers} {
		if err := log.Derived(space, nil, func(key, value []byte) error {
			all = append(append(all, key...), value...)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestCryptoErase destroys the key of a store that was encrypted from its beginning: no
// name is in its bytes, and chain and state are whole without the key, as are the parts
// that another key has taken over.
func TestCryptoErase(t *testing.T) {
	t.Parallel()
	log := engine.NewMemLog()
	e := openEngine(t, engine.Options{Log: log, Keys: ring(t, 1), Random: &steadyReader{}})
	populate(t, e)
	e, log = reopened(t, e, log, engine.Options{Keys: ring(t, 2, 1), Random: &steadyReader{n: 1 << 20}})
	half, _, err := e.Reseal(t.Context(), engine.Command{Actor: operator}, engine.ResealPlace{})
	if err != nil || !half.Done() {
		t.Fatal(half, err)
	}
	r := enginetest.Reviewer("rev-late")
	mustOK(t, e, commandOf("payer", engine.PutReviewer{Reviewer: r}))
	if bytes.Contains(everything(t, log), []byte("Winterperson")) {
		t.Fatal("a name is in the log")
	}
	hash := e.Snapshot().Hash()
	e, log = reopened(t, e, log, engine.Options{Keys: ring(t, 2), Random: &steadyReader{n: 1 << 30}})
	if e.Snapshot().Hash() != hash {
		t.Fatal("another state without the old key")
	}
	openAll(t, e)
	if report, err := engine.Replay(t.Context(), log.Reopen(), engine.Identity{}, engine.ReplayOptions{Rejudge: true, Keys: ring(t, 2)}); err != nil ||
		report.Different != 0 || len(report.Unopened) != 0 {
		t.Fatal(report, err)
	}
}

// TestResealRefusals: a part that has changed meanwhile is left alone, and what is malformed,
// or would put a part back into clear, is refused.
func TestResealRefusals(t *testing.T) {
	t.Parallel()
	e := openEngine(t, engine.Options{Keys: ring(t, 1), Log: engine.NewMemLog(), Random: &steadyReader{}})
	populate(t, e)
	f := func(want engine.Status, p engine.Resealed) {
		t.Helper()
		before := e.Snapshot().Seq()
		o, err := e.Submit(t.Context(), engine.Command{Actor: operator, Payload: engine.Reseal{Parts: []engine.Resealed{p}}})
		if err != nil || o.Status != want || e.Snapshot().Seq() != before {
			t.Fatalf("%v: %v %s, %v", p, o.Status, o.Detail, err)
		}
	}
	good := engine.Resealed{In: engine.InCase, Tenant: enginetest.Tenant, ID: "case-1", Sealed: engine.Sealed{KeyID: 2, Bytes: []byte("x")}}
	f(engine.StatusOK, good) // it says another present form
	for _, spoil := range []func(*engine.Resealed){
		func(p *engine.Resealed) { p.In = 0 }, func(p *engine.Resealed) { p.In = 7 }, func(p *engine.Resealed) { p.ID = "" },
		func(p *engine.Resealed) { p.Tenant = "" }, func(p *engine.Resealed) { p.Index = -1 },
		func(p *engine.Resealed) { p.Sealed.KeyID = 0 }, func(p *engine.Resealed) { p.Sealed.Bytes = make([]byte, 9<<20) },
	} {
		bad := good
		spoil(&bad)
		f(engine.StatusInvalid, bad)
	}
	unkeyed := openEngine(t, engine.Options{Log: engine.NewMemLog()})
	if _, _, err := unkeyed.Reseal(t.Context(), engine.Command{Actor: operator}, engine.ResealPlace{}); err == nil {
		t.Fatal("re-sealed without keys")
	}
}

// TestResealTooLarge: an answer that fits in clear and not when it is sealed stays as it is and is counted; all else
// is re-sealed, and the state can be written.
func TestResealTooLarge(t *testing.T) {
	t.Parallel()
	log := engine.NewMemLog()
	e := openEngine(t, engine.Options{Log: log})
	populate(t, e)
	const fits = engine.MaxAnswerBytes - 1 - 1 - 25 - 3 - 16 // mark, key id, nonce, length, tag
	for _, n := range []int{fits, fits + 1, engine.MaxAnswerBytes} {
		key := fmt.Sprint("large-", n)
		mustOK(t, e, keyed(commandOf("alice", engine.RecordAnswer{Body: bytes.Repeat([]byte("x"), n)}), key))
	}
	total := e.Snapshot().KeyCounts()[0].Parts
	e, log = reopened(t, e, log, engine.Options{Keys: ring(t, 1), Random: &steadyReader{}})
	resealed, tooLarge := 0, 0
	for at := (engine.ResealPlace{}); !at.Done(); {
		next, step, err := e.Reseal(t.Context(), engine.Command{Actor: operator}, at)
		if err != nil {
			t.Fatal(err)
		}
		at, resealed, tooLarge = next, resealed+step.Resealed, tooLarge+step.TooLarge
	}
	want := []engine.KeyCount{{KeyID: 0, Parts: 2}, {KeyID: 1, Parts: total - 2}}
	if resealed != total-2 || tooLarge != 2 || !reflect.DeepEqual(e.Snapshot().KeyCounts(), want) {
		t.Fatalf("%d of %d, %d too large, %v", resealed, total, tooLarge, e.Snapshot().KeyCounts())
	}
	if err := e.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	hash := e.Snapshot().Hash()
	if e, _ = reopened(t, e, log, engine.Options{Keys: ring(t, 1), Random: &steadyReader{}}); e.Snapshot().Hash() != hash {
		t.Fatal("another state from the checkpoint")
	}
}

// TestResealFailingRandom: without a nonce nothing is re-sealed, and that is told.
func TestResealFailingRandom(t *testing.T) {
	t.Parallel()
	log := engine.NewMemLog()
	e := openEngine(t, engine.Options{Log: log})
	populate(t, e)
	e, _ = reopened(t, e, log, engine.Options{Keys: ring(t, 1), Random: bytes.NewReader(make([]byte, 32+30))})
	if _, step, err := e.Reseal(t.Context(), engine.Command{Actor: operator}, engine.ResealPlace{}); err == nil {
		t.Fatalf("%+v without nonces", step)
	}
}
