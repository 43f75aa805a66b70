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

	"github.com/parleyhq/parley/server"
)

// Limits of asking a server.
const (
	maxAnswerBytes = 64 << 20 // that are read of an answer; the server's own limits are lower
	askAttempts    = 5        // for what may be asked again
	askPause       = 500 * time.Millisecond
)

// client asks one server.
type client struct {
	base *url.URL
	http *http.Client
}

// newClient makes a client of the server at a URL, which sends the credential, if there is one, and waits so long for an answer.
func newClient(base string, c credential, patience time.Duration) (*client, error) {
	u, err := baseURL(base)
	if err != nil {
		return nil, &failure{exitUsage, err}
	}
	h, err := c.client(u, patience)
	if err != nil {
		return nil, err
	}
	return &client{base: u, http: h}, nil
}

// baseURL reads the address of a server.
func baseURL(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("%q is not an http(s) URL such as http://127.0.0.1:8080", base)
	}
	return u, nil
}

// Close lets go of idle connections.
func (c *client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// request is what is asked of a server.
type request struct {
	method, path string
	query        url.Values
	media        string // of the body; "" = there is none
	key          string // Idempotency-Key; "" = none
	admin        string // Parley-Admin; "" = none
	body         []byte
}

// send sends a request once. again tells whether the failure may pass.
func (c *client) send(ctx context.Context, r *request) (body []byte, header http.Header, again bool, err error) {
	u := c.base.JoinPath(r.path)
	u.RawQuery = r.query.Encode()
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, nil, false, err
	}
	if r.media != "" {
		req.Header.Set("Content-Type", r.media)
	}
	if r.key != "" {
		req.Header.Set("Idempotency-Key", r.key)
	}
	if r.admin != "" {
		req.Header.Set(server.AdminHeader, r.admin)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, nil, ctx.Err() == nil, err
	}
	defer res.Body.Close()
	if body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswerBytes)); err != nil {
		return nil, nil, ctx.Err() == nil, err
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return nil, nil, res.StatusCode == http.StatusServiceUnavailable, refusedByServer(res.Status, body)
	}
	return body, res.Header, false, nil
}

// insist sends a request with an idempotency key, again after failures that may pass.
func (c *client) insist(ctx context.Context, r *request) ([]byte, error) {
	for attempt := 1; ; attempt++ {
		body, _, again, err := c.send(ctx, r)
		switch {
		case err == nil || !again:
			return body, err
		case attempt == askAttempts:
			return nil, fmt.Errorf("gave up after %d attempts: %w", askAttempts, err)
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(err, ctx.Err())
		case <-time.After(askPause << attempt):
		}
	}
}

// ask sends a request once, its body the JSON of in unless that is nil, and reads the answer into out unless that is nil. A key
// is not asked for again after a failure: the answer to the second request would not tell its secret.
func (c *client) ask(ctx context.Context, method, path string, query url.Values, in, out any) error {
	r := &request{method: method, path: path, query: query}
	if in != nil {
		var err error
		if r.body, err = json.Marshal(in); err != nil {
			return err
		}
		r.media, r.key = "application/json", "cli-"+rand.Text()
	}
	body, _, _, err := c.send(ctx, r)
	if err != nil || out == nil {
		return err
	}
	return decoded(body, out)
}

// decoded reads what a server has answered.
func decoded(body []byte, out any) error {
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("unexpected answer: %w", err)
	}
	return nil
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
