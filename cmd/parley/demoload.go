package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/parleyhq/parley/cmd/parley/demo"
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/server"
	"github.com/parleyhq/parley/slots"
)

// loadDemo fills a store with a demo through the served import route, the same
// way in as for real data. A store that has the demo already is left alone; one
// that holds something else is refused.
func loadDemo(ctx context.Context, s streams, eng *engine.Engine, tenant string, kind demoKind, url string) error {
	lines := demoLines(kind, eng.Now())
	counts := eng.Snapshot().Counts()
	if counts.Reviewers+counts.Cases >= len(lines) {
		return nil
	}
	if first, found := firstReviewer(eng, tenant); found && !isDemoReviewer(kind, first) {
		return &failure{exitUsage, errors.New("this store holds data that is not the demo's; give --demo a --data directory of its own")}
	}
	client, err := newImporter(url, credential{})
	if err != nil {
		return err
	}
	var in bytes.Buffer
	for _, l := range lines {
		in.Write(l)
		in.WriteByte('\n')
	}
	bar, total := newProgress(s.err, "demo"), uint64(in.Len())
	client.progress = func(sent int64) { bar.update(uint64(sent), total) }
	sum, err := client.send(ctx, &in)
	if err != nil {
		return fmt.Errorf("loading the demo: %w", err)
	}
	if len(sum.refused) > 0 {
		return fmt.Errorf("loading the demo: line %d: %s", sum.refused[0].Line, sum.refused[0])
	}
	fmt.Fprintf(s.out, "Loaded the %s demo: %d reviewers and cases.\n", kind, sum.taken)
	return nil
}

func demoLines(kind demoKind, now slots.Instant) []demo.Line {
	if kind == demoDeck {
		return demo.Deck()
	}
	return demo.National(time.Unix(int64(now), 0))
}

func firstReviewer(eng *engine.Engine, tenant string) (id string, found bool) {
	eng.Snapshot().Reviewers(tenant, "", func(r *engine.Reviewer) bool {
		id, found = r.ID, true
		return false
	})
	return id, found
}

// isDemoReviewer reports whether id is one that the demo makes.
func isDemoReviewer(kind demoKind, id string) bool {
	if kind == demoDeck {
		return id == "rev-ames" || id == "rev-bryce"
	}
	return len(id) == len("rev-0001") && id[:4] == "rev-"
}

// pageExamples is how many demo cases the landing page may try.
const pageExamples = 60

// demoPage names what the landing page's examples use.
func demoPage(kind demoKind) *server.Demo {
	switch kind {
	case demoDeck:
		return &server.Demo{TimeZone: "US/Eastern", Cases: []server.DemoCase{{ID: demo.DeckCase, MemberBirthDate: demo.DeckBirthDate}}}
	case demoNational:
		page := &server.Demo{TimeZone: "US/Eastern"}
		for _, c := range demo.NationalExamples(pageExamples) {
			page.Cases = append(page.Cases, server.DemoCase{ID: c.ID, MemberBirthDate: c.BirthDate})
		}
		return page
	}
	return nil
}
