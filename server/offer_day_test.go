package server

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// TestDays writes random pages, in zones whose clocks change within them, as the routes do and with
// every start spelled out.
func TestDays(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	here := &call{server: w.server, actor: w.server.localActor(), snap: w.engine.Snapshot()}
	r := rand.New(rand.NewPCG(1, 9))
	for _, name := range []string{"US/Eastern", "UTC", "Pacific/Apia", "Africa/Monrovia", "Asia/Kathmandu"} {
		zone, err := slots.LoadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, monday := range []slots.Instant{-1 << 31, 1583712000, 1604275200, 1589846400, 253402300799 - 7*24*slots.Hour} {
			week, list := randomPage(r, zone, monday)
			f := func(plain bool) string {
				writer := here.offerWriter(zone) // with what earlier pages left in it
				defer writer.done()
				writer.plain = plain
				return string(writer.earliest(writer.week([]byte("before"), week, 15), list, 15))
			}
			if got, want := f(false), f(true); got != want {
				t.Fatalf("%s, week of %d:\n%s\nwant\n%s", name, monday, got, want)
			}
		}
	}
}

// randomPage has starts of all days in any order, with all that they may say.
func randomPage(r *rand.Rand, zone *slots.Zone, monday slots.Instant) (*matcher.WeekAnswer, *matcher.OffersAnswer) {
	start := func(day int) matcher.SlotOffer {
		cell, aside := r.IntN(96), r.IntN(2)
		if r.IntN(4) > 0 { // few starts, so that most are told more than once
			cell, aside = 30+r.IntN(5), 0
		}
		s := matcher.SlotOffer{
			Start:        monday + slots.Instant(day*24)*slots.Hour + slots.Instant(cell)*15*slots.Minute + slots.Instant(aside),
			Consultative: r.IntN(4) == 0, Late: r.IntN(4) == 0,
		}
		s.End = s.Start + []slots.Instant{15, 30}[r.IntN(2)]*slots.Minute
		if r.IntN(8) == 0 {
			s.Unmet, s.Attestations = s.Unmet.With(matcher.NeedSpecialtyMatch), []string{"waiver"}
		}
		if r.IntN(8) == 0 {
			s.Cases = []matcher.CaseJudgement{{CaseID: "1004567", Tier: matcher.TierBothWaived}}
		}
		return s
	}
	week := &matcher.WeekAnswer{Monday: zone.Date(monday)}
	list := &matcher.OffersAnswer{}
	p := matcher.Priority{Number: 1, Tier: matcher.TierBothWaived}
	for i := range 20 {
		reviewer := &matcher.Reviewer{Tenant: "test", ID: fmt.Sprint("rev-", i), Ref: slots.ReviewerRef(i)}
		o := matcher.ReviewerOffers{Reviewer: reviewer}
		for d := range o.Days {
			o.Days[d].Date, o.Days[d].More = zone.Date(monday).AddDays(d), []int{0, 9, 10, 99, 100}[r.IntN(5)]
			for range r.IntN(5) {
				o.Days[d].Slots = append(o.Days[d].Slots, start(d))
			}
		}
		p.Reviewers = append(p.Reviewers, o)
		for range 4 {
			list.Offers = append(list.Offers, matcher.Offer{SlotOffer: start(r.IntN(9)), Reviewer: reviewer, Priority: 1, Tier: matcher.TierBothWaived})
		}
	}
	week.Priorities = []matcher.Priority{p}
	return week, list
}
