package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/parleyhq/parley/matcher"
)

type rulesLoadCmd struct {
	Dir          string `arg:"" help:"Folder with the rule files; embedded = the shipped rules."`
	To           string `default:"http://127.0.0.1:8080" env:"PARLEY_URL" help:"Base URL of the server (${env})."`
	SkipExamples bool   `help:"Load also if examples of the folder differ."`
	credential
}

// Run checks the folder, plays its examples and loads it. Nothing is loaded if the
// rules have faults, or if examples differ and that is not waved through.
func (c *rulesLoadCmd) Run(ctx context.Context, s streams) error {
	client, err := newClient(c.To, c.credential, rulesTimeout)
	if err != nil {
		return err
	}
	f, err := openFolder(s, c.Dir)
	if err != nil {
		return err
	}
	differ, err := f.playExamples(s, false)
	if err != nil {
		return err
	}
	if differ != nil && !c.SkipExamples {
		return differ
	}
	got, err := client.sendRules(ctx, "/v1/rules", f.bundle)
	if err != nil {
		return err
	}
	if !got.Changed {
		fmt.Fprintf(s.out, "%s were in force already; nothing has changed.\n", got.Version)
		return nil
	}
	got.print(s.out)
	fmt.Fprintf(s.out, "%s are in force now, before %s: %d rows applied, %d disabled.\n", got.Version, got.Previous, got.Applied, got.Disabled)
	return nil
}

// rulesTimeout bounds a call about rules: the server may compare many cases.
const rulesTimeout = 10 * time.Minute

// rulesAnswered is what a server says of a bundle: how it differs, and, if that
// was asked, what it would touch.
type rulesAnswered struct {
	Version     string `json:"version"`
	Previous    string `json:"previous"`
	Changed     bool   `json:"changed"`
	Applied     int    `json:"applied"`
	Disabled    int    `json:"disabled"`
	ChangeCount int    `json:"changeCount"`
	Changes     []struct {
		Section string `json:"section"`
		ID      string `json:"id"`
		Kind    string `json:"kind"`
		Fields  []struct {
			Pointer string `json:"pointer"`
			Before  string `json:"before"`
			After   string `json:"after"`
		} `json:"fields"`
	} `json:"changes"`
	Cases   counted       `json:"cases"`
	Calls   counted       `json:"calls"`
	Touched []touchedItem `json:"touched"`
}

func (a *rulesAnswered) print(w io.Writer) {
	changes := make([]matcher.RowChange, len(a.Changes))
	for i, c := range a.Changes {
		changes[i] = matcher.RowChange{Section: c.Section, ID: c.ID, Kind: c.Kind}
		for _, f := range c.Fields {
			changes[i].Fields = append(changes[i].Fields, matcher.FieldChange{Pointer: f.Pointer, Before: f.Before, After: f.After})
		}
	}
	printChanges(w, changes)
	if more := a.ChangeCount - len(a.Changes); more > 0 {
		fmt.Fprintf(w, "… and %d rows more\n", more)
	}
}

// sendRules posts a bundle, again after failures that may pass.
func (c *client) sendRules(ctx context.Context, path string, bundle []byte) (*rulesAnswered, error) {
	body, err := c.insist(ctx, &request{method: http.MethodPost, path: path, media: "application/json", key: "rules-" + rand.Text(), body: bundle})
	if err != nil {
		return nil, err
	}
	out := &rulesAnswered{}
	return out, decoded(body, out)
}
