package server

import (
	"fmt"
	"strings"
	"testing"
)

func newDeck(t testing.TB) *world {
	t.Helper()
	w := newWorld(t, deckNow)
	w.seed(ames, brook, winter, summer)
	return w
}

// grid writes a week answer like the deck's screen: a line per reviewer and day.
func (r reply) grid() string {
	r.t.Helper()
	var b strings.Builder
	for _, p := range r.json()["priorities"].([]any) {
		priority := p.(map[string]any)
		fmt.Fprintf(&b, "%s (%s)\n", priority["label"], priority["tier"])
		for _, o := range priority["reviewers"].([]any) {
			offers := o.(map[string]any)
			fmt.Fprintf(&b, "  %s %s\n", offers["reviewer"].(map[string]any)["name"], offers["relation"])
			for _, d := range offers["days"].([]any) {
				day := d.(map[string]any)
				var labels []string
				for _, s := range day["slots"].([]any) {
					labels = append(labels, s.(map[string]any)["label"].(string))
				}
				if len(labels) > 0 || day["more"].(float64) > 0 {
					fmt.Fprintf(&b, "    %s %s more %v\n", day["date"], strings.Join(labels, ", "), day["more"])
				}
			}
		}
	}
	return b.String()
}

// TestDeckScreen is the screen of the tool that this product follows, cell by cell.
func TestDeckScreen(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	r := w.do("POST", "/v1/search", deckSearch.String()).is(200, "")
	want := `1st Priority by Skill (full)
  Alex Ames same_subspecialty
    2020-05-18 6:15 pm EDT, 6:30 pm EDT, 6:45 pm EDT more 0
  Bo Brook same
    2020-05-18 3:30 pm EDT, 3:45 pm EDT, 4:00 pm EDT, 4:15 pm EDT more 2
    2020-05-19 2:00 pm EDT, 2:15 pm EDT, 2:30 pm EDT, 2:45 pm EDT more 4
    2020-05-20 4:15 pm EDT, 4:30 pm EDT, 4:45 pm EDT, 5:00 pm EDT more 3
    2020-05-21 3:15 pm EDT, 3:30 pm EDT, 3:45 pm EDT, 4:00 pm EDT more 5
`
	if got := r.grid(); got != want {
		t.Errorf("grid\n%swant\n%s", got, want)
	}
	if r.at("week", "start") != "2020-05-18" || r.at("week", "end") != "2020-05-24" || r.at("slotMinutes") != 15.0 ||
		r.at("timeZone") != "US/Eastern" || r.at("explanation", "offered") != 19.0 {
		t.Errorf("head of %s", r.body)
	}
	slot := r.at("priorities", 0, "reviewers", 0, "days", 0, "slots", 0).(map[string]any)
	if slot["start"] != "2020-05-18T18:15:00-04:00" || slot["end"] != "2020-05-18T18:30:00-04:00" || slot["consultativeOnly"] != false {
		t.Errorf("slot %v", slot)
	}
	if n := len(r.at("priorities", 0, "reviewers", 1, "days").([]any)); n != 7 {
		t.Errorf("%d days", n)
	}
}

// TestDeckStory books two cases, repeats itself, is refused to others, moves and cancels.
func TestDeckStory(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	body := deckBooking.with("/caseIds", []string{"1004567", "1004568"}).String()
	first := w.do("POST", "/v1/appointments", body, "Idempotency-Key", "k-1").is(201, "")
	if first.header.Get("Idempotent-Replayed") != "" || first.header.Get("ETag") != `"1"` {
		t.Errorf("headers %v", first.header)
	}
	for field, want := range map[string]any{
		"status": "booked", "start": "2020-05-18T18:30:00-04:00", "end": "2020-05-18T18:45:00-04:00",
		"label": "6:30 pm EDT", "tier": "full", "relation": "same_subspecialty", "consultativeOnly": false, "version": 1.0,
	} {
		if got := first.at(field); got != want {
			t.Errorf("%s = %v, want %v", field, got, want)
		}
	}
	if first.at("reviewer", "name") != "Alex Ames" || first.at("contact", "notify") != "email" ||
		first.at("requestedBy", "lastName") != "Doe" || first.at("cases") != nil {
		t.Errorf("booked %s", first.body)
	}
	id := first.text("id")
	w.taken(t)
	moved := w.post("/v1/appointments/"+id+"/reschedule", `{"slot":{"reviewerId":"rev-brook","start":"2020-05-19T14:15:00-04:00"}}`).is(200, "")
	if moved.at("version") != 2.0 || moved.at("id") != id || moved.at("reviewer", "name") != "Bo Brook" || moved.at("relation") != "same" {
		t.Errorf("moved %s", moved.body)
	}
	again := w.do("POST", "/v1/appointments", body, "Idempotency-Key", "k-1").is(201, "")
	if string(again.body) != string(first.body) || again.header.Get("Idempotent-Replayed") != "true" || again.header.Get("ETag") != `"1"` {
		t.Errorf("repeated %s\nfirst %s", again.body, first.body)
	}
	w.post("/v1/appointments/"+id+"/cancel", `{"reason":"  Patient withdrew ","by":"provider"}`).is(200, "")
	got := w.get("/v1/appointments/"+id).is(200, "")
	if got.at("status") != "cancelled" || got.at("cancellation", "reason") != "Patient withdrew" || got.at("version") != 3.0 {
		t.Errorf("cancelled %s", got.body)
	}
	free := w.do("POST", "/v1/search", deckSearch.String()).is(200, "")
	if free.at("explanation", "offered") != 19.0 {
		t.Errorf("after the cancellation %s", free.grid())
	}
}

// taken checks what the second taker of the deck's slot gets.
func (w *world) taken(t *testing.T) {
	t.Helper()
	w.seed(winter.with("/id", "2", "/authorizationNumber", nil))
	r := w.post("/v1/appointments", deckBooking.with("/caseIds", []string{"2"}).String()).is(409, "slot_taken")
	var labels []string
	for _, o := range r.json()["alternatives"].([]any) {
		offer := o.(map[string]any)
		labels = append(labels, offer["label"].(string)+" "+offer["tier"].(string))
	}
	const want = "6:15 pm EDT full, 6:45 pm EDT full, 4:45 pm EDT full, 4:30 pm EDT full, 4:15 pm EDT full"
	if got := strings.Join(labels, ", "); got != want {
		t.Errorf("alternatives %s, want %s", got, want)
	}
	w.post("/v1/appointments", deckBooking.with("/slot/start", "2020-05-18T18:15:00-04:00").String()).is(409, "case_already_scheduled")
}
