package enginetest

import (
	"cmp"
	"slices"

	"github.com/parleyhq/parley/engine"
)

// compare tells how a callback request differs from what was expected.
func (r *request) compare(d *differ, got *engine.CallbackRequest) {
	if got == nil {
		d.errorf("callback request %s is not there", r.id)
		return
	}
	want(d, "id", got.ID, r.id)
	want(d, "tenant", got.Tenant, r.tenant)
	want(d, "status of request "+r.id, got.Status, r.status)
	want(d, "id of the appointment", got.AppointmentID, r.apt)
	wantList(d, "cases", got.CaseIDs, r.cases)
	wantList(d, "consents", got.Consents, r.consents)
	if !slices.Equal(got.Windows, r.windows) {
		d.errorf("windows are %v, expected %v", got.Windows, r.windows)
	}
	if r.reason != vague {
		want(d, "reason", got.Reason, r.reason)
	} else if slices.Contains([]string{"", reasonNoneFree, reasonScheduled, reasonPassed, reasonConsent}, got.Reason) {
		d.errorf("reason is %q, expected one that rules or reviewers give", got.Reason)
	}
	want(d, "options", got.Options, r.options)
	want(d, "created by", got.CreatedBy, r.principal)
	want(d, "created at", got.CreatedAt, r.created)
	want(d, "first asked at", got.FirstAskedAt, r.firstAsked)
	want(d, "assigned at", got.AssignedAt, r.assigned)
	want(d, "cancel code", got.CancelCode, r.code)
	if got.Version < r.version || got.Version > r.version+r.slack {
		d.errorf("version is %d, expected %d to %d", got.Version, r.version, r.version+r.slack)
	}
	if !r.unsure {
		want(d, "updated at", got.UpdatedAt, r.updated)
	}
}

// compareRequests checks the requests, their queue and which case waits.
func (a *Auditor) compareRequests(d *differ, s *engine.Snapshot) {
	for _, tenant := range tenants {
		var all, got, queued []string
		var queue []request
		for i := range a.requests {
			r := &a.requests[i]
			if r.tenant != tenant {
				continue
			}
			image, _ := s.Callback(tenant, r.id)
			r.compare(d, image)
			all = append(all, r.id)
			if r.status == engine.CallbackQueued {
				queue = append(queue, *r)
			}
		}
		slices.Sort(all)
		s.Callbacks(tenant, "", func(r *engine.CallbackRequest) bool {
			got = append(got, r.ID)
			return true
		})
		wantList(d, "requests of "+tenant, got, all)
		slices.SortFunc(queue, func(x, y request) int {
			return cmp.Or(x.options-y.options, int(x.created-y.created), cmp.Compare(x.id, y.id))
		})
		var line []string
		for i, r := range queue {
			line = append(line, r.id)
			want(d, "place in the queue of "+r.id, s.QueuePosition(tenant, r.id), i+1)
		}
		s.CallbacksQueued(tenant, func(r *engine.CallbackRequest) bool {
			queued = append(queued, r.ID)
			return true
		})
		wantList(d, "queue of "+tenant, queued, line)
	}
	for i := range a.cases {
		k := &a.cases[i]
		expected, id := "", ""
		if r := a.openRequest(k.tenant, k.image.ID); r != nil {
			expected = r.id
		}
		if r, ok := s.OpenCallback(k.tenant, k.image.ID); ok {
			id = r.ID
		}
		want(d, "open request of "+k.image.ID, id, expected)
	}
}
