package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
	"github.com/parleyhq/parley/server"
	"github.com/parleyhq/parley/slots"
)

type verifyCmd struct {
	Data   string `type:"path" placeholder:"DIR" env:"PARLEY_DATA" help:"Directory of the store; no server may be using it (${env})."`
	Deep   bool   `help:"Also judge every entry again and report where this version would decide otherwise. That is no damage. What a search counts for has no version: entries that came to its bound may differ though no rule does."`
	Online bool   `help:"Ask a running server (--to) for the last check of its state instead."`
	To     string `placeholder:"URL" env:"PARLEY_ADMIN" help:"Admin listener of a running server, with --online (${env})."`
	dataKeyFlags
	Quiet bool `short:"q" help:"Print the verdict only."`
}

// Run fails with exitNotWhole if anything is wrong with the store.
func (c *verifyCmd) Run(ctx context.Context, s streams) error {
	switch {
	case c.Online && c.To != "":
		return c.online(ctx, s)
	case c.Online || c.Data == "":
		return &failure{exitUsage, errors.New("name --data DIR, or --online and --to URL")}
	}
	if err := ours(c.Data); err != nil {
		return err
	}
	keys, err := c.ring(ctx)
	if err != nil {
		return err
	}
	bytesWhole, err := c.checkBytes(s, keys)
	if err != nil {
		return err
	}
	if !bytesWhole {
		return c.damaged()
	}
	err = c.checkMeaning(ctx, s, keys)
	if errors.Is(err, engine.ErrKeyMissing) {
		return &failure{exitNotWhole, fmt.Errorf("%s is whole, but not all of it could be looked into: %w", c.Data, err)}
	}
	if errors.Is(err, engine.ErrNewer) {
		return &failure{exitNotWhole, fmt.Errorf("%s cannot be read by this version of parley: %w; use the one that wrote it, or a newer one", c.Data, err)}
	}
	if unjudged(ctx, err) {
		return fmt.Errorf("whether %s is whole is not known, for it was not read to the end: %w", c.Data, err)
	}
	if err != nil {
		fmt.Fprintf(s.out, "state       %v\n", err)
		return c.damaged()
	}
	fmt.Fprintf(s.out, "%s is whole.\n", c.Data)
	return nil
}

// unjudged reports whether err ended a check before it could tell anything: a signal, another program that has the store, the store of
// a backup, or a disk that is full, read-only or not ours to write. None of them is damage.
func unjudged(ctx context.Context, err error) bool {
	var errno syscall.Errno
	return err != nil && (ctx.Err() != nil || errors.Is(err, persist.ErrInUse) || errors.Is(err, persist.ErrNotStore) || errors.As(err, &errno) && !errors.Is(err, engine.ErrCorrupt))
}

// online asks a running server for its last check.
func (c *verifyCmd) online(ctx context.Context, s streams) error {
	var r server.SelfCheck
	if err := askAdmin(ctx, http.MethodGet, c.To, "/admin/self-check", &r); err != nil {
		return err
	}
	if !r.Checked {
		return errors.New("no check of the state has come to its end yet; it is made every minute (parley serve --check-every)")
	}
	if !c.Quiet {
		fmt.Fprintf(s.out, "checked     entry %d at %s, in %.1f s: %d cases, %d holds, %d appointments\n",
			r.Sequence, r.At, r.Seconds, r.Cases, r.Holds, r.Appointments)
	}
	if !r.Whole {
		return &failure{exitNotWhole, fmt.Errorf("the state contradicts itself, and nothing is accepted any more: %s", r.Fault)}
	}
	fmt.Fprintln(s.out, "The state of the running server agrees with itself.")
	return nil
}

func (c *verifyCmd) damaged() error {
	return &failure{exitNotWhole, fmt.Errorf("%s is NOT whole. Keep the directory as it is, restore a copy that is whole, and do not serve this one", c.Data)}
}

// checkBytes reads every record of the store: identity, watermark, chain, checksums, keyspaces.
func (c *verifyCmd) checkBytes(s streams, keys *engine.DataKeys) (whole bool, err error) {
	report, err := persist.Verify(c.Data, persist.Options{Keys: keys, Progress: newProgress(c.progressTo(s), "read").update})
	if err != nil {
		return false, err
	}
	if !c.Quiet {
		fmt.Fprintf(s.out, "store       %s, format %d, tenant %s, sandbox %t\n",
			report.Identity.StoreID, report.Identity.Format, report.Identity.Tenant, report.Identity.Sandbox)
		fmt.Fprintf(s.out, "log         1 to %d, chain %x, watermark %d\n", report.Last, report.Chain[:8], report.Watermark)
		if report.Checkpoint != nil {
			fmt.Fprintf(s.out, "checkpoint  at %d, %d bytes\n", report.Checkpoint.Seq, report.Checkpoint.Bytes)
		}
		for _, k := range report.Keys {
			if k.Count > 0 {
				fmt.Fprintf(s.out, "keyspace    %-12s %9d records %12d bytes\n", k.Space, k.Count, k.Bytes)
			}
		}
	}
	for _, f := range report.Findings {
		fmt.Fprintf(s.out, "damage      %s\n", f.Detail)
	}
	if report.More > 0 {
		fmt.Fprintf(s.out, "damage      … and %d findings more\n", report.More)
	}
	return report.Whole(), nil
}

// checkMeaning rebuilds the state from the first record and compares it with
// the checkpoint, the audit records and its own invariants.
func (c *verifyCmd) checkMeaning(ctx context.Context, s streams, keys *engine.DataKeys) (err error) {
	store, err := openDir(c.Data, persist.Options{MinFreeBytes: -1, Keys: keys})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	report, err := engine.Replay(ctx, store, store.Identity(), engine.ReplayOptions{
		Rejudge: c.Deep, Keys: keys, Progress: newProgress(c.progressTo(s), "replay").update,
	})
	if err != nil {
		return err
	}
	if !c.Quiet {
		n := report.Counts
		fmt.Fprintf(s.out, "state       %x at %s, rules %s\n", report.State[:8],
			slots.AppendInstant(nil, report.Stamped, slots.UTC()), report.Rules)
		fmt.Fprintf(s.out, "            %d reviewers, %d cases, %d holds, %d appointments, %d idempotency keys\n",
			n.Reviewers, n.Cases, n.Holds, n.Appointments, n.Keys)
	}
	if err := c.tellUnopened(s, keys, report.Unopened); err != nil {
		return err
	}
	if c.Deep {
		fmt.Fprintf(s.out, "judged      %d entries again, %d would be decided otherwise today\n", report.Rejudged, report.Different)
		for _, d := range report.Differences {
			fmt.Fprintf(s.out, "            %d %v %s: %s\n", d.Seq, d.Kind, d.Subject, d.Now)
		}
	}
	return nil
}

// tellUnopened says which sealed parts were not looked into. That is a finding only where
// data keys were given: without any, none was expected to open.
func (c *verifyCmd) tellUnopened(s streams, keys *engine.DataKeys, unopened []engine.KeyCount) (err error) {
	for _, n := range unopened {
		fmt.Fprintf(s.out, "sealed      %d parts need data key %d, which is not there\n", n.Parts, n.KeyID)
		if keys != nil {
			err = &engine.MissingKeyError{KeyID: n.KeyID}
		}
	}
	return err
}

// progressTo is where progress goes: nowhere when quiet.
func (c *verifyCmd) progressTo(s streams) io.Writer {
	if c.Quiet {
		return io.Discard
	}
	return s.err
}
