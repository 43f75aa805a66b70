package slots

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// published is a calendar as readers get it, with what they must find in it.
type published struct {
	calendar *Calendar
	calls    int
	seconds  int64
}

// TestReadersBesideTheWriter is for the race detector: readers walk published
// calendars while the writer clones them again and changes the clones.
func TestReadersBesideTheWriter(t *testing.T) {
	t.Parallel()
	const batches, reviewers = 400, 20
	var current atomic.Pointer[published]
	current.Store(&published{calendar: NewCalendar()})
	var stop atomic.Bool
	var readers sync.WaitGroup
	for r := range 3 {
		readers.Go(func() {
			for n := 0; !stop.Load() || n == 0; n++ {
				if err := readAll(current.Load(), ReviewerRef((n+r)%reviewers)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for batch := range batches {
		base := current.Load()
		next := &published{calendar: base.calendar.Clone(), calls: base.calls, seconds: base.seconds}
		for i := range 8 {
			r := ReviewerRef((batch*3 + i) % reviewers)
			start := Instant(batch*7+i*13) % 2000 * 100
			call := Call{Reviewer: r, Span: Interval{start, start + 60}, Busy: Interval{start - 10, start + 70}, ID: fmt.Sprint(batch, i)}
			if other, ok := next.calendar.Insert(call); ok {
				next.calls++
				next.seconds += call.Busy.Seconds()
			} else if next.calendar.Remove(r, other.Busy.Start) {
				next.calls--
				next.seconds -= other.Busy.Seconds()
			}
		}
		if batch%5 == 4 {
			continue // a batch that failed: its clone is dropped
		}
		current.Store(next)
	}
	stop.Store(true)
	readers.Wait()
	if err := readAll(current.Load(), 0); err != nil || current.Load().calls == 0 {
		t.Error(err, current.Load().calls)
	}
}

func readAll(p *published, r ReviewerRef) error {
	calls, seconds := 0, int64(0)
	var last Call
	ordered := true
	p.calendar.All(func(call Call) bool {
		ordered = ordered && (last.Reviewer < call.Reviewer || last.Busy.End <= call.Busy.Start || calls == 0)
		last = call
		calls++
		seconds += call.Busy.Seconds()
		return true
	})
	if !ordered || calls != p.calls || seconds != p.seconds || p.calendar.Len() != p.calls {
		return fmt.Errorf("found %d calls, %d s, ordered %v; published %d, %d s", calls, seconds, ordered, p.calls, p.seconds)
	}
	n := 0
	p.calendar.Calls(r, Interval{0, 100_000}, func(Call) bool { n++; return true })
	if _, ok := p.calendar.Conflict(r, Interval{0, 100_000}, 0, ""); ok != (n > 0) {
		return fmt.Errorf("reviewer %d: conflict %v with %d calls", r, ok, n)
	}
	return nil
}

// TestZonesLoadedTogether is for the race detector, too.
func TestZonesLoadedTogether(t *testing.T) {
	t.Parallel()
	names := []string{"Europe/Paris", "Europe/Rome", "Asia/Tokyo", "Africa/Accra", "US/Samoa"}
	zones := make([][]*Zone, 4)
	var loaders sync.WaitGroup
	for i := range zones {
		loaders.Go(func() {
			for _, name := range names {
				z, err := LoadZone(name)
				if err != nil {
					t.Error(err)
				}
				zones[i] = append(zones[i], z)
			}
			if ZoneDataVersion() == "" {
				t.Error("no version")
			}
		})
	}
	loaders.Wait()
	for i := range zones {
		for j, name := range names {
			if zones[i][j] != zones[0][j] {
				t.Errorf("%s was built twice", name)
			}
		}
	}
}
