package engine

import (
	"bytes"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parleyhq/parley/slots"
)

// OfferKey is the key of an offer record: tenant, a zero byte, case, a zero
// byte, seq as 8 and the number within the entry as 2 bytes big endian.
func OfferKey(tenant, caseID string, seq Seq, number uint16) []byte {
	key := append(offerPrefix(tenant), caseID...)
	key = binary.BigEndian.AppendUint64(append(key, 0), uint64(seq))
	return binary.BigEndian.AppendUint16(key, number)
}

func offerPrefix(tenant string) []byte { return append([]byte(tenant), 0) }

// offerOrderBytes are the last bytes of an offer record's key: its place in the log.
const offerOrderBytes = 8 + 2

// DecodeOffer reads an offer record.
func DecodeOffer(value []byte) (OfferRecord, error) {
	var r OfferRecord
	c := decoder(string(value))
	c.offerRecord(&r)
	return r, c.end()
}

// errEnough ends a walk early.
var errEnough = errors.New("engine: enough")

// OfferRecords yields the offer records of a case, or of all cases of the tenant
// if caseID is empty, that were made in [from, to), in the order in which they
// were made; a to of 0 means no end. It reads what is durable. Of all cases it
// reads the keyspace once per exportPage records. Errors are the log's.
func (e *Engine) OfferRecords(tenant, caseID string, from, to slots.Instant, yield func(OfferRecord) bool) error {
	wanted := func(r *OfferRecord) bool { return from <= r.At && (to == 0 || r.At < to) }
	if caseID != "" {
		prefix := append(append(offerPrefix(tenant), caseID...), 0)
		return e.walkOffers(prefix, func(_ []byte, r *OfferRecord) bool { return !wanted(r) || yield(*r) })
	}
	return e.allOffers(tenant, exportPage, wanted, func(r *OfferRecord) bool { return yield(*r) })
}

// allOffers yields the wanted records of a tenant in the order of the log, page by page.
func (e *Engine) allOffers(tenant string, limit int, wanted, yield func(r *OfferRecord) bool) error {
	var last []byte // place of the last record that was yielded
	for {
		page := &offerPage{limit: limit}
		err := e.walkOffers(offerPrefix(tenant), func(key []byte, r *OfferRecord) bool {
			if place := key[len(key)-offerOrderBytes:]; wanted(r) && bytes.Compare(place, last) > 0 {
				page.add(key)
			}
			return true
		})
		if err != nil {
			return err
		}
		for _, key := range page.sorted() {
			last = key[len(key)-offerOrderBytes:]
			more := true
			err := e.walkOffers(key, func(_ []byte, r *OfferRecord) bool {
				more = yield(r)
				return false
			})
			if err != nil || !more {
				return err
			}
		}
		if !page.more {
			return nil
		}
	}
}

// walkOffers yields the offer records whose keys begin with prefix, in order of
// key. The key is valid during yield only.
func (e *Engine) walkOffers(prefix []byte, yield func(key []byte, r *OfferRecord) bool) error {
	last := e.Snapshot().Seq()
	err := e.options.Log.Derived(SpaceOffers, prefix, func(key, value []byte) error {
		if !bytes.HasPrefix(key, prefix) {
			return errEnough
		}
		r, err := DecodeOffer(value)
		switch {
		case err != nil:
			return fmt.Errorf("offer record %q: %w", key, err)
		case len(key) < offerOrderBytes:
			return fmt.Errorf("%w: offer record %q", errDamagedRecord, key)
		case r.Seq <= last && !yield(key, &r):
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// exportPage is how many keys of offer records are kept at once.
const exportPage = 1 << 14

// offerPage collects the keys of the earliest records, up to a limit.
type offerPage struct {
	limit int
	more  bool // something was left out
	keys  latestFirst
}

func (p *offerPage) add(key []byte) {
	heap.Push(&p.keys, bytes.Clone(key))
	if len(p.keys) > p.limit {
		heap.Pop(&p.keys)
		p.more = true
	}
}

// sorted empties the page, earliest first.
func (p *offerPage) sorted() [][]byte {
	keys := make([][]byte, len(p.keys))
	for i := len(keys) - 1; i >= 0; i-- {
		keys[i], _ = heap.Pop(&p.keys).([]byte)
	}
	return keys
}

// latestFirst is a heap of keys by place in the log, the latest on top.
type latestFirst [][]byte

func (h latestFirst) Len() int { return len(h) }

func (h latestFirst) Less(i, k int) bool {
	x, y := h[i], h[k]
	return bytes.Compare(x[len(x)-offerOrderBytes:], y[len(y)-offerOrderBytes:]) > 0
}

func (h latestFirst) Swap(i, k int) { h[i], h[k] = h[k], h[i] }

func (h *latestFirst) Push(x any) {
	if key, ok := x.([]byte); ok {
		*h = append(*h, key)
	}
}

func (h *latestFirst) Pop() any {
	last := len(*h) - 1
	key := (*h)[last]
	*h = (*h)[:last]
	return key
}
