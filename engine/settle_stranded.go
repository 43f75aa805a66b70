package engine

// strandedRequests returns the requests that lost their reviewer, oldest first. Of more than maxStranded
// it returns so many, beginning where the position in the log says.
func (t *settling) strandedRequests() (requests []*CallbackRequest) {
	var ids []string
	t.s.stranded.ids(t.actor.Tenant, "", func(id string) bool {
		ids = append(ids, id)
		return true
	})
	if len(ids) > maxStranded {
		ids = fromTurn(ids, t.entry.seq)[:maxStranded]
	}
	for _, id := range ids {
		r, _ := t.s.callbacks.get(t.actor.Tenant, id)
		requests = append(requests, r)
	}
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
