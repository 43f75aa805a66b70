package engine

import "errors"

// MaxEventScan is how many entries one call of Events looks at, at most: those of
// other tenants count too.
const MaxEventScan = 10_000

// Events yields the audit records of a tenant that come after a position, in the
// order of the log, at most limit of them. It shows what a snapshot shows at the
// moment of the call. The position returned is the last one it has looked at, to go
// on behind; there may be more events behind it as long as it grows. Errors are the
// log's.
func (e *Engine) Events(tenant string, after Seq, limit int, yield func(AuditRecord) bool) (Seq, error) {
	last := e.Snapshot().Seq()
	if limit <= 0 || after >= last {
		return after, nil
	}
	end := min(last, after+MaxEventScan)
	err := e.options.Log.Read(after+1, func(seq Seq, payload []byte) error {
		entry, err := decodeEntry(payload)
		if err != nil {
			return err
		}
		after = seq
		if entry.actor.Tenant == tenant {
			if limit--; !yield(entry.auditRecord()) || limit == 0 {
				return errEnough
			}
		}
		if seq == end {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return after, err
}
