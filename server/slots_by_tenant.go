package server

import (
	"sync"
	"time"
)

// slotsByTenant counts what is under way by tenant, where more of it would crowd everybody else out.
type slotsByTenant struct {
	most     int // at a time
	spare    int // of them are for tenants that have none
	mu       sync.Mutex
	all      int
	byTenant map[string]int
	left     chan struct{} // closed when the next slot is given back; nil: nobody waits
}

// enter takes a slot, if there is one for a tenant.
func (i *slotsByTenant) enter(tenant string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.take(tenant)
}

// enterWithin is enter for who waits for a slot.
func (i *slotsByTenant) enterWithin(tenant string, patience time.Duration) bool {
	var end <-chan time.Time
	for {
		i.mu.Lock()
		if i.take(tenant) {
			i.mu.Unlock()
			return true
		}
		if i.left == nil {
			i.left = make(chan struct{})
		}
		left := i.left
		i.mu.Unlock()
		if end == nil {
			timer := time.NewTimer(patience)
			defer timer.Stop()
			end = timer.C
		}
		select {
		case <-left:
		case <-end:
			return false
		}
	}
}

// take is enter. The caller holds the lock.
func (i *slotsByTenant) take(tenant string) bool {
	if i.all >= i.most || i.byTenant[tenant] > 0 && i.all >= i.most-i.spare {
		return false
	}
	if i.byTenant == nil {
		i.byTenant = map[string]int{}
	}
	i.all++
	i.byTenant[tenant]++
	return true
}

// leave gives the slot back.
func (i *slotsByTenant) leave(tenant string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.left != nil {
		close(i.left)
		i.left = nil
	}
	i.all--
	if i.byTenant[tenant]--; i.byTenant[tenant] == 0 {
		delete(i.byTenant, tenant)
	}
}

func tenantAsking(w *caller) string {
	if w == nil {
		return ""
	}
	return w.actor.Tenant
}
