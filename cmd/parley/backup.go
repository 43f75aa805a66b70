package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
	"github.com/parleyhq/parley/server"
	"github.com/parleyhq/parley/slots"
)

type backupCmd struct {
	Make   backupMakeCmd   `cmd:"" default:"withargs" help:"Make a backup: of a running server (--from), or of a store that no server is using (--data and --to)."`
	Verify backupVerifyCmd `cmd:"" help:"Read a backup from end to end and say whether it is whole."`
}

type backupMakeCmd struct {
	From  string `placeholder:"URL" env:"PARLEY_ADMIN" help:"Admin listener of a running server, e.g. http://127.0.0.1:8081; the backup goes to the server's --backup-dir (${env})."`
	Data  string `type:"path" placeholder:"DIR" help:"Directory of a store that no server is using."`
	To    string `type:"path" placeholder:"NEWDIR" help:"Directory to make, with --data."`
	Quiet bool   `short:"q" help:"Print the verdict only."`
}

// Run makes a backup one way or the other.
func (c *backupMakeCmd) Run(ctx context.Context, s streams) error {
	switch {
	case c.Data != "" && c.To != "":
		return c.stopped(s)
	case c.From != "" && c.Data == "" && c.To == "":
		return c.live(ctx, s)
	}
	return &failure{exitUsage, errors.New("name either --from URL, or --data DIR and --to NEWDIR")}
}

func (c *backupMakeCmd) progress(s streams, what string) *progress {
	if c.Quiet {
		return newByteProgress(io.Discard, what)
	}
	return newByteProgress(s.err, what)
}

