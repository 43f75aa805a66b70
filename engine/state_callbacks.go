package engine

import (
	"fmt"
	"slices"

	"github.com/parleyhq/parley/slots"
)

// Limits of what is remembered of the answers on one case, to tell repetitions.
const (
	// OfferRepeat is how long the same answer to the same case is recorded once, in
	// seconds: 10 minutes.
	OfferRepeat = 10 * slots.Minute
	// maxRecentOffers bounds the answers on one case that are told apart; an older
	// one is recorded once more.
	maxRecentOffers = 64
)

// caseRecord says that there are offer records on a case.
type caseRecord struct {
	tenant, caseID string
	recent         []recentOffer // oldest first
}

// recentOffer is an answer that was recorded not long ago.
type recentOffer struct {
	digest [32]byte
	at     slots.Instant
}

// repeats reports whether an answer was recorded within OfferRepeat before now.
func (r *caseRecord) repeats(digest [32]byte, now slots.Instant) bool {
	return slices.ContainsFunc(r.recent, func(o recentOffer) bool {
		return o.digest == digest && now < o.at+OfferRepeat
	})
}

// noteOffer keeps that a record was made and, if digest is not zero, of what answer.
func (s *state) noteOffer(tenant, caseID string, digest [32]byte) error {
	if _, ok := s.cases.get(tenant, caseID); !ok {
		return errContradiction("no case %s", caseID)
	}
	old, known := s.offered.get(tenant, caseID)
	if known && digest == [32]byte{} {
		return nil
	}
	image := &caseRecord{tenant: tenant, caseID: caseID}
	if known {
		for _, o := range old.recent {
			if s.now < o.at+OfferRepeat {
				image.recent = append(image.recent, o)
			}
		}
	}
	if digest != [32]byte{} {
		image.recent = append(image.recent, recentOffer{digest, s.now})
		image.recent = image.recent[max(0, len(image.recent)-maxRecentOffers):]
	}
	s.offered.put(tenant, caseID, image)
	return nil
}

// putCallback stores a callback request, new or changed.
func (s *state) putCallback(r *CallbackRequest) error {
	if r.Status < CallbackQueued || r.Status > CallbackCancelled {
		return errContradiction("callback request %s has status %d", r.ID, r.Status)
	}
	old := s.callbacks.put(r.Tenant, r.ID, r)
	if old != nil && old.Open() {
		s.waiting.drop(placeInQueue(old))
		s.reserved.drop(old.Tenant, old.AppointmentID)
		for _, caseID := range old.CaseIDs {
			s.requests.drop(old.Tenant, caseID)
		}
	}
	if old != nil && old.Stranded() {
		s.stranded.drop(placeAmongStranded(old))
	}
	if r.Stranded() {
		s.stranded.add(placeAmongStranded(r))
	}
	if !r.Open() {
		return nil
	}
	s.waiting.add(placeInQueue(r))
	if other := s.reserved.put(r.Tenant, r.AppointmentID, &call{id: r.ID}); other != nil {
		return errContradiction("appointment id %s is kept for %s and for %s", r.AppointmentID, other.id, r.ID)
	}
	for _, caseID := range r.CaseIDs {
		if other := s.requests.put(r.Tenant, caseID, &call{id: r.ID}); other != nil {
			return errContradiction("case %s waits with %s and with %s", caseID, other.id, r.ID)
		}
	}
	return nil
}

// placeInQueue orders open requests: few options first, then oldest, then by id.
func placeInQueue(r *CallbackRequest) indexed {
	return indexed{tenant: r.Tenant, order: int64(r.Options)<<40 | int64(max(0, r.CreatedAt)), id: r.ID}
}

// placeAmongStranded orders requests that lost their reviewer: oldest first, then by id.
func placeAmongStranded(r *CallbackRequest) indexed {
	return indexed{tenant: r.Tenant, order: int64(r.CreatedAt), id: r.ID}
}

// openRequest returns the open callback request of a case.
func (s *state) openRequest(tenant, caseID string) (*CallbackRequest, bool) {
	c, ok := s.requests.get(tenant, caseID)
	if !ok {
		return nil, false
	}
	return s.callbacks.get(tenant, c.id)
}

// checkCallbacks follows the links between callback requests, their appointments
// and their cases, and from offer records to cases.
func (s *state) checkCallbacks() (err error) {
	s.callbacks.each(func(r *CallbackRequest) bool {
		a, made := s.appointments.get(r.Tenant, r.AppointmentID)
		switch {
		case r.Open() && made:
			err = fmt.Errorf("callback request %s is %s and has appointment %s", r.ID, r.Status, a.ID)
		case r.Status == CallbackAssigned && (!made || a.CallbackID != r.ID):
			err = fmt.Errorf("callback request %s is assigned and has no appointment %s", r.ID, r.AppointmentID)
		}
		for _, id := range r.CaseIDs {
			if _, ok := s.cases.get(r.Tenant, id); !ok {
				err = fmt.Errorf("callback request %s is about case %s, which is not there", r.ID, id)
			}
		}
		return err == nil
	})
	s.offered.each(func(r *caseRecord) bool {
		if _, ok := s.cases.get(r.tenant, r.caseID); !ok && err == nil {
			err = fmt.Errorf("offer records of case %s, which is not there", r.caseID)
		}
		return err == nil
	})
	return err
}

// waits reports whether a tenant has open requests, or some that lost their reviewer.
func (s *state) waits(tenant string) (found bool) {
	for _, x := range []*index{&s.waiting, &s.stranded} {
		x.ids(tenant, "", func(string) bool {
			found = true
			return false
		})
	}
	return found
}

// eachOpen walks the open requests of a tenant in the order of the queue.
func (s *state) eachOpen(tenant string, yield func(*CallbackRequest) bool) {
	s.waiting.ids(tenant, "", func(id string) bool {
		r, _ := s.callbacks.get(tenant, id)
		return yield(r)
	})
}
