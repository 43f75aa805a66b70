package server

import (
	"strconv"
	"sync"

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
	told *slots.Zone      // of the answer before
	// days write times, each those of one day in turn, for an answer comes back to its days
	// with every reviewer.
	days  [8]dayWriter
	names [][]byte // of the reviewers of the priority at hand
	// plain: every start is spelled out, and not made of what its day has in common.
	plain bool
}

// offerWriters go from request to request, with what days have in common.
var offerWriters = sync.Pool{New: func() any { return new(offerWriter) }}

// offerWriter returns a writer for the answer of a call. It is put back by done.
func (c *call) offerWriter(zone *slots.Zone) *offerWriter {
	w := offerWriters.Get().(*offerWriter)
	w.call, w.snap, w.zone, w.plain = c, c.snap, zone, false
	return w
}

// done gives the writer back.
func (w *offerWriter) done() {
	w.call, w.snap = nil, nil
	clear(w.names)
	offerWriters.Put(w)
}

// begin is called before an answer of which every part follows the one before in one buffer.
func (w *offerWriter) begin() {
	same := w.told == w.zone
	for i := range w.days {
		w.days[i].begin(same, w.plain)
	}
	w.told = w.zone
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
	w.begin()
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
	w.begin()
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
	dst = word(dst, p.Tier.String())
	dst = append(dst, `,"unmet":`...)
	dst = quotes(dst, p.Unmet.Codes())
	dst = append(dst, `,"attestations":`...)
	dst = quotes(dst, p.Attestations)
	dst = append(dst, `,"moreReviewers":`...)
	dst = strconv.AppendBool(dst, p.MoreReviewers)
	dst = append(dst, `,"reviewers":[`...)
	w.names = w.names[:0]
	for i := range p.Reviewers { // all at once: each comes from memory that is seldom in a cache
		w.names = append(w.names, w.call.server.named.of(p.Reviewers[i].Reviewer, w))
	}
	for i := range p.Reviewers {
		dst = comma(dst, i)
		dst = w.reviewer(dst, p, &p.Reviewers[i], w.names[i])
	}
	return append(dst, ']', '}')
}

func (w *offerWriter) reviewer(dst []byte, p *matcher.Priority, r *matcher.ReviewerOffers, name []byte) []byte {
	dst = append(dst, `{"reviewer":`...)
	dst = append(dst, name...)
	dst = append(dst, `,"relation":`...)
	dst = word(dst, r.Relation.String())
	dst = append(dst, `,"days":[`...)
	for i := range r.Days {
		dst = w.day(dst, p, &r.Days[i], &w.days[i])
		dst = append(dst, ',')
	}
	dst[len(dst)-1] = ']'
	return append(dst, '}')
}

func (w *offerWriter) day(dst []byte, p *matcher.Priority, day *matcher.DayOffers, times *dayWriter) []byte {
	dst = times.appendHead(dst, day.Date)
	for j := range day.Slots {
		s := &day.Slots[j]
		dst = times.appendStart(dst, s, w.zone)
		if s.Cases != nil {
			dst = w.cases(dst, s)
		}
		if s.Unmet != p.Unmet || len(s.Attestations) != len(p.Attestations) { // the priority's is the union
			dst = w.own(dst, s)
		}
		dst = append(dst, '}', ',')
	}
	if len(day.Slots) > 0 {
		dst = dst[:len(dst)-1]
	}
	dst = append(dst, `],"more":`...)
	return append(count(dst, day.More), '}')
}

// count appends a number that is seldom large.
func count(dst []byte, n int) []byte {
	switch {
	case 0 <= n && n < 10:
		return append(dst, '0'+byte(n))
	case 10 <= n && n < 100:
		return append(dst, '0'+byte(n/10), '0'+byte(n%10))
	}
	return strconv.AppendInt(dst, int64(n), 10)
}

// own appends what a slot needs where it differs from what its priority says.
func (w *offerWriter) own(dst []byte, s *matcher.SlotOffer) []byte {
	dst = append(dst, `,"unmet":`...)
	dst = quotes(dst, s.Unmet.Codes())
	dst = append(dst, `,"attestations":`...)
	return quotes(dst, s.Attestations)
}

// slot appends the members of a start, behind the brace that opens it.
func (w *offerWriter) slot(dst []byte, day *dayWriter, s *matcher.SlotOffer) []byte {
	dst = day.appendStart(dst, s, w.zone)
	if s.Cases == nil {
		return dst
	}
	return w.cases(dst, s)
}

// cases appends what each case says of a start where they differ.
func (w *offerWriter) cases(dst []byte, s *matcher.SlotOffer) []byte {
	dst = append(dst, `,"cases":[`...)
	for i := range s.Cases {
		j := &s.Cases[i]
		dst = comma(dst, i)
		dst = append(dst, `{"caseId":`...)
		dst = quote(dst, j.CaseID)
		dst = append(dst, `,"tier":`...)
		dst = word(dst, j.Tier.String())
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
	dst = w.slot(dst, w.dayOf(o.Start), &o.SlotOffer)
	dst = append(dst, `,"reviewer":`...)
	dst = w.name(dst, o.Reviewer)
	dst = append(dst, `,"relation":`...)
	dst = word(dst, o.Relation.String())
	dst = append(dst, `,"priority":`...)
	dst = strconv.AppendInt(dst, int64(o.Priority), 10)
	dst = append(dst, `,"tier":`...)
	dst = word(dst, o.Tier.String())
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

// word appends one of the wire's own words as a JSON string.
func word(dst []byte, s string) []byte {
	return append(append(append(dst, '"'), s...), '"')
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