// stopped backs up a store that is not in use.
func (c *backupMakeCmd) stopped(s streams) (err error) {
	store, err := openDir(c.Data, persist.Options{MinFreeBytes: -1, Progress: newProgress(s.err, "check").update})
	if errors.Is(err, persist.ErrInUse) {
		return fmt.Errorf("%w; of a running server a backup is made with --from", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	m, err := store.Backup(c.To, time.Now().Unix(), c.progress(s, "backup, bytes").update)
	if err != nil {
		return err
	}
	tellBackup(s, madeOf(c.To, m))
	return nil
}

func madeOf(path string, m persist.Manifest) server.BackupMade {
	return server.BackupMade{Path: path, Sequence: uint64(m.Sequence), Chain: m.Chain, Bytes: m.Bytes(), Files: len(m.Files)}
}

func tellBackup(s streams, m server.BackupMade) {
	fmt.Fprintf(s.out, "Backup %s is whole: entries 1 to %d, chain %.16s, %d files, %d bytes.\n", m.Path, m.Sequence, m.Chain, m.Files, m.Bytes)
}

// backupPoll is how often a running server is asked how far it is.
const backupPoll = 200 * time.Millisecond

// live asks a running server for a backup and waits for its end.
func (c *backupMakeCmd) live(ctx context.Context, s streams) error {
	bar := c.progress(s, "backup, bytes")
	ticker := time.NewTicker(backupPoll)
	defer ticker.Stop()
	for method := http.MethodPost; ; method = http.MethodGet {
		var state server.BackupState
		if err := askAdmin(ctx, method, c.From, "/admin/backup", &state); err != nil {
			return err
		}
		switch {
		case state.Fault != "":
			return fmt.Errorf("the server has made no backup: %s", state.Fault)
		case state.Made != nil:
			tellBackup(s, *state.Made)
			return nil
		case !state.Running:
			return errors.New("the server has forgotten the backup; was it restarted?")
		}
		bar.update(state.ReadBytes, state.Bytes)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// adminTimeout bounds one request to an admin listener; what takes longer is asked for again and again.
const adminTimeout = 30 * time.Second

// askAdmin sends one request without a body to an admin listener and reads the answer. One that changes something names what it asks for.
func askAdmin(ctx context.Context, method, base, target string, into any) error {
	c, err := newClient(base, credential{}, adminTimeout)
	if err != nil {
		return err
	}
	r := &request{method: method, path: target}
	if method != http.MethodGet {
		r.admin = path.Base(target)
	}
	body, _, _, err := c.send(ctx, r)
	if err != nil {
		return err
	}
	return decoded(body, into)
}

// backupName is the name of a backup that a server makes, as a layout of its time in UTC.
const backupName = "parley-20060102T150405.000Z"

// removePartial removes what is left of backups that a crash has cut short: they would keep the tables that they share for ever. What another
// server makes in the same directory stays, and so does what has another name.
func (c *serveCmd) removePartial(log *slog.Logger) {
	entries, err := os.ReadDir(c.BackupDir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		log.Warn("the directory of backups cannot be read", "error", err)
	}
	for _, e := range entries {
		name, partial := strings.CutSuffix(e.Name(), persist.PartialSuffix)
		if _, err := time.Parse(backupName, name); !partial || err != nil {
			continue
		}
		err := persist.RemovePartial(filepath.Join(c.BackupDir, e.Name()), persist.Options{})
		if err != nil && !errors.Is(err, persist.ErrInUse) {
			log.Warn("what is left of a backup cannot be removed", "file", e.Name(), "error", err)
		}
	}
}

// backup returns what makes backups for the admin listener, nil if there is no directory for them.
func (c *serveCmd) backup(log *slog.Logger, store *persist.Store) func(context.Context, func(done, total uint64)) (server.BackupMade, error) {
	if c.BackupDir == "" {
		return nil
	}
	c.removePartial(log)
	return func(_ context.Context, progress func(done, total uint64)) (server.BackupMade, error) {
		now := time.Now().UTC()
		to := filepath.Join(c.BackupDir, now.Format(backupName))
		m, err := store.Backup(to, now.Unix(), progress)
		return madeOf(to, m), err
	}
}

// wayOut says what to do where a directory cannot give way to the new store.
func wayOut(err error, dir string) error {
	if errors.Is(err, syscall.EBUSY) { // the new store gets its name when it is whole, and no name can be given to what is mounted
		return fmt.Errorf("nothing was restored: %w; if %s is a mount point, restore into a directory in it: --data=%s", err, dir, filepath.Join(dir, "store"))
	}
	return err
}

type backupVerifyCmd struct {
	Backup string `arg:"" type:"path" help:"Directory of the backup."`
	Quiet  bool   `short:"q" help:"Print the verdict only."`
}

// Run fails with exitNotWhole if anything is wrong with the backup.
func (c *backupVerifyCmd) Run(_ context.Context, s streams) error {
	out := s.err
	if c.Quiet {
		out = io.Discard
	}
	m, _, err := persist.VerifyBackup(c.Backup, persist.Options{Progress: newByteProgress(out, "read, bytes").update})
	if errors.Is(err, engine.ErrCorrupt) {
		return &failure{exitNotWhole, fmt.Errorf("%s is NOT whole: %w; use another backup", c.Backup, err)}
	}
	if err != nil {
		return err
	}
	tellBackup(s, madeOf(c.Backup, m))
	return nil
}

type restoreCmd struct {
	Backup     string  `arg:"" type:"path" help:"Directory of the backup."`
	Data       string  `required:"" type:"path" placeholder:"NEWDIR" env:"PARLEY_DATA" help:"Directory of the new store; missing or empty (${env})."`
	ToSequence *uint64 `xor:"to" placeholder:"N" help:"Keep the entries up to this one."`
	ToTime     string  `xor:"to" placeholder:"TIME" help:"Keep the entries stamped up to this instant, RFC 3339, e.g. 2026-11-26T09:00:00-05:00."`
	Rebuild    bool    `help:"Leave the checkpoint out, so that the state is made of the entries alone."`
	dataKeyFlags
	Quiet bool `short:"q" help:"Print the verdict only."`
}

// Run restores a backup, and replays the new store to the end.
func (c *restoreCmd) Run(ctx context.Context, s streams) error {
	keys, err := c.ring(ctx)
	if err != nil {
		return err
	}
	o := persist.RestoreOptions{Derived: engine.DerivedOf, SealedUpTo: engine.SealedUpTo, Rebuild: c.Rebuild}
	if c.ToSequence != nil {
		if o.Sequence = engine.Seq(*c.ToSequence); o.Sequence == 0 { // which would mean all of them
			return &failure{exitUsage, errors.New("--to-sequence: the first entry is 1, and a store needs one")}
		}
	}
	out := s.err
	if c.Quiet {
		out = io.Discard
	}
	o.Progress = newByteProgress(out, "copy, bytes").update
	var stamped slots.Instant // of the last entry that was looked at
	if c.ToTime != "" {
		at, _, err := slots.ParseInstant(c.ToTime)
		if err != nil {
			return &failure{exitUsage, fmt.Errorf("--to-time: %w; write it as 2026-11-26T09:00:00-05:00", err)}
		}
		o.Keep = func(payload []byte) (_ bool, err error) {
			stamped, err = engine.StampOf(payload)
			return stamped <= at, err
		}
	}
	if linked, err := filepath.EvalSymlinks(c.Data); err == nil { // the new store goes where a link leads, and does not replace it
		c.Data = linked
	}
	if err := ownedBy(c.Data, os.Geteuid()); err != nil {
		return err
	}
	m, last, err := persist.Restore(c.Backup, c.Data, persist.Options{Keys: keys}, o)
	if errors.Is(err, engine.ErrCorrupt) {
		return &failure{exitNotWhole, fmt.Errorf("nothing was restored: %w; use another backup", err)}
	}
	if errors.Is(err, engine.ErrKeyMissing) {
		return fmt.Errorf("nothing was restored: %w; give the key with --data-keys", err)
	}
	if err != nil {
		return wayOut(err, c.Data)
	}
	if c.ToTime != "" && last == m.Sequence { // more may have been wanted than there is
		fmt.Fprintf(s.err, "The backup ends at entry %d, of %s: nothing later is in it.\n", last, stamped)
	}
	check := verifyCmd{Data: c.Data, Quiet: c.Quiet}
	err = check.checkMeaning(ctx, s, keys)
	if errors.Is(err, engine.ErrKeyMissing) {
		return &failure{exitNotWhole, fmt.Errorf("%s was restored to entry %d and is whole, but not all of it could be looked into: %w", c.Data, last, err)}
	}
	if unjudged(ctx, err) {
		return fmt.Errorf("%s was restored to entry %d, and its bytes are whole, but it was not replayed to the end: %w; parley verify --data does that", c.Data, last, err)
	}
	if err != nil {
		return &failure{exitNotWhole, fmt.Errorf("%s was restored and is NOT whole: %w", c.Data, err)}
	}
	fmt.Fprintf(s.out, "Restored %s to entry %d of %d. It is a new store: whatever was kept outside about the old one does not fit it.\n", c.Data, last, m.Sequence)
	return nil
}
