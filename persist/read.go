package persist

import (
	"github.com/parleyhq/parley/engine"
)

// Read implements engine.Log.
func (s *Store) Read(from engine.Seq, fn func(engine.Seq, []byte) error) error {
	from = max(from, 1)
	v, err := s.acquire()
	if err != nil {
		return err
	}
	last, end := v.last, logKey(v.last+1)
	first := from
	if from > 1 && from <= last {
		first-- // for its chain value
	}
	c := s.walk(v, logKey(min(first, last+1)), end)
	defer c.close()
	var chain engine.Hash
	for seq := first; seq <= last; seq++ {
		stored, payload, err := nextRecord(c, seq)
		if err != nil {
			return err
		}
		if seq >= from {
			if engine.ChainNext(chain, seq, payload) != stored {
				return damaged("log", "chain broken at seq %d", seq)
			}
			if err := fn(seq, payload); err != nil {
				return err
			}
		}
		chain = stored
	}
	return nil
}

// nextRecord returns the record that c comes to, which must be the one at seq.
func nextRecord(c *cursor, seq engine.Seq) (engine.Hash, []byte, error) {
	key, value, ok, err := c.read()
	if err != nil {
		return engine.Hash{}, nil, err
	}
	if found, _ := parseLogKey(key); !ok || found != seq {
		return engine.Hash{}, nil, damaged("log", "record at seq %d is missing", seq)
	}
	return decodeRecord(key, value)
}

// Derived implements engine.Log.
func (s *Store) Derived(space engine.Space, from []byte, fn func(key, value []byte) error) error {
	v, err := s.acquire()
	if err != nil {
		return err
	}
	lower, upper := spaceBounds(byte(space))
	c := s.walk(v, append(lower, from...), upper)
	defer c.close()
	for {
		key, value, ok, err := c.read()
		if !ok {
			return err
		}
		if err := fn(key[1:], value); err != nil {
			return err
		}
	}
}
