package persist

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"time"
	"unsafe"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/engine"
)

// If appends came since the chunk before, a save rests chunkRests times as long as a chunk took, waits included, so that it has a fifth of a
// processor at most, and chunkPause at least: it then writes 50 MiB a second at most. It never rests longer than mostRest.
const (
	chunkPause = 20 * time.Millisecond
	chunkRests = 4
	mostRest   = 200 * time.Millisecond
)

// SaveCheckpoint implements engine.Log. Each chunk is a commit of its own, which
// is not synced, so an append waits for a chunk to be copied at most and its
// sync has one or two of them to carry. The last commit is synced, and with it all
// that was written before; it switches the pointer and deletes every older
// generation, among them what a save that broke off has left.
func (s *Store) SaveCheckpoint(info engine.CheckpointInfo, write func(io.Writer) (engine.Hash, error)) error {
	s.checkpointing.Lock()
	defer s.checkpointing.Unlock()
	if err := s.refusal(); err != nil {
		return err
	}
	if err := s.admitCheckpoint(info); err != nil {
		return err
	}
	s.generation++
	w := &chunkWriter{s: s, generation: s.generation, digest: sha256.New()}
	w.last, _ = s.Last()
	w.began = time.Now()
	state, err := write(w)
	if err == nil {
		err = w.flush()
	}
	if err != nil {
		return errors.Join(err, s.dropGeneration(w.generation))
	}
	p := &pointer{generation: w.generation, info: info, chunks: w.chunks}
	p.info.State, p.info.Bytes = state, w.written
	w.digest.Sum(p.info.Digest[:0])
	if err := s.refusal(); err != nil {
		return err
	}
	batch := s.db.NewBatch()
	err = errors.Join(batch.Set(pointerKey, p.encode(), nil),
		batch.DeleteRange(chunkKey(0, 0), chunkKey(p.generation, 0), nil))
	if err != nil {
		return errors.Join(engine.ErrNotWritten, err)
	}
	return s.commit(context.Background(), batch, func(c *content) { c.checkpoint = p })
}

// admitCheckpoint refuses an info that does not lie on this log.
func (s *Store) admitCheckpoint(info engine.CheckpointInfo) error {
	v, err := s.acquire()
	if err != nil {
		return errors.Join(engine.ErrNotWritten, err)
	}
	defer func() { go s.drop(v) }() // it may get stuck, and nobody waits for it
	switch {
	case info.Seq == 0 || info.Seq > v.last:
		return fmt.Errorf("%w: checkpoint at seq %d, log ends at %d", engine.ErrNotWritten, info.Seq, v.last)
	case v.checkpoint != nil && info.Seq < v.checkpoint.info.Seq:
		return fmt.Errorf("%w: checkpoint at seq %d is older than the one at %d", engine.ErrNotWritten, info.Seq, v.checkpoint.info.Seq)
	}
	key := logKey(info.Seq)
	value, ok, err := s.get(v, key)
	if err == nil && !ok {
		err = damaged("log", "record at seq %d is missing", info.Seq)
	}
	if err != nil {
		return errors.Join(engine.ErrNotWritten, err)
	}
	chain, _, err := decodeRecord(key, value)
	if err != nil {
		return errors.Join(engine.ErrNotWritten, err)
	}
	if chain != info.Chain {
		return fmt.Errorf("%w: checkpoint at seq %d has another chain value than the log", engine.ErrNotWritten, info.Seq)
	}
	return nil
}

// dropGeneration deletes the chunks of a save that broke off. If it fails,
// the next save deletes them.
func (s *Store) dropGeneration(generation uint64) error {
	batch := s.db.NewBatch()
	if err := batch.DeleteRange(chunkKey(generation, 0), chunkKey(generation+1, 0), nil); err != nil {
		return err
	}
	return s.commit(context.Background(), batch, func(*content) {})
}

// chunkWriter cuts an encoded state into chunks and commits them.
type chunkWriter struct {
	s          *Store
	generation uint64
	chunks     uint32
	written    int64
	digest     hash.Hash
	buf        []byte
	last       engine.Seq // end of the log at the chunk before
	began      time.Time  // the chunk at hand
}

