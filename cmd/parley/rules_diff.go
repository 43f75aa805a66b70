package main

import (
	"context"
	"fmt"

	"github.com/parleyhq/parley/matcher"
)

type rulesDiffCmd struct {
	Dir     string `arg:"" help:"Folder with the rule files."`
	Against string `placeholder:"DIR|embedded" help:"The rules before: a folder, or those inside the program (default: those in force in --data, else those inside the program)."`
	Data    string `type:"path" placeholder:"DIR" help:"Directory of a store that no server is using: tell also which of its cases and booked calls would change, before and after."`
	At      string `placeholder:"TIME" help:"With --data: judge at this instant, RFC 3339 (default: now; in a sandbox store its last stamp)."`
	Limit   uint   `default:"${rulesLimit}" help:"List at most so many cases and calls."`
}

// Run prints the differences. That there are some is no failure.
func (c *rulesDiffCmd) Run(ctx context.Context, s streams) error {
	after, err := openFolder(s, c.Dir)
	if err != nil {
		return err
	}
	var store *stopped
	if c.Data != "" {
		if store, err = openStopped(ctx, s, c.Data, c.At); err != nil {
			return err
		}
	}
	before, err := c.before(s, store)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "before: %s, %s\n", before.rules.Version(), before.name)
	fmt.Fprintf(s.out, "after:  %s, %s\n", after.rules.Version(), after.name)
	changes, err := matcher.DiffRules(before.bundle, after.bundle)
	if err != nil {
		return err
	}
	printChanges(s.out, changes)
	if store == nil {
		return nil
	}
	return store.compare(ctx, s, before.rules, after.rules, int(c.Limit))
}

// before finds the rules to compare with.
func (c *rulesDiffCmd) before(s streams, store *stopped) (*folder, error) {
	if c.Against == "" && store != nil {
		return &folder{name: "in force in " + c.Data, bundle: store.snapshot.RulesBundle(), rules: store.snapshot.Rules()}, nil
	}
	name := c.Against
	if name == "" {
		name = shippedRules
	}
	return openFolder(s, name)
}
