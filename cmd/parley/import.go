package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Limits of an import. A part is what one request carries; it stays far below
// the server's own limit on import bodies.
const (
	importPartLines  = 1000
	importPartBytes  = 4 << 20
	importLineBytes  = 64 << 10
	importTimeout    = 2 * time.Minute // one part, answer included
	importAttempts   = 5
	importRetryPause = 500 * time.Millisecond
	refusalsShown    = 20
	progressInterval = 100 * time.Millisecond
)

type importCmd struct {
	File string `arg:"" help:"NDJSON file, one {\"kind\",\"value\"} a line; - reads standard input."`
	To   string `default:"http://127.0.0.1:8080" env:"PARLEY_URL" help:"Base URL of the server (${env})."`
	credential
}

// Run sends the file and fails with exitNotWhole if lines were refused.
func (c *importCmd) Run(ctx context.Context, s streams) error {
	in, size, err := openInput(c.File, s.in)
	if err != nil {
		return err
	}
	defer in.Close()
	client, err := newImporter(c.To, c.credential)
	if err != nil {
		return &failure{exitUsage, err}
	}
	bar := newProgress(s.err, "import")
	client.progress = func(bytes int64) { bar.update(uint64(bytes), uint64(size)) }
	sum, err := client.send(ctx, in)
	fmt.Fprintf(s.out, "%d lines taken, %d refused\n", sum.taken, len(sum.refused))
	for i, r := range sum.refused {
		if i == refusalsShown {
			fmt.Fprintf(s.err, "… and %d more\n", len(sum.refused)-i)
			break
		}
		fmt.Fprintf(s.err, "line %d: %s\n", r.Line, r)
	}
	if err != nil {
		return fmt.Errorf("import stopped after line %d: %w", sum.lines, err)
	}
	if len(sum.refused) > 0 {
		return &failure{exitNotWhole, errors.New("some lines were refused; everything else is stored")}
	}
	return nil
}

// openInput opens a file or standard input; size is 0 if unknown.
func openInput(name string, stdin io.Reader) (io.ReadCloser, int64, error) {
	if name == "-" {
		return io.NopCloser(stdin), 0, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// refusal is one line that the server did not take.
type refusal struct {
	Line   int    `json:"line"`
	Code   string `json:"code"`
	Errors []struct {
		Pointer string `json:"pointer"`
		Detail  string `json:"detail"`
	} `json:"errors"`
}

func (r refusal) String() string {
	var b strings.Builder
	b.WriteString(r.Code)
	for _, e := range r.Errors {
		fmt.Fprintf(&b, "; %s: %s", e.Pointer, e.Detail)
	}
	return b.String()
}

// summary is what came of an import.
type summary struct {
	lines, taken int
	refused      []refusal
}

// importer sends lines to POST /v1/import, part by part, each part under its
// own idempotency key so that a retry after a lost answer changes nothing.
type importer struct {
	url      string
	run      string // makes the keys of one run distinct
	http     *http.Client
	progress func(bytes int64)
}

func newImporter(base string, key credential) (*importer, error) {
	u, err := baseURL(base)
	if err != nil {
		return nil, err
	}
	client, err := key.client(u, importTimeout)
	if err != nil {
		return nil, err
	}
	return &importer{
		url: u.JoinPath("/v1/import").String(), run: rand.Text(),
		http: client, progress: func(int64) {},
	}, nil
}

// baseURL reads the address of a server.
func baseURL(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("%q is not an http(s) URL such as http://127.0.0.1:8080", base)
	}
	return u, nil
}

// send reads NDJSON to its end. The summary counts what was answered, also when err is not nil.
func (c *importer) send(ctx context.Context, in io.Reader) (summary, error) {
	var (
		sum   summary
		part  bytes.Buffer
		lines int
		sent  int64
	)
	flush := func() error {
		if lines == 0 {
			return nil
		}
		if err := c.sendPart(ctx, part.Bytes(), &sum); err != nil {
			return err
		}
		sum.lines += lines
		sent += int64(part.Len())
		c.progress(sent)
		part.Reset()
		lines = 0
		return nil
	}
	scan := bufio.NewScanner(in)
	scan.Buffer(make([]byte, 0, importLineBytes), importLineBytes)
	for scan.Scan() {
		if lines == importPartLines || part.Len()+len(scan.Bytes()) > importPartBytes {
			if err := flush(); err != nil {
				return sum, err
			}
		}
		part.Write(scan.Bytes())
		part.WriteByte('\n')
		lines++
	}
	if err := scan.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("line %d is longer than %d bytes", sum.lines+lines+1, importLineBytes)
		}
		return sum, err
	}
	return sum, flush()
}

// sendPart posts one part, again after failures that may pass.
func (c *importer) sendPart(ctx context.Context, body []byte, sum *summary) error {
	key := fmt.Sprintf("import-%s-%d", c.run, sum.lines)
	var err error
	for attempt := range importAttempts {
		if attempt > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(importRetryPause << attempt):
			}
		}
		var again bool
		if again, err = c.post(ctx, key, body, sum); err == nil || !again {
			return err
		}
	}
	return fmt.Errorf("gave up after %d attempts: %w", importAttempts, err)
}

// post sends one part once; again tells whether trying again may help.
func (c *importer) post(ctx context.Context, key string, body []byte, sum *summary) (again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	req.Header.Set("Idempotency-Key", key)
	res, err := c.http.Do(req)
	if err != nil {
		return ctx.Err() == nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err != nil {
		return true, err
	}
	if res.StatusCode != http.StatusOK {
		var p struct {
			Code   string `json:"code"`
			Detail string `json:"detail"`
		}
		_ = json.Unmarshal(answer, &p) // whatever answers without a problem document is named by its status alone
		return res.StatusCode == http.StatusServiceUnavailable, fmt.Errorf("%s %s %s", res.Status, p.Code, p.Detail)
	}
	var got struct {
		Taken   int       `json:"taken"`
		Refused []refusal `json:"refused"`
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		return false, fmt.Errorf("unexpected answer: %w", err)
	}
	sum.taken += got.Taken
	for _, r := range got.Refused {
		r.Line += sum.lines
		sum.refused = append(sum.refused, r)
	}
	return false, nil
}
