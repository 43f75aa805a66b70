package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/persist"
	"github.com/parleyhq/parley/slots"
)

// rulesCmd is what an operator does with rules; docs/rules.md goes through it.
type rulesCmd struct {
	Init  rulesInitCmd  `cmd:"" help:"Write the shipped rules and their examples into a new folder, to be changed there."`
	Show  rulesShowCmd  `cmd:"" help:"List rows with their sources and dates, or print one row."`
	Check rulesCheckCmd `cmd:"" help:"Check a folder of rules and play its examples; optionally tell what it would change of a store or a server."`
	Diff  rulesDiffCmd  `cmd:"" help:"Tell how a folder of rules differs from other rules, member by member."`
	Test  rulesTestCmd  `cmd:"" help:"Play the examples of a folder of rules."`
	Load  rulesLoadCmd  `cmd:"" help:"Make a folder of rules the rules in force of a running server."`
}

// shippedRules is what stands for the rules inside the program where a folder is asked for.
const shippedRules = "embedded"

// Limits of what is printed.
const (
	rulesFaultsShown  = 100
	rulesTouchedShown = 50  // cases and calls
	rulesValueShown   = 120 // bytes of a value in a diff
)

// errFaultyRules fails a command with exitNotWhole.
func errFaultyRules(n int) error {
	if n == 1 {
		return &failure{exitNotWhole, errors.New("1 fault; nothing was changed")}
	}
	return &failure{exitNotWhole, fmt.Errorf("%d faults; nothing was changed", n)}
}

// folder is a set of rules that was read from somewhere.
type folder struct {
	name   string // as the user gave it
	files  fs.FS
	bundle []byte
	rules  *matcher.Ruleset
}

// openFolder reads and compiles a folder, or the shipped rules, and prints the
// faults that it finds, one a line, as file:line.
func openFolder(s streams, name string) (*folder, error) {
	f := &folder{name: name}
	prefix := name
	if name == shippedRules {
		f.files, prefix = matcher.EmbeddedFiles(), "rules"
	} else {
		info, err := os.Stat(name)
		switch {
		case err != nil:
			return nil, &failure{exitUsage, err}
		case !info.IsDir():
			return nil, &failure{exitUsage, fmt.Errorf("%s is not a folder", name)}
		}
		f.files = os.DirFS(name)
	}
	var faults []matcher.RuleError
	if f.bundle, f.rules, faults = matcher.CheckRules(f.files); len(faults) == 0 {
		return f, nil
	}
	for i := range faults {
		if i == rulesFaultsShown {
			fmt.Fprintf(s.err, "… and %d faults more\n", len(faults)-i)
			break
		}
		if faults[i].File != "" {
			faults[i].File = filepath.Join(prefix, faults[i].File)
		}
		fmt.Fprintln(s.err, faults[i].Error())
	}
	return nil, errFaultyRules(len(faults))
}

// stopped is the state of a store that no server is using.
type stopped struct {
	snapshot *engine.Snapshot
	now      slots.Instant
}

// openStopped reads a store and leaves it as it is. Cases are judged at the
// present, in a sandbox at its last stamp, or at another instant, RFC 3339.
func openStopped(ctx context.Context, s streams, dir, at string) (out *stopped, err error) {
	out = &stopped{}
	if at != "" {
		if out.now, _, err = slots.ParseInstant(at); err != nil {
			return nil, &failure{exitUsage, fmt.Errorf("--at: %w", err)}
		}
	}
	store, err := openDir(dir, persist.Options{MinFreeBytes: -1, Progress: newProgress(s.err, "check").update})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if out.snapshot, err = engine.Read(ctx, store, newProgress(s.err, "replay").update); err != nil {
		return nil, err
	}
	if out.now == 0 {
		out.now = out.snapshot.Stamped()
		if !store.Identity().Sandbox {
			out.now = max(out.now, slots.Instant(time.Now().Unix()))
		}
	}
	return out, nil
}

