package engine

import (
	"strings"
	"testing"
)

// TestNoteBytes: what is noted of a call that settling moves or ends takes no more than settling counts for it.
func TestNoteBytes(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("x", MaxIDBytes)
	f := &noteOffer{record: OfferRecord{
		CaseID: id, Kind: OfferCancelled, Ruleset: id, Mode: ModeCallback, AppointmentID: id, ReviewerID: id,
		Start: 1 << 40, Outcome: "overturned", Detail: CancelBookedOtherwise,
	}}
	c := encoder(nil)
	f.fields(c)
	if c.err != nil || len(c.out) > noteBytes {
		t.Errorf("%d bytes, counted as %d: %v", len(c.out), noteBytes, c.err)
	}
}
