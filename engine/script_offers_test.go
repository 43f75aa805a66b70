package engine_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

func init() {
	// offer CASE answer=TEXT [slots=(REVIEWER@HH:MM, …)] [codes=(…)]
	scriptCommands["offer"] = func(s *script, t *testing.T, d *datadriven.TestData) string {
		p := engine.RecordOffer{
			CaseID: d.CmdArgs[0].Key, Digest: sha256.Sum256([]byte(textOf(t, d, "answer", "an answer"))), Mode: "slot",
			AsOf: s.engine.Snapshot().Seq(), Ruleset: s.engine.Snapshot().Rules().Version(),
			Range: slots.Interval{Start: s.engine.Now(), End: s.engine.Now() + slots.Hour}, Codes: listOf(d, "codes"),
		}
		if d.HasArg("blank") {
			p.Digest = [32]byte{}
		}
		for _, of := range listOf(d, "slots") {
			reviewer, at, _ := strings.Cut(of, "@")
			p.Triples = append(p.Triples, engine.OfferedSlot{ReviewerID: reviewer, Start: parseClock(t, at), Tier: matcher.TierFull})
		}
		return s.submit(t, d, p)
	}
	// records [CASE] [from=HH:MM] [to=HH:MM]: the proof of what was offered
	scriptCommands["records"] = func(s *script, t *testing.T, d *datadriven.TestData) string {
		caseID := ""
		if len(d.CmdArgs) > 0 && len(d.CmdArgs[0].Vals) == 0 {
			caseID = d.CmdArgs[0].Key
		}
		var from, to slots.Instant
		if d.HasArg("from") {
			from = parseClock(t, textOf(t, d, "from", ""))
		}
		if d.HasArg("to") {
			to = parseClock(t, textOf(t, d, "to", ""))
		}
		var b strings.Builder
		err := s.engine.OfferRecords(enginetest.Tenant, caseID, from, to, func(r engine.OfferRecord) bool {
			printRecord(&b, &r)
			return true
		})
		if err != nil {
			return err.Error() + "\n"
		}
		return b.String()
	}
	// events [after=SEQ] [limit=N]
	scriptCommands["events"] = func(s *script, t *testing.T, d *datadriven.TestData) string {
		after, limit := uint64(0), 100
		d.MaybeScanArgs(t, "after", &after)
		d.MaybeScanArgs(t, "limit", &limit)
		var b strings.Builder
		_, err := s.engine.Events(enginetest.Tenant, engine.Seq(after), limit, func(r *engine.Change) bool {
			fmt.Fprintf(&b, "%d %s by %s %v\n", r.Seq, r.Kind, r.Actor.Principal, r.Objects)
			return true
		})
		if err != nil {
			return err.Error() + "\n"
		}
		return b.String()
	}
}

func printRecord(b *strings.Builder, r *engine.OfferRecord) {
	fmt.Fprintf(b, "%d %s %s %s by %s", r.Seq, clockOf(r.At), r.CaseID, r.Kind, r.Actor.Principal)
	for _, o := range r.Offers {
		fmt.Fprintf(b, " %s@%s(%s)", o.ReviewerID, clockOf(o.Start), o.Tier)
	}
	for _, code := range slices.Sorted(slices.Values(r.Codes)) {
		fmt.Fprintf(b, " %s", code)
	}
	if r.ReviewerID != "" {
		fmt.Fprintf(b, " %s@%s(%s)", r.ReviewerID, clockOf(r.Start), r.Tier)
	}
	for _, part := range []string{r.AppointmentID, r.Outcome, r.Detail} {
		if part != "" {
			fmt.Fprintf(b, " %s", part)
		}
	}
	b.WriteByte('\n')
}
