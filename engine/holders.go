package engine

import "github.com/parleyhq/parley/slots"

// heldBy names whose holds are counted together.
type heldBy struct {
	tenant string
	by     uint8
	id     string // of the principal or the reviewer
}

// What holds are counted by.
const (
	holderPrincipal uint8 = 'p'
	holderReviewer  uint8 = 'r'
	holderTenant    uint8 = 't'
)

// key is the place in the table of holders.
func (b heldBy) key() string { return string(rune(b.by)) + b.id }

// holds reports whether a hold is one of them.
func (b heldBy) holds(h *Hold) bool {
	return h.Tenant == b.tenant && (b.by == holderTenant || b.by == holderPrincipal && h.Principal == b.id || b.by == holderReviewer && h.ReviewerID == b.id)
}

// countHold counts a hold, or no longer, for all that it is one of.
func (s *state) countHold(h *Hold, by int) {
	for _, b := range [...]heldBy{{h.Tenant, holderPrincipal, h.Principal}, {h.Tenant, holderReviewer, h.ReviewerID}, {h.Tenant, holderTenant, ""}} {
		key, n := b.key(), holder{count: by}
		if old, ok := s.holders.get(h.Tenant, key); ok {
			n.count += old.count
		}
		if n.count == 0 {
			s.holders.drop(h.Tenant, key)
		} else {
			s.holders.put(h.Tenant, key, &n)
		}
	}
}

// activeHolds counts those that count at now.
func (s *state) activeHolds(b heldBy, now slots.Instant) int {
	h, ok := s.holders.get(b.tenant, b.key())
	if !ok {
		return 0
	}
	n := h.count
	s.holdsEnd.tree.each(func(d *deadline) bool {
		if d.at > now {
			return false
		}
		if hold, _ := s.holds.get(d.tenant, d.id); b.holds(hold) {
			n--
		}
		return true
	})
	return n
}

// nextEndScan bounds how many holds are looked at for the next end.
const nextEndScan = 1024

// nextEnd is when the first of them ends that counts at now; 0 if that is not found among those that end first.
func (s *state) nextEnd(b heldBy, now slots.Instant) (at slots.Instant) {
	looked := 0
	s.holdsEnd.tree.each(func(d *deadline) bool {
		looked++
		if hold, _ := s.holds.get(d.tenant, d.id); d.at > now && b.holds(hold) {
			at = d.at
		}
		return at == 0 && looked < nextEndScan
	})
	return at
}