// Write implements io.Writer.
func (w *chunkWriter) Write(p []byte) (int, error) {
	n := len(p)
	w.written += int64(n)
	w.digest.Write(p)
	for len(p) > 0 {
		take := min(len(p), maxChunkBytes-len(w.buf))
		w.buf = append(w.buf, p[:take]...)
		p = p[take:]
		if len(w.buf) == maxChunkBytes {
			if err := w.flush(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

func (w *chunkWriter) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	if err := w.s.refusal(); err != nil { // a state may be larger than what is free
		return err
	}
	key := chunkKey(w.generation, w.chunks)
	batch := w.s.db.NewBatch()
	if err := batch.Set(key, encodeChunk(key, w.buf), nil); err != nil {
		return errors.Join(engine.ErrNotWritten, err)
	}
	w.buf = w.buf[:0]
	w.chunks++
	err := w.s.hand(context.Background(), commit{
		batch: batch, sync: pebble.NoSync, effect: func(*content) {}, done: make(chan error, 1),
	})
	if err != nil {
		return err
	}
	last, _ := w.s.Last()
	busy := last != w.last
	w.last = last
	if busy {
		w.s.pause(min(mostRest, max(chunkPause, chunkRests*time.Since(w.began))))
	}
	w.began = time.Now()
	return nil
}

// pause waits, unless the store is closed or poisoned meanwhile.
func (s *Store) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.closing:
	case <-s.poisoned:
	}
}

// LoadCheckpoint implements engine.Log.
func (s *Store) LoadCheckpoint() (engine.CheckpointInfo, io.ReadCloser, error) {
	v, err := s.acquire()
	if err != nil {
		return engine.CheckpointInfo{}, nil, err
	}
	if v.checkpoint == nil {
		go s.drop(v)
		return engine.CheckpointInfo{}, nil, engine.ErrNoRecord
	}
	s.loading.Add(1)
	calm := restGarbage()
	r := s.readCheckpoint(v, *v.checkpoint)
	r.closed = func() {
		calm()
		s.loading.Add(-1)
	}
	return v.checkpoint.info, r, nil
}

// readCheckpoint returns a reader of the state that p names in v, which it drops.
func (s *Store) readCheckpoint(v *view, p pointer) *checkpointReader {
	r := &checkpointReader{
		p: p, digest: sha256.New(), closed: func() {},
		c:    s.walk(v, chunkKey(p.generation, 0), chunkKey(p.generation+1, 0)),
		data: make(chan []byte, chunksAhead), stop: make(chan struct{}), done: make(chan struct{}),
	}
	go r.fetch()
	return r
}

// chunksAhead is how many checked chunks wait for who reads a checkpoint.
const chunksAhead = 4

// checkpointReader checks each chunk before it gives any of it out, and the
// whole before it says io.EOF. It reads and checks on a goroutine of its own,
// while what it gave out is being decoded.
type checkpointReader struct {
	p      pointer
	c      *cursor
	digest hash.Hash
	chunks uint32
	size   int64

	data   chan []byte // of chunks that are whole
	stop   chan struct{}
	done   chan struct{}
	end    error  // why there is no more; valid when data is closed
	rest   []byte // of the chunk being read
	err    error
	closed func() // called once, by Close
}

// fetch sends the data of all chunks.
func (r *checkpointReader) fetch() {
	defer close(r.done)
	defer close(r.data)
	for {
		data, err := r.nextChunk()
		if err != nil {
			r.end = err
			return
		}
		select {
		case r.data <- data:
		case <-r.stop:
			r.end = fs.ErrClosed
			return
		}
	}
}

// Read implements io.Reader.
func (r *checkpointReader) Read(b []byte) (int, error) {
	if len(r.rest) == 0 && r.err == nil {
		data, more := <-r.data
		if r.rest = data; !more {
			r.err = r.end
		}
	}
	if len(r.rest) == 0 {
		return 0, r.err
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// nextChunk returns the data of the next chunk, or io.EOF after the last one.
func (r *checkpointReader) nextChunk() ([]byte, error) {
	place := fmt.Sprintf("checkpoint at seq %d", r.p.info.Seq)
	key, value, ok, err := r.c.read()
	if err != nil {
		return nil, err
	}
	if !ok {
		switch digest := (engine.Hash{}); {
		case r.chunks != r.p.chunks || r.size != r.p.info.Bytes:
			return nil, damaged(place, "%d bytes in %d chunks, want %d in %d", r.size, r.chunks, r.p.info.Bytes, r.p.chunks)
		case engine.Hash(r.digest.Sum(digest[:0])) != r.p.info.Digest:
			return nil, damaged(place, "digest of its %d bytes differs", r.size)
		}
		return nil, io.EOF
	}
	data, err := decodeChunk(key, value)
	if err != nil {
		return nil, err
	}
	if _, chunk, _ := parseChunkKey(key); chunk != r.chunks {
		return nil, damaged(place, "chunk %d is missing", r.chunks)
	}
	r.chunks++
	r.size += int64(len(data))
	r.digest.Write(data)
	return data, nil
}

// Next implements engine.TextReader. Nobody changes what a cursor has copied, so
// the text needs no copy of its own.
func (r *checkpointReader) Next() (string, error) {
	data := r.rest
	if r.rest = nil; len(data) == 0 && r.err == nil {
		next, more := <-r.data
		if data = next; !more {
			r.err = r.end
		}
	}
	if len(data) == 0 {
		return "", r.err
	}
	return unsafe.String(unsafe.SliceData(data), len(data)), nil
}

// Close implements io.Closer.
func (r *checkpointReader) Close() error {
	if r.c != nil {
		close(r.stop)
		<-r.done
		r.c.close()
		r.c = nil
		r.closed()
	}
	r.rest, r.err = nil, fs.ErrClosed
	return nil
}
