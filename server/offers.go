package server

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// offerWriter appends one answer of a search to a buffer. They are the largest
// and most frequent answers, so they are written by hand; the shape is that of
// the served document, which tests hold them to.
type offerWriter struct {
	call *call
	snap *engine.Snapshot // of the answer: names are read from it
	zone *slots.Zone      // of the times and labels
	// days write times, each those of one day in turn, for an answer comes back to its days
	// with every reviewer.
	days [8]dayWriter
	// plain: every start is spelled out, and not made of what its day has in common.
	plain bool
}

// dayOf returns the writer for a day, in UTC: nearly that of the local day.
func (w *offerWriter) dayOf(t slots.Instant) *dayWriter {
	return &w.days[uint64(t/(24*slots.Hour))%uint64(len(w.days))]
}

// ordinals name the priorities; there are as many as tiers.
var ordinals = [...]string{"1st", "2nd", "3rd", "4th", "5th", "6th"}

func priorityLabel(number int) string { return ordinals[number-1] + " Priority by Skill" }

// week appends the week grid.
func (w *offerWriter) week(dst []byte, week *matcher.WeekAnswer, minutes int) []byte {
	dst = append(dst, `{"week":{"start":"`...)
	dst = slots.AppendDate(dst, week.Monday)
	dst = append(dst, `","end":"`...)
	dst = slots.AppendDate(dst, week.Monday.AddDays(6))
	dst = append(dst, `"},`...)
	dst = w.head(dst, minutes)
	dst = append(dst, `,"priorities":[`...)
	for i := range week.Priorities {
		dst = comma(dst, i)
		dst = w.priority(dst, &week.Priorities[i])
	}
	dst = append(dst, `],"explanation":`...)
	dst = w.explanation(dst, &week.Explanation)
	return append(dst, '}')
}

// earliest appends the flat list.
func (w *offerWriter) earliest(dst []byte, found *matcher.OffersAnswer, minutes int) []byte {
	dst = append(dst, '{')
	dst = w.head(dst, minutes)
	dst = append(dst, `,"offers":`...)
	dst = w.offers(dst, found.Offers)
	dst = append(dst, `,"explanation":`...)
	dst = w.explanation(dst, &found.Explanation)
	return append(dst, '}')
}

// head appends what both answers say of themselves.
func (w *offerWriter) head(dst []byte, minutes int) []byte {
	dst = append(dst, `"timeZone":`...)
	dst = quote(dst, w.zone.Name())
	dst = append(dst, `,"slotMinutes":`...)
	dst = strconv.AppendInt(dst, int64(minutes), 10)
	dst = append(dst, `,"asOf":`...)
	dst = strconv.AppendUint(dst, uint64(w.snap.Seq()), 10)
	dst = append(dst, `,"ruleset":`...)
	return quote(dst, w.snap.Rules().Version())
}

func (w *offerWriter) priority(dst []byte, p *matcher.Priority) []byte {
	dst = append(dst, `{"priority":`...)
	dst = strconv.AppendInt(dst, int64(p.Number), 10)
	dst = append(dst, `,"label":`...)
	dst = quote(dst, priorityLabel(p.Number))
	dst = append(dst, `,"tier":`...)
	dst = quote(dst, p.Tier.String())
	dst = append(dst, `,"unmet":`...)
	dst = quotes(dst, p.Unmet.Codes())
	dst = append(dst, `,"attestations":`...)
	dst = quotes(dst, p.Attestations)
	dst = append(dst, `,"moreReviewers":`...)
	dst = strconv.AppendBool(dst, p.MoreReviewers)
	dst = append(dst, `,"reviewers":[`...)
	for i := range p.Reviewers {
		dst = comma(dst, i)
		dst = w.reviewer(dst, p, &p.Reviewers[i])
	}
	return append(dst, ']', '}')
}

func (w *offerWriter) reviewer(dst []byte, p *matcher.Priority, r *matcher.ReviewerOffers) []byte {
	dst = append(dst, `{"reviewer":`...)
	dst = w.name(dst, r.Reviewer)
	dst = append(dst, `,"relation":`...)
	dst = quote(dst, r.Relation.String())
	dst = append(dst, `,"days":[`...)
	for i := range r.Days {
		day := &r.Days[i]
		dst = comma(dst, i)
		dst = w.days[i].appendHead(dst, day.Date)
		for j := range day.Slots {
			dst = comma(dst, j)
			dst = w.slot(append(dst, '{'), &w.days[i], &day.Slots[j])
			dst = w.own(dst, p, &day.Slots[j])
			dst = append(dst, '}')
		}
		dst = append(dst, `],"more":`...)
		dst = strconv.AppendInt(dst, int64(day.More), 10)
		dst = append(dst, '}')
	}
	return append(dst, ']', '}')
}

// own appends what a slot needs where it differs from what its priority says.
func (w *offerWriter) own(dst []byte, p *matcher.Priority, s *matcher.SlotOffer) []byte {
	if s.Unmet == p.Unmet && len(s.Attestations) == len(p.Attestations) { // the priority's is the union
		return dst
	}
	dst = append(dst, `,"unmet":`...)
	dst = quotes(dst, s.Unmet.Codes())
	dst = append(dst, `,"attestations":`...)
	return quotes(dst, s.Attestations)
}

