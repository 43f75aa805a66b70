package engine

import (
	"bytes"
	"errors"
)

// Events yields the audit records of a tenant that come after a position, in the
// order of the log, at most limit of them. It shows what a snapshot shows at the
// moment of the call. Errors are the log's.
func (e *Engine) Events(tenant string, after Seq, limit int, yield func(AuditRecord) bool) error {
	last, prefix := e.Snapshot().Seq(), append([]byte(tenant), 0)
	if limit <= 0 {
		return nil
	}
	err := e.options.Log.Derived(SpaceAudit, AuditKey(tenant, after+1), func(key, value []byte) error {
		if !bytes.HasPrefix(key, prefix) {
			return errEnough
		}
		r, err := DecodeAudit(value)
		if err != nil {
			return err
		}
		if r.Seq > last || !yield(r) {
			return errEnough
		}
		if limit--; limit == 0 {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}
