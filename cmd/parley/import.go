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
	"os"
	"strings"
	"time"
)

// Limits of an import. A part is what one request carries; it stays far below
// the server's own limit on import bodies.
const (
	importPartLines  = 1000
	importPartBytes  = 4 << 20
	importLineBytes  = 64 << 10
	importTimeout    = 2 * time.Minute // one part, answer included
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
		return err
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
	client   *client
	run      string // makes the keys of one run distinct
	progress func(bytes int64)
}

func newImporter(base string, key credential) (*importer, error) {
	c, err := newClient(base, key, importTimeout)
	return &importer{client: c, run: rand.Text(), progress: func(int64) {}}, err
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
	answer, err := c.client.insist(ctx, &request{
		method: http.MethodPost, path: "/v1/import", media: "application/x-ndjson", key: fmt.Sprintf("import-%s-%d", c.run, sum.lines), body: body,
	})
	if err != nil {
		return err
	}
	var got struct {
		Taken   int       `json:"taken"`
		Refused []refusal `json:"refused"`
	}
	if err := decoded(answer, &got); err != nil {
		return err
	}
	sum.taken += got.Taken
	for _, r := range got.Refused {
		r.Line += sum.lines
		sum.refused = append(sum.refused, r)
	}
	return nil
}
