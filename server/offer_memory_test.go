package server

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// TestQuote: the short way to a JSON string gives what the library gives.
func TestQuote(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~]{0,20}`), rapid.StringOf(rapid.RuneFrom([]rune("a\"\\\x00\x1f ~\x7f\u0080\u2028</>&'é")))).Draw(t, "s")
		want, err := jsontext.AppendQuote([]byte("x"), s)
		if err != nil {
			t.Fatal(err)
		}
		if got := quote([]byte("x"), s); !bytes.Equal(got, want) {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}

// TestWords: what the wire says of a match needs no escaping.
func TestWords(t *testing.T) {
	t.Parallel()
	for tier := matcher.TierNone; tier <= matcher.TierBothWaived; tier++ {
		if s := tier.String(); !plainText(s) {
			t.Errorf("tier %q", s)
		}
	}
	for relation := matcher.RelationNone; relation <= matcher.RelationSameSubspecialty; relation++ {
		if s := relation.String(); !plainText(s) {
			t.Errorf("relation %q", s)
		}
	}
}

// TestSlotTimes: a writer that goes from day to day writes each time as it is written alone.
func TestSlotTimes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone, err := slots.LoadZone(rapid.SampledFrom([]string{"US/Eastern", "UTC", "Pacific/Apia", "Asia/Kathmandu", "Australia/Lord_Howe"}).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		w := offerWriter{zone: zone}
		w.begin()
		at := slots.Instant(rapid.Int64Range(1_300_000_000, 1_800_000_000).Draw(t, "at"))
		var answer []byte
		for range 30 {
			at += slots.Instant(rapid.IntRange(-100_000, 100_000).Draw(t, "step"))
			s := matcher.SlotOffer{Start: at, End: at + slots.Instant(rapid.IntRange(1, 8*3600).Draw(t, "length"))}
			want := slots.AppendInstant([]byte(`{"start":"`), s.Start, zone)
			want = slots.AppendInstant(append(want, `","end":"`...), s.End, zone)
			want = slots.AppendLabel(append(want, `","label":"`...), s.Start, zone)
			want = append(want, `","consultativeOnly":false`...)
			for range 2 { // the second is a copy
				begun := len(answer)
				if answer = w.slot(answer, w.dayOf(s.Start), &s); !bytes.Equal(answer[begun:], want) {
					t.Fatalf("%s, want %s", answer[begun:], want)
				}
			}
			date := zone.Date(at)
			if got, want := string(w.dayOf(s.Start).appendHead(nil, date)), `{"date":"`+date.String()+`","slots":[`; got != want {
				t.Fatalf("day %s, want %s", got, want)
			}
		}
	})
}

// TestWritingDoesNotAllocate: an answer is written into the memory of the one before.
func TestWritingDoesNotAllocate(t *testing.T) {
	n := newNational(t, 200)
	for _, cases := range [][]string{{"texas"}, {"texas", "second"}, {"plain"}} {
		s := n.search(cases...)
		week := s.week()
		s.writeWeek(&week)
		if len(week.Priorities) == 0 || week.Explanation.Offered == 0 {
			t.Fatalf("%v: nothing on offer", cases)
		}
		if allocs := allocations(func() { s.writeWeek(&week) }); allocs > 0 {
			t.Errorf("%v: a week takes %v allocations", cases, allocs)
		}
		found := s.earliest()
		s.writeEarliest(&found)
		if allocs := allocations(func() { s.writeEarliest(&found) }); allocs > 0 {
			t.Errorf("%v: a list takes %v allocations", cases, allocs)
		}
	}
}

// TestAnswersDoNotMix asks different questions at the same time: nobody gets a part of
// another's answer, though all are written into memory that goes round.
func TestAnswersDoNotMix(t *testing.T) {
	t.Parallel()
	n := newNational(t, 100)
	ask := func(k int) []byte {
		body := doc{
			"caseIds": []string{[]string{"texas", "second", "plain"}[k%3]}, "includeWaivable": []string{"always", "never"}[k%2],
			"timeZone": nationalZones[k%len(nationalZones)], "slotsPerDay": 1 + k%5,
		}
		if k%4 > 0 {
			return n.do("POST", "/v1/search", body.with("/week", n.monday.String()).String()).is(200, "").body
		}
		return n.do("POST", "/v1/search/earliest", body.with("/slotsPerDay", absent{}, "/limit", 1+k%7).String()).is(200, "").body
	}
	const kinds = 24
	var want [kinds][]byte
	for range 2 { // once offered and on record, an answer is the same each time
		for k := range want {
			want[k] = ask(k)
		}
	}
	var all sync.WaitGroup
	wrong := make(chan string, kinds)
	for k := range kinds {
		all.Go(func() {
			for i := range 12 {
				if got := ask((k + i) % kinds); !bytes.Equal(got, want[(k+i)%kinds]) {
					wrong <- fmt.Sprintf("question %d: %.200s, want %.200s", (k+i)%kinds, got, want[(k+i)%kinds])
					return
				}
			}
		})
	}
	all.Wait()
	close(wrong)
	for text := range wrong {
		t.Error(text)
	}
}

// TestNamesFollowChanges: an answer names a reviewer as the snapshot does, whatever was
// answered before.
func TestNamesFollowChanges(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	for i, change := range []doc{ames, ames.with("/name", "Alexis Ames"), ames.with("/credential", "DO"), ames} {
		w.seed(change)
		for range 2 {
			r := w.do("POST", "/v1/search", deckSearch.String()).is(200, "")
			got := r.at("priorities", 0, "reviewers", 0, "reviewer").(map[string]any)
			if got["id"] != "rev-ames" || got["name"] != change["name"] || got["credential"] != change["credential"] {
				t.Errorf("change %d: %v", i, got)
			}
		}
	}
}
