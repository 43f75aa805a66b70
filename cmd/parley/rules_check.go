package main

import (
	"context"
	"errors"
	"fmt"
)

type rulesCheckCmd struct {
	Dir   string `arg:"" help:"Folder with the rule files."`
	Data  string `type:"path" placeholder:"DIR" xor:"what" help:"Directory of a store that no server is using: tell also which of its cases and booked calls these rules would touch."`
	URL   string `placeholder:"URL" xor:"what" help:"Base URL of a running server: the same by its present state."`
	At    string `placeholder:"TIME" help:"With --data: judge at this instant, RFC 3339 (default: now; in a sandbox store its last stamp)."`
	Limit uint   `default:"${rulesLimit}" help:"List at most so many cases and calls."`
	credential
}

// Run fails with exitNotWhole if the rules have faults or their examples differ.
func (c *rulesCheckCmd) Run(ctx context.Context, s streams) error {
	f, err := openFolder(s, c.Dir)
	if err != nil {
		return err
	}
	printRules(s.out, f.rules)
	for _, r := range f.rules.Rows() {
		if r.Applied {
			fmt.Fprint(s.out, standing("  "+r.Section+"/"+r.ID, r))
		}
	}
	differ, err := f.playExamples(s, false)
	if err != nil {
		return err
	}
	switch {
	case c.URL != "":
		err = c.askServer(ctx, s, f)
	case c.Data != "":
		err = c.askStore(ctx, s, f)
	}
	return errors.Join(err, differ)
}

func (c *rulesCheckCmd) askStore(ctx context.Context, s streams, f *folder) error {
	store, err := openStopped(ctx, s, c.Data, c.At)
	if err != nil {
		return err
	}
	inForce := store.snapshot.Rules()
	if inForce.Version() == f.rules.Version() {
		fmt.Fprintf(s.out, "%s are in force in %s.\n", f.rules.Version(), c.Data)
		return nil
	}
	fmt.Fprintf(s.out, "in force in %s: %s\n", c.Data, inForce.Version())
	return store.compare(ctx, s, inForce, f.rules, int(c.Limit))
}

func (c *rulesCheckCmd) askServer(ctx context.Context, s streams, f *folder) error {
	client, err := newClient(c.URL, c.credential, rulesTimeout)
	if err != nil {
		return err
	}
	got, err := client.sendRules(ctx, "/v1/rules/check", f.bundle)
	if err != nil {
		return err
	}
	if !got.Changed {
		fmt.Fprintf(s.out, "%s are in force at %s.\n", got.Version, c.URL)
		return nil
	}
	fmt.Fprintf(s.out, "in force at %s: %s\n", c.URL, got.Previous)
	got.print(s.out)
	report := touchedReport{cases: got.Cases, calls: got.Calls, items: got.Touched[:min(len(got.Touched), int(c.Limit))]}
	report.print(s.out)
	return nil
}