// slot appends the members of a start, without braces.
func (w *offerWriter) slot(dst []byte, day *dayWriter, s *matcher.SlotOffer) []byte {
	if w.plain {
		dst = day.spell(dst, s, w.zone)
	} else {
		dst = day.appendTimes(dst, s, w.zone)
	}
	if s.Consultative {
		dst = append(dst, `","consultativeOnly":true`...)
	} else {
		dst = append(dst, `","consultativeOnly":false`...)
	}
	if s.Late {
		dst = append(dst, `,"late":true`...)
	}
	if s.Cases == nil {
		return dst
	}
	dst = append(dst, `,"cases":[`...)
	for i := range s.Cases {
		j := &s.Cases[i]
		dst = comma(dst, i)
		dst = append(dst, `{"caseId":`...)
		dst = quote(dst, j.CaseID)
		dst = append(dst, `,"tier":`...)
		dst = quote(dst, j.Tier.String())
		dst = append(dst, `,"unmet":`...)
		dst = quotes(dst, j.Unmet.Codes())
		dst = append(dst, `,"consultativeOnly":`...)
		dst = strconv.AppendBool(dst, j.Consultative)
		if j.Late {
			dst = append(dst, `,"late":true`...)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

// offers appends a list of offers.
func (w *offerWriter) offers(dst []byte, list []matcher.Offer) []byte {
	dst = append(dst, '[')
	for i := range list {
		dst = comma(dst, i)
		dst = w.offer(dst, &list[i])
	}
	return append(dst, ']')
}

func (w *offerWriter) offer(dst []byte, o *matcher.Offer) []byte {
	dst = w.slot(append(dst, '{'), w.dayOf(o.Start), &o.SlotOffer)
	dst = append(dst, `,"reviewer":`...)
	dst = w.name(dst, o.Reviewer)
	dst = append(dst, `,"relation":`...)
	dst = quote(dst, o.Relation.String())
	dst = append(dst, `,"priority":`...)
	dst = strconv.AppendInt(dst, int64(o.Priority), 10)
	dst = append(dst, `,"tier":`...)
	dst = quote(dst, o.Tier.String())
	dst = append(dst, `,"unmet":`...)
	dst = quotes(dst, o.Unmet.Codes())
	dst = append(dst, `,"attestations":`...)
	dst = quotes(dst, o.Attestations)
	return append(dst, '}')
}

// name appends who the reviewer is, as a requester may know it.
func (w *offerWriter) name(dst []byte, r *matcher.Reviewer) []byte {
	return append(dst, w.call.server.named.of(r, w)...)
}

// document makes what an answer says of a reviewer.
func (w *offerWriter) document(r *matcher.Reviewer) []byte {
	name := ""
	if entry, found := w.snap.Reviewer(r.Tenant, r.ID); found {
		name = w.call.reviewerName(r.ID, entry.Personal)
	}
	dst := quote([]byte(`{"id":`), r.ID)
	dst = append(dst, `,"name":`...)
	dst = quote(dst, name)
	dst = append(dst, `,"credential":`...)
	dst = quote(dst, r.Credential)
	return append(dst, '}')
}

func (w *offerWriter) explanation(dst []byte, e *matcher.Explanation) []byte {
	dst = append(dst, `{"offered":`...)
	dst = strconv.AppendInt(dst, int64(e.Offered), 10)
	dst = append(dst, `,"nothingBecause":[`...)
	for i := range e.NothingBecause {
		b := &e.NothingBecause[i]
		dst = comma(dst, i)
		dst = append(dst, `{"code":`...)
		dst = quote(dst, b.Code)
		dst = append(dst, `,"rule":`...)
		dst = quote(dst, b.Rule)
		dst = append(dst, `,"detail":`...)
		dst = quoteText(dst, b.Detail)
		dst = append(dst, '}')
	}
	dst = append(dst, `],"unlock":[`...)
	for i := range e.Unlock {
		u := &e.Unlock[i]
		dst = comma(dst, i)
		dst = append(dst, `{"kind":`...)
		dst = quote(dst, u.Kind)
		dst = append(dst, `,"value":`...)
		dst = quote(dst, u.Value)
		dst = append(dst, `,"slots":`...)
		dst = strconv.AppendInt(dst, int64(u.Slots), 10)
		dst = append(dst, `,"earliest":"`...)
		dst = slots.AppendInstant(dst, u.Earliest, w.zone)
		dst = append(dst, '"')
		if u.Rule != "" {
			dst = append(dst, `,"rule":`...)
			dst = quote(dst, u.Rule)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']', '}')
}

// comma separates list items.
func comma(dst []byte, i int) []byte {
	if i > 0 {
		return append(dst, ',')
	}
	return dst
}

// quote appends a JSON string. Everything that is answered was valid UTF-8 when
// it was taken.
func quote(dst []byte, s string) []byte {
	if plainText(s) {
		return append(append(append(dst, '"'), s...), '"')
	}
	dst, err := jsontext.AppendQuote(dst, s)
	if err != nil {
		panic("server: text of an answer is not UTF-8")
	}
	return dst
}

// quoteText is quote for a text of an answer.
func quoteText(dst []byte, t matcher.Text) []byte {
	dst, err := jsontext.AppendQuote(dst, t)
	if err != nil {
		panic("server: text of an answer is not UTF-8")
	}
	return dst
}

// plainText reports whether a JSON string is s between quotation marks.
func plainText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func quotes(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		dst = quote(comma(dst, i), s)
	}
	return append(dst, ']')
}
