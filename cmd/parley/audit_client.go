package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/go-json-experiment/json"

	"github.com/parleyhq/parley/engine"
)

// auditPage asks for one page.
func (c *client) auditPage(ctx context.Context, query url.Values) (page []byte, header http.Header, err error) {
	page, header, _, err = c.send(ctx, &request{method: http.MethodGet, path: "/v1/audit", query: query})
	return page, header, err
}

// headIn reads the head that an answer names; its tenant stands in the first line of a page.
func headIn(page []byte, header http.Header) (head engine.JournalHead, err error) {
	var chain string
	if _, err := fmt.Sscan(header.Get("Audit-Head"), &head.N, &chain); err != nil {
		return head, errors.New("the server does not name the head of its journal")
	}
	sum, err := hex.DecodeString(chain)
	if err != nil || len(sum) != len(head.Chain) {
		return head, errors.New("the head of the server's journal is none")
	}
	head.Chain = engine.Hash(sum)
	first, _, _ := bytes.Cut(page, []byte("\n"))
	var line struct {
		Tenant    string `json:"tenant"`
		Extension []struct {
			URL   string `json:"url"`
			Value string `json:"valueString"`
		} `json:"extension"`
	}
	if err := json.Unmarshal(first, &line); err != nil {
		return head, errors.New("the server's answer is no audit trail")
	}
	head.Tenant = line.Tenant
	for _, e := range line.Extension {
		if e.URL == "urn:parley:audit:tenant" {
			head.Tenant = e.Value
		}
	}
	return head, nil
}

// exportAudit writes the trail up to where it was when the export began, or to until, and returns its head when the export began.
func (c *client) exportAudit(ctx context.Context, format, from, until string, to io.Writer) (head engine.JournalHead, err error) {
	query := url.Values{"format": {format}, "limit": {"5000"}}
	for name, value := range map[string]string{"from": from, "to": until} {
		if value != "" {
			query.Set(name, value)
		}
	}
	for first := true; ; first = false {
		page, header, err := c.auditPage(ctx, query)
		if err != nil {
			return head, err
		}
		if first {
			if head, err = headIn(page, header); err != nil {
				return head, err
			}
		}
		if _, err := to.Write(page); err != nil {
			return head, err
		}
		next := header.Get("Next-Cursor")
		switch {
		case header.Get("Audit-Ended") != "":
			return head, nil
		case next == "" || next == query.Get("after"):
			return head, errors.New("the server has stopped before the end of the trail")
		}
		query.Set("after", next)
	}
}

func (c *client) auditHead(ctx context.Context) (engine.JournalHead, error) {
	page, header, err := c.auditPage(ctx, url.Values{"limit": {"1"}})
	if err != nil {
		return engine.JournalHead{}, err
	}
	return headIn(page, header)
}
