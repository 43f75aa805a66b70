package engine

// keysPerEntry is how many expired keys one entry drops at most. Every entry
// adds at most one, so the rest is caught up with. The number belongs to the log
// format, as a replay must drop the same ones.
const keysPerEntry = 64

// expire drops the holds and keys that have ended at the state's stamp. It only
// makes room: whoever reads or judges compares deadlines and never relies on it.
func (s *state) expire() error {
	for {
		d, due := s.holdsEnd.due(s.now)
		if !due {
			break
		}
		if err := s.dropHold(d.tenant, d.id); err != nil {
			return err
		}
		s.counters.HoldsExpired++
	}
	for range keysPerEntry {
		d, due := s.keysEnd.due(s.now)
		if !due {
			break
		}
		if err := s.dropKey(d); err != nil {
			return err
		}
		s.counters.KeysExpired++
	}
	return nil
}
