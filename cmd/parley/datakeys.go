package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/parleyhq/parley/engine"
)

// Bounds of where data keys come from.
const (
	maxDataKeysBytes = 64 << 10
	dataKeysTimeout  = 10 * time.Second // of the command
)

// dataKeyFlags say where the data keys are, with which personal data is encrypted at rest.
type dataKeyFlags struct {
	DataKeys        string `type:"path" placeholder:"FILE" xor:"datakeys" env:"PARLEY_DATA_KEYS" help:"File with the data keys that encrypt personal data, readable by its owner alone; parley vault new-key makes one (${env})."`
	DataKeysCommand string `placeholder:"'PROGRAM ARG …'" xor:"datakeys" env:"PARLEY_DATA_KEYS_COMMAND" help:"Program, by its whole path, that prints the data keys in the form of that file; run without a shell, with an environment of nothing but PATH (${env})."`
}

// ring reads the data keys, nil if none are configured. Errors tell no secret.
func (f *dataKeyFlags) ring(ctx context.Context) (*engine.DataKeys, error) {
	var text []byte
	var err error
	switch {
	case f.DataKeys != "":
		text, err = readSecretFile(f.DataKeys, maxDataKeysBytes)
	case f.DataKeysCommand != "":
		text, err = runForKeys(ctx, f.DataKeysCommand)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, &failure{exitUsage, fmt.Errorf("data keys: %w", err)}
	}
	keys, err := parseDataKeys(text)
	clear(text)
	if err == nil {
		var ring *engine.DataKeys
		if ring, err = engine.NewDataKeys(keys); err == nil {
			return ring, nil
		}
	}
	return nil, &failure{exitUsage, fmt.Errorf("data keys: %w", err)}
}

// readSecretFile reads a file of secrets. What others may read is none any more.
func readSecretFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat() // of what is open, not of what the name may mean by then
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no file", name)
	case info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("%s may be read by others than its owner; chmod 600 it", name)
	case info.Size() > limit:
		return nil, fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return io.ReadAll(io.LimitReader(f, limit))
}

// runForKeys returns what a program prints. What it writes to its standard error is not
// told: it may hold anything.
func runForKeys(ctx context.Context, line string) ([]byte, error) {
	args := strings.Fields(line)
	if len(args) == 0 || !filepath.IsAbs(args[0]) {
		return nil, errors.New("the command begins with the whole path of a program")
	}
	ctx, cancel := context.WithTimeout(ctx, dataKeysTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // with what it has started
	cmd.WaitDelay = time.Second
	out := &limitedBuffer{limit: maxDataKeysBytes}
	cmd.Stdout = out
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s has not ended within %v", args[0], dataKeysTimeout)
	case out.over:
		return nil, fmt.Errorf("%s prints more than %d bytes", args[0], maxDataKeysBytes)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", args[0], err)
	}
	return out.buffer.Bytes(), nil
}

// limitedBuffer keeps so many bytes and fails after them.
type limitedBuffer struct {
	buffer bytes.Buffer
	limit  int
	over   bool
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.buffer.Len()+len(p) > b.limit {
		b.over = true
		return 0, errors.New("too much")
	}
	return b.buffer.Write(p)
}

// parseDataKeys reads lines of id, secret (32 bytes in base64 or hexadecimal) and state;
// empty lines and those that begin with # are passed over.
func parseDataKeys(text []byte) (keys []engine.DataKey, err error) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) != 3 {
			return nil, fmt.Errorf("line %d does not consist of id, secret and state", n)
		}
		id, err := strconv.ParseUint(fields[0], 10, 32)
		if err != nil || id == 0 || strconv.FormatUint(id, 10) != fields[0] {
			return nil, fmt.Errorf("line %d: the id is not a number from 1", n)
		}
		secret, ok := parseSecret(fields[1])
		if !ok {
			return nil, fmt.Errorf("line %d: the secret is not 32 bytes in base64 or hexadecimal", n)
		}
		keys = append(keys, engine.DataKey{ID: uint32(id), Secret: secret, State: engine.DataKeyState(fields[2])})
	}
	if lines.Err() != nil {
		return nil, errors.New("a line is too long")
	}
	return keys, nil
}

func parseSecret(text string) (secret [32]byte, ok bool) {
	raw, err := hex.DecodeString(text)
	if err != nil {
		raw, err = base64.StdEncoding.Strict().DecodeString(text)
	}
	if err != nil || len(raw) != len(secret) {
		return secret, false
	}
	return [32]byte(raw), true
}

// formatDataKeys writes what parseDataKeys reads.
func formatDataKeys(keys []engine.DataKey) []byte {
	out := []byte("# Data keys of Parley: id, secret, state. Without them personal data cannot be read: keep a copy elsewhere.\n")
	for _, k := range keys {
		out = fmt.Appendf(out, "%d %s %s\n", k.ID, base64.StdEncoding.EncodeToString(k.Secret[:]), k.State)
	}
	return out
}
