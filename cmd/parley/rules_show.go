package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/matcher"
)

type rulesShowCmd struct {
	Dir  string `arg:"" optional:"" default:"embedded" help:"Folder with the rule files; embedded = the shipped rules."`
	Data string `type:"path" placeholder:"DIR" help:"Directory of a store that no server is using: show the rules in force there instead."`
	Row  string `placeholder:"SECTION/ID" help:"Print this row as it stands, e.g. payers/hne."`
}

// Run lists rows, or prints one.
func (c *rulesShowCmd) Run(ctx context.Context, s streams) error {
	var f *folder
	if c.Data != "" {
		store, err := openStopped(ctx, s, c.Data, "")
		if err != nil {
			return err
		}
		f = &folder{bundle: store.snapshot.RulesBundle(), rules: store.snapshot.Rules()}
	} else {
		var err error
		if f, err = openFolder(s, c.Dir); err != nil {
			return err
		}
	}
	if c.Row != "" {
		return f.printRow(s.out, c.Row)
	}
	printRules(s.out, f.rules)
	for _, r := range f.rules.Rows() {
		fmt.Fprintf(s.out, "%-9s %s/%s%s\n          %s\n          %s\n", rowState(r), r.Section, r.ID, validity(r), r.Title, r.Source)
		fmt.Fprint(s.out, standing("         ", r))
	}
	return nil
}

// rowState says in one word whether a row counts, and if not, why.
func rowState(r matcher.RowInfo) string {
	switch {
	case r.Applied:
		return "applied"
	case !r.Verified:
		return "unverified"
	}
	return "disabled"
}

// standing says, a line each after what it is put to, how a row stands to other rows.
func standing(to string, r matcher.RowInfo) (lines string) {
	if len(r.Beside) > 0 {
		lines = to + " beside " + strings.Join(r.Beside, ", ") + "\n"
	}
	if len(r.Replaces) > 0 {
		lines += to + " replaces " + strings.Join(r.Replaces, ", ") + "\n"
	}
	return lines
}

func validity(r matcher.RowInfo) string {
	switch {
	case r.ValidFrom != "" && r.ValidTo != "":
		return ", requests from " + r.ValidFrom + " to " + r.ValidTo
	case r.ValidFrom != "":
		return ", requests from " + r.ValidFrom
	case r.ValidTo != "":
		return ", requests to " + r.ValidTo
	}
	return ""
}

// printRow prints a row of any section.
func (f *folder) printRow(w io.Writer, name string) error {
	section, id, ok := strings.Cut(name, "/")
	if !ok {
		return &failure{exitUsage, errors.New("--row: write it as SECTION/ID, e.g. payers/hne")}
	}
	var parts map[string]struct {
		Rows []jsontext.Value `json:"rows"`
	}
	if err := json.Unmarshal(f.bundle, &parts); err != nil {
		return err
	}
	for _, row := range parts[section].Rows {
		var head struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(row, &head); err != nil {
			return err
		}
		if head.ID != id {
			continue
		}
		row = bytes.Clone(row)
		if err := row.Indent(jsontext.WithIndent("  ")); err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\n", row)
		return nil
	}
	return &failure{exitUsage, fmt.Errorf("there is no row %s", name)}
}
