package simlog

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
)

// SaveCheckpoint implements engine.Log: the state goes into a file of its own, a pointer
// to it into the place of the one before, and then the file before is removed.
func (l *Log) SaveCheckpoint(info engine.CheckpointInfo, write func(io.Writer) (engine.Hash, error)) error {
	l.saving <- struct{}{}
	defer func() { <-l.saving }()
	if err := l.admitCheckpoint(info); err != nil {
		return err
	}
	var state bytes.Buffer
	hash, err := write(&state)
	if err != nil {
		return err
	}
	info.State = hash
	info.Bytes, info.Digest = int64(state.Len()), sha256.Sum256(state.Bytes())
	l.generation++
	next := inForce{generation: l.generation, info: info}
	name := stateName(next.generation)
	if err := l.disk.Create(LaneCheckpoint, name); err != nil {
		return l.broken(err)
	}
	at := 0
	for state.Len() > 0 {
		value := persist.EncodeChunk(next.generation, next.chunks, state.Next(persist.MaxChunkBytes))
		chunk := appendBytes(nil, value)
		if err := l.disk.Write(LaneCheckpoint, name, at, chunk); err != nil {
			return l.broken(err)
		}
		at += len(chunk)
		next.chunks++
	}
	if err := l.disk.Sync(LaneCheckpoint, name); err != nil {
		return l.broken(err)
	}
	return l.putInForce(&next)
}

// broken ends a checkpoint that is not in force and never will be.
func (l *Log) broken(err error) error {
	if errors.Is(err, ErrPowerCut) {
		return l.poison(err)
	}
	return errors.Join(engine.ErrNotWritten, err)
}

func (l *Log) putInForce(next *inForce) error {
	if err := l.refusal(); err != nil {
		return err
	}
	pointer := persist.EncodePointer(next.generation, next.info, next.chunks)
	if err := l.replace(LaneCheckpoint, pointerName, pointer); err != nil {
		return l.poison(err)
	}
	l.mu.Lock()
	before := l.inForce
	l.inForce = next
	l.mu.Unlock()
	if before != nil {
		if err := l.disk.Remove(LaneCheckpoint, stateName(before.generation)); errors.Is(err, ErrPowerCut) {
			return l.poison(err) // otherwise a file that nobody reads
		}
	}
	return nil
}

// admitCheckpoint refuses what does not lie on this log.
func (l *Log) admitCheckpoint(info engine.CheckpointInfo) error {
	if err := l.refusal(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case info.Seq == 0 || info.Seq > l.last:
		return fmt.Errorf("%w: checkpoint at seq %d, log ends at %d", engine.ErrNotWritten, info.Seq, l.last)
	case info.Chain != l.chains[info.Seq-1]:
		return fmt.Errorf("%w: checkpoint at seq %d has another chain value than the log", engine.ErrNotWritten, info.Seq)
	case l.inForce != nil && info.Seq < l.inForce.info.Seq:
		return fmt.Errorf("%w: checkpoint at seq %d is older than the one at %d", engine.ErrNotWritten, info.Seq, l.inForce.info.Seq)
	}
	return nil
}

// LoadCheckpoint implements engine.Log.
func (l *Log) LoadCheckpoint() (engine.CheckpointInfo, io.ReadCloser, error) {
	l.mu.Lock()
	closed, c := l.closed, l.inForce
	l.mu.Unlock()
	switch {
	case closed:
		return engine.CheckpointInfo{}, nil, engine.ErrLogClosed
	case c == nil:
		return engine.CheckpointInfo{}, nil, engine.ErrNoRecord
	}
	content, err := l.disk.Read(LaneOpen, stateName(c.generation))
	if err != nil {
		return engine.CheckpointInfo{}, nil, err
	}
	state, err := c.decode(content)
	if err != nil {
		//nolint:nilerr // who reads is told, instead of io.EOF
		return c.info, io.NopCloser(failing{err}), nil
	}
	return c.info, io.NopCloser(bytes.NewReader(state)), nil
}

type failing struct{ err error }

// Read implements io.Reader.
func (f failing) Read([]byte) (int, error) { return 0, f.err }

// decode returns the state in a file of chunks, which must be whole.
func (c *inForce) decode(content []byte) ([]byte, error) {
	state := make([]byte, 0, len(content))
	chunks := uint32(0)
	for len(content) > 0 {
		if len(content) < 4 || uint64(binary.BigEndian.Uint32(content)) > uint64(len(content)-4) {
			return nil, damaged("checkpoint at seq %d: chunk %d is cut", c.info.Seq, chunks)
		}
		end := 4 + int(binary.BigEndian.Uint32(content))
		data, err := persist.DecodeChunk(c.generation, chunks, content[4:end])
		if err != nil {
			return nil, err
		}
		state = append(state, data...)
		content = content[end:]
		chunks++
	}
	if chunks != c.chunks || sha256.Sum256(state) != c.info.Digest {
		return nil, damaged("checkpoint at seq %d: digest of its %d bytes differs", c.info.Seq, len(state))
	}
	return state, nil
}
