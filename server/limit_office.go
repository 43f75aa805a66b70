package server

import (
	"fmt"
	"sync"
	"time"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

const (
	// limitOffice names the limit of offices in headers and metrics, reasonOffice in problems.
	limitOffice  = "office"
	reasonOffice = "office_calls_per_hour"
	officeWindow = time.Hour
)

// officeCalls bounds what an office leaves in the state for good: calls and callback requests, which stay when they are cancelled. Memory is all
// tenants', so it is not for one key to fill. An office has one bucket, whatever keys and tokens it comes with.
//
// Only what was made is paid for: replays and refusals leave nothing behind. What is under way is counted apart and paid once it is made, since a token
// cannot be put back: the cells of buckets are shared, and to lower one might give another office more than is its due.
type officeCalls struct {
	policy
	mu       sync.Mutex
	underWay map[string]int64 // by office, those above 0: no more of them than requests
}

// newOfficeCalls makes the buckets of offices that may leave so many an hour, all at once or one by one; nil = any number, for 0 and less.
func newOfficeCalls(perHour int) *officeCalls {
	if perHour <= 0 {
		return nil
	}
	return &officeCalls{policy: newPolicy(limitOffice, float64(perHour)/officeWindow.Seconds(), officeWindow), underWay: map[string]int64{}}
}

// begin reserves a token for what an office is about to make, if there is one for it beside what is under way. If so, end must follow.
func (o *officeCalls) begin(office string, now int64) spent {
	o.mu.Lock()
	defer o.mu.Unlock()
	got := o.peek([]byte(office), now)
	if wait := got.full + (o.underWay[office]+1)*o.every - o.depth; wait > 0 {
		return spent{full: got.full, wait: wait}
	}
	o.underWay[office]++
	got.left -= o.underWay[office]
	return got
}

// end takes the token that was reserved if something was made, else it lets go of it.
func (o *officeCalls) end(office string, now int64, made bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.underWay[office]--; o.underWay[office] == 0 {
		delete(o.underWay, office)
	}
	if made {
		o.spend([]byte(office), now)
	}
}

// submitLasting is submit for what stays in the state for good: of an office it takes no more than the limit. What may have been made is paid for like
// what was.
func (c *call) submitLasting(t ticket, p engine.Payload) (engine.Outcome, *problem) {
	l := &c.server.limit
	if l.office == nil || c.office == "" {
		return c.submit(t, p)
	}
	if got := l.office.begin(c.office, l.now()); !got.ok {
		c.toll = toll{of: &l.office.policy, spent: got}
		c.server.metrics.limited(limitOffice)
		return engine.Outcome{}, c.officeRefused()
	}
	made := true
	defer func() { l.office.end(c.office, l.now(), made) }()
	o, no := c.submit(t, p)
	switch {
	case o.Replayed:
		made = false
	case no != nil:
		made = no.code == codeOutcomeUnknown || no.code == codeInternal
	default:
		made = o.Status == engine.StatusOK && !o.Idle
	}
	return o, no
}

// officeRefused says which limit is reached and from when on there is room again.
func (c *call) officeRefused() *problem {
	of := c.toll.of
	again := slots.AppendInstant(nil, c.now+slots.Instant(c.toll.retryAfter()), slots.UTC())
	return &problem{
		code: codeRateLimited,
		detail: fmt.Sprintf("The limit %s is reached: an office can make %d calls and callback requests an hour, those that were cancelled included. There is room again from %s on. Nothing changed.",
			of.name, of.depth/of.every, again),
		extra: []member{{"reason", encode(reasonOffice)}},
	}
}
