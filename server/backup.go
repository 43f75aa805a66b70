package server

import (
	"context"
	"net/http"
	"sync"

	"github.com/parleyhq/parley/engine"
)

// BackupMade is a backup that was made and read.
type BackupMade struct {
	Path     string `json:"path"` // on the server's machine
	Sequence uint64 `json:"sequence"`
	Chain    string `json:"chain"` // value at the sequence, hexadecimal
	Bytes    int64  `json:"bytes"`
	Files    int    `json:"files"`
}

// backups makes one backup at a time, beside everything else.
type backups struct {
	make func(ctx context.Context, progress func(done, total uint64)) (BackupMade, error)

	mu    sync.Mutex
	state BackupState
	done  sync.WaitGroup
}

// BackupState is how far the backup under way is, and how the last one ended.
type BackupState struct {
	Running   bool        `json:"running"`
	ReadBytes uint64      `json:"readBytes,omitzero"`
	Bytes     uint64      `json:"bytes,omitzero"`
	Made      *BackupMade `json:"made,omitempty"`
	Fault     string      `json:"fault,omitzero"` // why the last one failed
}

func (b *backups) now() BackupState {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state
}

// start begins a backup unless one is under way.
func (b *backups) start(ctx context.Context) BackupState {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state.Running {
		return b.state
	}
	b.state = BackupState{Running: true}
	b.done.Go(func() {
		made, err := b.make(ctx, func(done, total uint64) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.state.ReadBytes, b.state.Bytes = done, total
		})
		b.mu.Lock()
		defer b.mu.Unlock()
		b.state = BackupState{Made: &made}
		if err != nil {
			b.state = BackupState{Fault: err.Error()}
		}
	})
	return b.state
}

// startBackup begins a backup in the directory that the server was started with, or tells of the one under way. Where it
// goes is not the caller's to say.
func startBackup(c *call) answer {
	if c.server.backups.make == nil {
		return refuse(&problem{code: codeNotFound, detail: "The server was started without a directory for backups."})
	}
	c.recordBackup()
	return ok(http.StatusAccepted, c.server.backups.start(c.server.base))
}

// recordBackup puts on record that the store is about to be copied, for it hands out everything. Where the store takes no records any more
// it is copied all the same: it is then that a copy is wanted most.
func (c *call) recordBackup() {
	s := c.server.public
	if s == nil || c.server.backups.now().Running {
		return
	}
	err := s.journal.record(c.wait(), engine.AccessRecord{
		Kind: engine.AccessExport, At: c.now, Tenant: s.tenant, Principal: c.actor.Principal, Role: c.actor.Role,
		Action: c.route.name, Client: "this machine", Status: http.StatusAccepted, RequestID: c.requestID,
	})
	if err != nil {
		c.server.log.Error("a backup has no record in the access journal", "error", err, "request", c.requestID)
	}
}

// getBackup tells how far the backup under way is, or how the last one ended.
func getBackup(c *call) answer { return ok(http.StatusOK, c.server.backups.now()) }
