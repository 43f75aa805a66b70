package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/parleyhq/parley/bench"
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/persist"
	"github.com/parleyhq/parley/slots"
)

// tenant is that of the workload.
const tenant = "default"

// now is when every query is asked: a second after the workload's instant, so that
// a server whose clock runs on from it answers the same for a quarter of an hour.
const now = bench.DefaultNow + 1

// still is a clock that stands.
type still slots.Instant

// Now implements engine.Clock.
func (s still) Now() slots.Instant { return slots.Instant(s) }

// fillChunk is how many commands wait for each other while a store is filled.
const fillChunk = 2_000

// filler puts a workload into a new store, through the engine as a server would.
type filler struct {
	eng     *engine.Engine
	ctx     context.Context
	pending []engine.Command
	calls   int // booked so far
}

// createStore makes a store in dir, lets fill put something into it, and closes
// it, so that `parley serve` can open it under a sandbox clock.
func createStore(ctx context.Context, dir string, fill func(*filler) error) (err error) {
	store, err := persist.Create(dir, persist.Options{}, persist.NewIdentity(tenant, true, int64(bench.DefaultNow)))
	if err != nil {
		return err
	}
	eng, err := engine.Open(ctx, engine.Options{Log: store, Identity: store.Identity(), Clock: still(bench.DefaultNow)})
	if err != nil {
		return errors.Join(err, store.Close())
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	f := &filler{eng: eng, ctx: ctx}
	if err := fill(f); err != nil {
		return err
	}
	return f.flush()
}

func (f *filler) put(p engine.Payload) error {
	f.pending = append(f.pending, engine.Command{Actor: actor, Payload: p})
	if len(f.pending) < fillChunk {
		return nil
	}
	return f.flush()
}

var actor = engine.Actor{Tenant: tenant, Principal: "office-1", Role: "all", Source: "bench"}

func (f *filler) flush() error {
	for i, r := range f.eng.SubmitAll(f.ctx, f.pending) {
		if r.Err != nil || r.Outcome.Status != engine.StatusOK {
			return fmt.Errorf("filling the store: %T: %v %w", f.pending[i].Payload, r.Outcome.Status, r.Err)
		}
	}
	f.pending = f.pending[:0]
	return nil
}

func (f *filler) reviewer(r *matcher.Reviewer) error {
	return f.put(engine.PutReviewer{Reviewer: engine.Reviewer{
		Reviewer: *r,
		Personal: f.eng.Vault().SealReviewer("", &engine.ReviewerPersonal{Name: "Dana Ortiz"}),
	}})
}

func (f *filler) matterCase(c *matcher.Case) error {
	v := f.eng.Vault()
	return f.put(engine.PutCase{Case: engine.Case{
		Case:      *c,
		Personal:  v.SealCase("", &engine.CasePersonal{MemberID: "M-1", MemberName: "Jordan Winter", MemberBirthDate: "1982-06-28"}),
		MemberID:  v.DigestMemberID("M-1"),
		BirthDate: v.DigestBirthDate("1982-06-28"),
		LastName:  v.DigestLastName("Winter"),
	}})
}

// caseFor is a case that reviewer r may take.
func caseFor(id string, r *matcher.Reviewer) *matcher.Case {
	return &matcher.Case{
		Tenant: tenant, ID: id, HealthPlan: "hne", LineOfBusiness: "commercial", SitusState: "MA", MemberState: "MA",
		Population: "adult", Program: r.Programs[0], LevelOfReview: "reconsideration", Phase: "pre_service",
		Determination: matcher.Determination{Status: "denied", Reason: "medical_necessity", LetterReceived: true},
		Requesting:    matcher.Provider{Present: true, NPI: "1234567893", Credential: "MD", Specialty: r.Specialties[0], TimeZone: "US/Eastern"},
	}
}

// booked stores a case and its appointment.
func (f *filler) booked(r *matcher.Reviewer, start slots.Instant) error {
	id := fmt.Sprintf("booked-%d", f.calls)
	f.calls++
	if err := f.matterCase(caseFor(id, r)); err != nil {
		return err
	}
	return f.put(engine.Book{
		ID: "apt-" + id, CaseIDs: []string{id}, ReviewerID: r.ID, Start: start, TimeZone: "US/Eastern",
		PerformedByRole: "requesting_provider", PerformedByCredential: "MD", Location: "provider_office", Notify: "none",
	})
}

// national fills a store with the whole national workload: reviewers, booked
// calls with a case each, and the cases of the queries.
func (f *filler) national(n *bench.National, progress io.Writer) error {
	reviewers := make([]*matcher.Reviewer, 0, n.Reviewers)
	n.View.Roster.Ascend(tenant, "", func(r *matcher.Reviewer) bool {
		reviewers = append(reviewers, r)
		return true
	})
	for _, r := range reviewers {
		if err := f.reviewer(r); err != nil {
			return err
		}
	}
	for _, q := range n.Queries {
		if err := f.matterCase(q.Cases[0]); err != nil {
			return err
		}
	}
	began, total, err := time.Now(), n.View.Calendar.Len(), error(nil)
	n.View.Calendar.All(func(c slots.Call) bool {
		if f.calls%100_000 == 0 {
			fmt.Fprintf(progress, "  %d of %d calls booked, %s\n", f.calls, total, time.Since(began).Round(time.Second))
		}
		err = f.booked(reviewers[c.Reviewer], c.Span.Start)
		return err == nil
	})
	return err
}

// rulesInForce is a short name of the rules that a new store gets.
func rulesInForce() (string, error) {
	bundle, err := matcher.EmbeddedRules()
	if err != nil {
		return "", err
	}
	rules, err := matcher.CompileRules(bundle)
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256([]byte(rules.Version()))
	return hex.EncodeToString(digest[:4]), nil
}

// keptStore returns a scratch copy of a store that is filled once and kept for
// later runs. What a run does to its copy is not kept.
func (r *run) keptStore(ctx context.Context, name string, fill func(*filler) error) (string, error) {
	rules, err := rulesInForce()
	if err != nil {
		return "", err
	}
	name += "-" + rules // a store keeps the rules that it was made with
	kept := filepath.Join(r.cache, name)
	if _, err := os.Stat(kept); err != nil {
		fmt.Fprintf(r.log, "store %s: filling it through the engine, once; it is kept for later runs\n", name)
		filling := kept + ".filling"
		if err := errors.Join(os.RemoveAll(filling), os.MkdirAll(r.cache, 0o755)); err != nil {
			return "", err
		}
		if err := createStore(ctx, filling, fill); err != nil {
			return "", err
		}
		if err := os.Rename(filling, kept); err != nil {
			return "", err
		}
		debug.FreeOSMemory() // of the engine that filled it; servers are next
	}
	copied := filepath.Join(r.scratch, name)
	return copied, os.CopyFS(copied, os.DirFS(kept))
}
