package persist

import (
	"fmt"
	"strings"

	"github.com/parleyhq/parley/engine"
)

// maxFindings bounds a report; what is beyond is counted.
const maxFindings = 100

// Finding is one thing that is wrong with a store.
type Finding struct {
	Seq    engine.Seq // where in the log, 0 if it is not about one position
	Detail string     // with the file or keyspace
}

// Keys counts what a keyspace holds.
type Keys struct {
	Space string
	Count uint64
	Bytes uint64 // of keys and values, before compression
}

// Report is what Verify has seen.
type Report struct {
	Dir        string
	Identity   engine.Identity // without its digest key
	Last       engine.Seq      // end of the log
	Chain      engine.Hash     // chain value there
	Watermark  engine.Seq
	Checkpoint *engine.CheckpointInfo // nil if there is none
	Keys       [spaceCount]Keys
	Findings   []Finding
	More       int // findings beyond the first 100
}

// Whole reports whether nothing is wrong.
func (r *Report) Whole() bool { return len(r.Findings) == 0 }

func (r *Report) add(seq engine.Seq, err error) {
	if len(r.Findings) == maxFindings {
		r.More++
		return
	}
	r.Findings = append(r.Findings, Finding{Seq: seq, Detail: strings.TrimPrefix(err.Error(), engine.ErrCorrupt.Error()+": ")})
}

// Verify reads the whole store in dir and reports what is wrong with it. It
// changes nothing but the lock file, and goes on after damage as far as it can.
// An error means that it could not look: ErrNoStore, ErrNotStore,
// ErrInterrupted, ErrInUse, ErrNewerFormat, or one of the operating system.
func Verify(dir string, o Options) (Report, error) {
	s, err := newStore(dir, o)
	if err != nil {
		return Report{}, err
	}
	r := Report{Dir: s.dir}
	if err := s.notPartial(); err != nil {
		return r, err
	}
	if kind, _, err := s.inspect(); err != nil || kind != dirHeadless {
		if err := s.openable(); err != nil {
			return r, err
		}
	}
	if err := s.takeLock(); err != nil {
		return r, err
	}
	defer s.abandon()
	e := &examination{s: s, report: &r, first: 1}
	if err := s.readIdentity(); err != nil {
		if !isDamage(err) {
			return r, err
		}
		r.add(0, err)
	}
	r.Identity = s.identity
	r.Identity.DigestKey = nil
	if e.mark, err = s.readWatermark(); err != nil {
		if !isDamage(err) {
			return r, err
		}
		r.add(0, err)
	}
	if err := s.examine(e); err != nil {
		return r, fmt.Errorf("persist: verify %s: %w", s.dir, err)
	}
	r.Last, r.Chain, r.Watermark = e.last, e.chain, e.mark.seq
	if e.checkpoint != nil {
		r.Checkpoint = &e.checkpoint.info
	}
	return r, nil
}