// compare judges everything in a store by two rulesets and prints what differs.
func (x *stopped) compare(ctx context.Context, s streams, before, after *matcher.Ruleset, limit int) error {
	impact, err := x.snapshot.CompareRules(ctx, before, after, x.now, engine.CompareOptions{
		Limit: limit, Progress: newProgress(s.err, "compare").update,
	})
	if err != nil {
		return err
	}
	out := touchedReport{
		cases: counted{impact.Cases, impact.CasesTouched}, calls: counted{impact.Calls, impact.CallsTouched},
		at: slots.AppendInstant(nil, x.now, slots.UTC()),
	}
	for _, t := range impact.Touched {
		item := touchedItem{Kind: t.Kind, ID: t.ID}
		for _, c := range t.Changes {
			item.Changes = append(item.Changes, aspectChange{c.Aspect, c.Before, c.After})
		}
		out.items = append(out.items, item)
	}
	out.print(s.out)
	return nil
}

// touchedReport is what a change of rules would touch, from a store or a server.
type touchedReport struct {
	cases, calls counted
	at           []byte // when it was judged, nil = by the server's clock
	items        []touchedItem
}

type counted struct {
	LookedAt int `json:"lookedAt"`
	Touched  int `json:"touched"`
}

type touchedItem struct {
	Kind    string         `json:"kind"`
	ID      string         `json:"id"`
	Changes []aspectChange `json:"changes"`
}

type aspectChange struct {
	Aspect string `json:"aspect"`
	Before string `json:"before"`
	After  string `json:"after"`
}

func (r *touchedReport) print(w io.Writer) {
	fmt.Fprintf(w, "touches %d of %d cases and %d of %d booked calls", r.cases.Touched, r.cases.LookedAt, r.calls.Touched, r.calls.LookedAt)
	if r.at != nil {
		fmt.Fprintf(w, ", judged at %s", r.at)
	}
	fmt.Fprintln(w)
	for _, x := range r.items {
		fmt.Fprintf(w, "%s %s\n", x.Kind, x.ID)
		for _, c := range x.Changes {
			fmt.Fprintf(w, "  %s: %s → %s\n", c.Aspect, orNothing(c.Before), orNothing(c.After))
		}
	}
	if more := r.cases.Touched + r.calls.Touched - len(r.items); more > 0 {
		fmt.Fprintf(w, "… and %d more\n", more)
	}
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// printChanges lists how rows differ, member by member.
func printChanges(w io.Writer, changes []matcher.RowChange) {
	counts := map[string]int{}
	for _, c := range changes {
		counts[c.Kind]++
	}
	fmt.Fprintf(w, "rows: %d added, %d removed, %d changed\n", counts["added"], counts["removed"], counts["changed"])
	for _, c := range changes {
		name := c.Section + " " + c.ID
		if c.ID == "" {
			name = c.Section
		}
		fmt.Fprintf(w, "%s %s\n", c.Kind, name)
		for _, f := range c.Fields {
			fmt.Fprintf(w, "  %s: %s → %s\n", f.Pointer, orNothing(clipped(f.Before)), orNothing(clipped(f.After)))
		}
	}
}

// clipped shortens a value to what is read at a glance.
func clipped(s string) string {
	if len(s) <= rulesValueShown {
		return s
	}
	short := s[:rulesValueShown]
	for len(short) > 0 && short[len(short)-1]&0xC0 == 0x80 { // inside a character
		short = short[:len(short)-1]
	}
	return short + "…"
}

// printRules says which rules they are and how many rows count.
func printRules(w io.Writer, rs *matcher.Ruleset) {
	type count struct{ applied, disabled int }
	counts := map[string]*count{"jurisdictions": {}, "payers": {}}
	for _, r := range rs.Rows() {
		if r.Applied {
			counts[r.Section].applied++
		} else {
			counts[r.Section].disabled++
		}
	}
	j, p := counts["jurisdictions"], counts["payers"]
	fmt.Fprintf(w, "%s: %d rows applied, %d disabled (jurisdictions %d and %d, payers %d and %d)\n", rs.Version(),
		j.applied+p.applied, j.disabled+p.disabled, j.applied, j.disabled, p.applied, p.disabled)
}
