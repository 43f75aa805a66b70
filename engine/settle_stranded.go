package engine

// strandedRequests returns the requests that lost their reviewer, oldest first, up
// to maxReseat of them.
func (t *settling) strandedRequests() (requests []*CallbackRequest) {
	t.s.stranded.ids(t.actor.Tenant, "", func(id string) bool {
		r, _ := t.s.callbacks.get(t.actor.Tenant, id)
		requests = append(requests, r)
		return len(requests) < maxReseat
	})
	return requests
}

// strand notes whether the reviewer of an assigned request is lost.
func (t *settling) strand(r *CallbackRequest, lost bool) {
	if r.Status != CallbackAssigned || r.Stranded() == lost {
		return
	}
	image := r.next(t.now)
	image.Reason = ""
	if lost {
		image.Reason = ReasonReviewerLost
	}
	t.put(image)
}
