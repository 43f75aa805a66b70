package engine

import (
	"context"
	"fmt"
)

// Read rebuilds the state of a log, from its checkpoint and the entries behind
// it, and writes nothing. It is for a log that no engine is using. Progress, if
// not nil, is called while entries are replayed.
func Read(ctx context.Context, log Log, progress func(done, total uint64)) (*Snapshot, error) {
	s, _, chain, err := restore(ctx, Options{Log: log, Progress: progress})
	if err != nil {
		return nil, err
	}
	if err := s.compile(); err != nil {
		return nil, fmt.Errorf("engine: the rules in force, %s, do not compile: %w", s.rules.version, err)
	}
	return &Snapshot{state: s, chain: chain}, nil
}

// RulesBundle returns the bundle behind Rules, as it was loaded. It must not be changed.
func (s *Snapshot) RulesBundle() []byte { return s.state.rules.bundle }
