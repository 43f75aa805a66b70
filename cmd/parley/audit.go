package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
	"github.com/parleyhq/parley/server"
)

// auditCmd exports and verifies the audit trail.
type auditCmd struct {
	Export auditExportCmd `cmd:"" help:"Write the audit trail of a tenant, one record a line. The export itself is recorded."`
	Verify auditVerifyCmd `cmd:"" help:"Verify an exported audit trail, or the access journal of a store."`
	Head   auditHeadCmd   `cmd:"" help:"Print the heads of the access journal, to be kept elsewhere."`
}

// auditPlace is where a trail is.
type auditPlace struct {
	place  `set:"asker=an auditor"`
	Tenant string `placeholder:"ID" help:"With --data: another tenant than that of the store."`
}

// check refuses a tenant where the key says whose trail it is.
func (p *auditPlace) check() error {
	if p.To != "" && p.Tenant != "" {
		return &failure{exitUsage, errors.New("--tenant goes with --data: a server hands out the trail of the key's tenant")}
	}
	return nil
}

// headLine is a head as it is kept.
type headLine struct {
	Tenant string `json:"tenant"`
	N      uint64 `json:"n"`
	Chain  string `json:"chain"`
}

func printHead(w io.Writer, h engine.JournalHead) error {
	text, err := json.Marshal(headLine{h.Tenant, h.N, hex.EncodeToString(h.Chain[:])})
	if err == nil {
		_, err = fmt.Fprintln(w, string(text))
	}
	return err
}

// maxHeads bounds a file of heads.
const maxHeads = 1 << 20

// readHeads reads heads that were kept, one a line; "" names no file.
func readHeads(name string) (heads []engine.JournalHead, err error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	for number := 1; in.Scan(); number++ {
		var line headLine
		if strings.TrimSpace(in.Text()) == "" {
			continue
		}
		err := json.Unmarshal(in.Bytes(), &line, json.RejectUnknownMembers(true))
		chain, bad := hex.DecodeString(line.Chain)
		if err != nil || bad != nil || len(chain) != len(engine.Hash{}) || line.Tenant == "" || number > maxHeads {
			return nil, &failure{exitUsage, fmt.Errorf("%s: line %d is no head as parley audit head prints it", name, number)}
		}
		heads = append(heads, engine.JournalHead{Tenant: line.Tenant, N: line.N, Chain: engine.Hash(chain)})
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(heads) == 0 {
		return nil, &failure{exitUsage, fmt.Errorf("%s holds no head", name)}
	}
	return heads, nil
}

type auditExportCmd struct {
	Format string `default:"ndjson" enum:"ndjson,fhir" help:"ndjson, or fhir: one AuditEvent a line."`
	Out    string `type:"path" placeholder:"FILE" help:"Write to a new file that its owner alone may read; otherwise it is printed."`
	From   string `placeholder:"TIME" help:"With --to: begin with this instant, RFC 3339."`
	Until  string `placeholder:"TIME" help:"With --to: end before this instant, RFC 3339."`
	auditPlace
}

// Run writes the trail, and the head at its end to the standard error unless the trail ends before it.
func (c *auditExportCmd) Run(ctx context.Context, s streams) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	if c.Data != "" && (c.From != "" || c.Until != "") {
		return &failure{exitUsage, errors.New("--from and --until go with --to")}
	}
	var head engine.JournalHead
	write := func(to io.Writer) (err error) {
		head, err = c.export(ctx, s, to)
		return err
	}
	if c.Out != "" {
		err = newPrivateFile(c.Out, write)
	} else {
		err = write(s.out)
	}
	if err != nil || c.Until != "" { // what ends before the head does not verify with it
		return err
	}
	return printHead(s.err, head)
}

