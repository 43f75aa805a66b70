package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
)

// openDir opens the store in a directory that ours allows.
func openDir(dir string, o persist.Options) (*persist.Store, error) {
	if err := ours(dir); err != nil {
		return nil, err
	}
	return persist.Open(dir, o)
}

// ours refuses the store in a backup and that of another user. Whoever opens a store writes into it: the backup would be whole no more, and the user could not open it any more.
func ours(dir string) error {
	if err := notOfBackup(dir); err != nil {
		return err
	}
	return ownedBy(dir, os.Geteuid())
}

func notOfBackup(dir string) error {
	b, err := persist.BackupOf(dir)
	if b == "" || err != nil {
		return err
	}
	return &failure{exitUsage, fmt.Errorf("%s is a backup's, and to open it would change the backup: parley backup verify %s reads it, and parley restore %s --data NEWDIR makes a store of it", dir, b, b)}
}

// withCopyOf calls do with a copy of the store in a backup that is whole. The copy is gone afterwards.
func withCopyOf(backup string, do func(dir string) error) (err error) {
	if _, _, err := persist.VerifyBackup(backup, persist.Options{}); err != nil {
		if errors.Is(err, engine.ErrCorrupt) {
			return &failure{exitNotWhole, fmt.Errorf("%s is NOT whole: %w", backup, err)}
		}
		return err
	}
	dir, err := os.MkdirTemp("", "parley-") // its owner's alone
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	dir = filepath.Join(dir, "copy")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(backup, persist.BackupStoreName))); err != nil {
		return err
	}
	return do(dir)
}
