package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/go-json-experiment/json"

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
	client, err := newRulesClient(c.To, c.credential)
	if err != nil {
		return &failure{exitUsage, err}
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
	got, err := client.send(ctx, "/v1/rules", f.bundle)
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

// Limits of a call about rules.
const (
	rulesTimeout  = 10 * time.Minute // the server may compare many cases
	rulesAttempts = 5
	rulesAnswer   = 64 << 20 // bytes of an answer
)

// rulesClient sends bundles to a server.
type rulesClient struct {
	base *url.URL
	http *http.Client
}

func newRulesClient(base string, key credential) (*rulesClient, error) {
	u, err := baseURL(base)
	if err != nil {
		return nil, err
	}
	client, err := key.client(u, rulesTimeout)
	if err != nil {
		return nil, err
	}
	return &rulesClient{base: u, http: client}, nil
}

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

// send posts a bundle, again after failures that may pass, under one key.
func (c *rulesClient) send(ctx context.Context, path string, bundle []byte) (*rulesAnswered, error) {
	key := "rules-" + rand.Text()
	for attempt := 1; ; attempt++ {
		answer, again, err := c.post(ctx, path, key, bundle)
		if err == nil || !again || attempt == rulesAttempts {
			return answer, err
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(err, ctx.Err())
		case <-time.After(importRetryPause << attempt):
		}
	}
}

func (c *rulesClient) post(ctx context.Context, path, key string, bundle []byte) (out *rulesAnswered, again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.JoinPath(path).String(), bytes.NewReader(bundle))
	if err != nil {
		return nil, false, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	res, err := c.http.Do(req)
	if err != nil {
		return nil, false, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, rulesAnswer))
	if err != nil {
		return nil, ctx.Err() == nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, res.StatusCode == http.StatusServiceUnavailable, refusedByServer(res.Status, body)
	}
	out = &rulesAnswered{}
	if err := json.Unmarshal(body, out); err != nil {
		return nil, false, fmt.Errorf("unexpected answer: %w", err)
	}
	return out, false, nil
}

// refusedByServer makes an error of a problem document; whatever is none is named by its status alone.
func refusedByServer(status string, body []byte) error {
	var p struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
		Errors []struct {
			Pointer string `json:"pointer"`
			Detail  string `json:"detail"`
		} `json:"errors"`
	}
	_ = json.Unmarshal(body, &p)
	err := fmt.Errorf("%s %s %s", status, p.Code, p.Detail)
	for _, e := range p.Errors {
		err = fmt.Errorf("%w\n%s: %s", err, e.Pointer, e.Detail)
	}
	return err
}