func (c *auditExportCmd) export(ctx context.Context, s streams, to io.Writer) (head engine.JournalHead, err error) {
	if c.To != "" {
		client, err := c.client(keyTimeout)
		if err != nil {
			return head, err
		}
		return client.exportAudit(ctx, c.Format, c.From, c.Until, to)
	}
	store, err := c.store(ctx, s)
	if err != nil {
		return head, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return server.ExportAudit(ctx, store.engine, store.tenant, tenantOr(c.Tenant, store), c.Format, to)
}

func tenantOr(named string, store *offlineStore) string {
	if named != "" {
		return named
	}
	return store.tenant
}

type auditHeadCmd struct {
	auditPlace
}

// Run prints the head of one tenant that is named or that the key is of, or those of all tenants of a store.
func (c *auditHeadCmd) Run(ctx context.Context, s streams) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	if c.To != "" {
		client, err := c.client(keyTimeout)
		if err != nil {
			return err
		}
		head, err := client.auditHead(ctx)
		if err != nil {
			return err
		}
		return printHead(s.out, head)
	}
	store, err := c.store(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return c.print(s.out, store)
}

// print fails for a tenant that is none, unless it has a head: builds before gave one to whatever was named.
func (c *auditHeadCmd) print(out io.Writer, store *offlineStore) (err error) {
	_, found := store.engine.Snapshot().Tenant(c.Tenant)
	for _, h := range store.engine.Journal().JournalHeads() {
		if c.Tenant == "" || c.Tenant == h.Tenant {
			found, err = true, errors.Join(err, printHead(out, h))
		}
	}
	if !found && c.Tenant != "" && c.Tenant != store.tenant {
		return errors.New("the store has no such tenant")
	}
	return err
}

type auditVerifyCmd struct {
	File string `arg:"" optional:"" type:"existingfile" help:"An exported audit trail; pages one behind the other."`
	Data string `type:"path" placeholder:"DIR" help:"Instead of a file: the directory of a store that no server is using, or of a backup, which is copied for it."`
	clockFlag
	Head string `type:"existingfile" placeholder:"FILE" help:"Heads that were kept elsewhere, as parley audit head prints them: nothing below them may be missing or changed."`
}

// Run fails with exitNotWhole and names the place if the trail is not whole.
func (c *auditVerifyCmd) Run(ctx context.Context, s streams) error {
	if (c.File == "") == (c.Data == "") {
		return &failure{exitUsage, errors.New("name a file, or a store with --data")}
	}
	heads, err := readHeads(c.Head)
	if err != nil {
		return err
	}
	if c.Data != "" {
		b, err := persist.BackupOf(c.Data)
		if err != nil {
			return err
		}
		if b != "" {
			return withCopyOf(b, func(dir string) error { return c.store(ctx, s, dir, heads) })
		}
		return c.store(ctx, s, c.Data, heads)
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	report, err := server.VerifyAudit(f, heads)
	if err != nil {
		return notWhole(err)
	}
	fmt.Fprintf(s.out, "%s is whole: tenant %s, records %d to %d of the journal, %d changes.\n", c.File, report.Tenant, report.First, report.Last, report.Changes)
	if len(heads) == 0 {
		fmt.Fprintln(s.out, "No head was given: what was cut off at its end cannot be seen.")
	}
	return nil
}

// notWhole gives what was found its exit code.
func notWhole(err error) error {
	if errors.Is(err, server.ErrAudit) || errors.Is(err, engine.ErrCorrupt) {
		return &failure{exitNotWhole, err}
	}
	return err
}

func (c *auditVerifyCmd) store(ctx context.Context, s streams, dir string, heads []engine.JournalHead) (err error) {
	store, err := openOffline(ctx, s, dir, offline{clock: c.clockFlag})
	if err != nil {
		return notWhole(err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	found, err := server.VerifyJournal(store.engine, heads)
	if err != nil {
		return notWhole(err)
	}
	for _, h := range found {
		fmt.Fprintf(s.out, "journal     %-16s 1 to %d, chain %x\n", h.Tenant, h.N, h.Chain[:8])
	}
	fmt.Fprintf(s.out, "The access journal of %s is whole.\n", c.Data)
	return nil
}
