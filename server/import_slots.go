package server

import "sync"

// importSlots counts the imports under way by tenant: more of them would crowd everybody else out of the writer's queue.
type importSlots struct {
	mu       sync.Mutex
	all      int
	byTenant map[string]int
}

// enter takes a slot, if there is one for the caller's tenant: the last one is for a tenant that has none.
func (i *importSlots) enter(w *caller) bool {
	tenant := tenantAsking(w)
	i.mu.Lock()
	defer i.mu.Unlock()
	mine := i.byTenant[tenant]
	if i.all >= maxImports || mine > 0 && i.all >= maxImports-1 {
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
func (i *importSlots) leave(w *caller) {
	tenant := tenantAsking(w)
	i.mu.Lock()
	defer i.mu.Unlock()
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
