package bench

import (
	"fmt"
	"io"
	"strconv"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// dayNames are the wire names of weekdays, Monday first.
var dayNames = [7]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// write makes the bodies of both searches.
func (s *Search) write() {
	head := fmt.Appendf(nil, `{"caseIds":%s,"timeZone":%q,"days":%s,"hours":%s`,
		list(s.CaseIDs), s.Query.Zone.Name(), weekdays(s.Query.Ticks.Days), hours(s.Query.Ticks.Hours))
	s.week = fmt.Appendf(nil, `%s,"week":%q}`, head, s.Monday.String())
	s.earliest = fmt.Appendf(nil, `%s,"limit":%d}`, head, earliestLimit)
}

// write makes the body of a hold.
func (c *Claim) write() {
	c.hold = fmt.Appendf(nil, `{"caseIds":[%q],"slot":{"reviewerId":%q,"start":%q},"timeZone":"US/Eastern"}`, c.CaseID, c.ReviewerID, instant(c.Start))
}

// appendBooking appends the body of a booking, with the hold that it uses, if any.
func (c *Claim) appendBooking(dst []byte, holdID string) []byte {
	dst = append(dst, `{"caseIds":["`...)
	dst = append(dst, c.CaseID...)
	dst = append(dst, `"],"slot":{"reviewerId":"`...)
	dst = append(dst, c.ReviewerID...)
	dst = append(dst, `","start":"`...)
	dst = slots.AppendInstant(dst, c.Start, slots.UTC())
	if holdID != "" {
		dst = append(dst, `"},"holdId":"`...)
		dst = append(dst, holdID...)
		dst = append(dst, '"')
	} else {
		dst = append(dst, `"}`...)
	}
	return append(dst, `,"timeZone":"US/Eastern",`+
		`"performedBy":{"role":"requesting_provider","firstName":"Jane","lastName":"Doe","credential":"MD"},`+
		`"contact":{"firstName":"John","lastName":"Doe","location":"provider_office","phone":"+12125550143"}}`...)
}

const cancelBody = `{"reason":"The imaging was sent instead.","by":"provider"}`

// WriteLines writes the world as an import: one {"kind","value"} a line.
func (w *World) WriteLines(out io.Writer) error {
	for i, r := range w.Reviewers {
		if _, err := fmt.Fprintf(out, "{\"kind\":\"reviewer\",\"value\":%s}\n", reviewerJSON(i, r)); err != nil {
			return err
		}
	}
	for _, c := range w.Cases {
		if _, err := fmt.Fprintf(out, "{\"kind\":\"case\",\"value\":%s}\n", caseJSON(c)); err != nil {
			return err
		}
	}
	return nil
}

// reviewerJSON writes what the drawer draws of a reviewer. Every text is a code or
// a name without characters that JSON escapes.
func reviewerJSON(i int, r *matcher.Reviewer) []byte {
	dst := fmt.Appendf(nil, `{"id":%q,"name":%q,"credential":%q,"npi":%q,"specialties":%s,"licenses":[`,
		r.ID, reviewerName(i), r.Credential, r.NPI, list(r.Specialties))
	for j, l := range r.Licenses {
		dst = fmt.Appendf(comma(dst, j), `{"state":%q,"type":%q,"status":%q,"from":%q,"to":%q}`, l.State, l.Type, l.Status, l.From, l.To)
	}
	dst = fmt.Appendf(dst, `],"programs":%s,"populations":%s,"timeZone":%q,"weeklyHours":[`, list(r.Programs), list(r.Populations), r.Zone.Name())
	for j, h := range r.Hours.Weekly {
		dst = fmt.Appendf(comma(dst, j), `{"days":%s,"start":%q,"end":%q}`, weekdays(h.Days), clock(h.Span.Start), clock(h.Span.End))
	}
	dst = append(dst, `],"exceptions":[],"blocks":[`...)
	for j, b := range r.Hours.Blocks {
		dst = fmt.Appendf(comma(dst, j), `{"start":%q,"end":%q}`, instant(b.Start), instant(b.End))
	}
	return fmt.Appendf(dst, `],"bufferBeforeMinutes":0,"bufferAfterMinutes":0,"maxPerDay":0,"active":true}`)
}

// caseJSON writes what the drawer draws of a case.
func caseJSON(c *matcher.Case) []byte {
	dst := fmt.Appendf(nil, `{"id":%q,"member":{"id":%q,"name":%q,"dateOfBirth":%q,"state":%q,"population":%q},`,
		c.ID, memberID, memberName, memberBirth, c.MemberState, c.Population)
	dst = fmt.Appendf(dst, `"healthPlan":%q,"lineOfBusiness":%q,"situsState":%q,"program":%q,"levelOfReview":%q,"phase":%q,"expedited":false,`,
		c.HealthPlan, c.LineOfBusiness, c.SitusState, c.Program, c.LevelOfReview, c.Phase)
	dst = fmt.Appendf(dst, `"determination":{"status":%q,"reason":%q,"letterReceived":%t,"final":false},`,
		c.Determination.Status, c.Determination.Reason, c.Determination.LetterReceived)
	if c.DecisionDue != 0 {
		dst = fmt.Appendf(dst, `"decisionDue":%q,`, instant(c.DecisionDue))
	}
	dst = fmt.Appendf(dst, `"authorizationRequestedAt":%q,`, instant(c.AuthorizationRequestedAt))
	dst = fmt.Appendf(dst, `"providers":{"requesting":{"npi":%q,"firstName":"Jane","lastName":"Doe","credential":%q,"specialty":%q,"phone":"+12125550143","timeZone":%q}},`,
		c.Requesting.NPI, c.Requesting.Credential, c.Requesting.Specialty, c.Requesting.TimeZone)
	return fmt.Appendf(dst, `"service":{"codes":["72148"],"specialty":%q}}`, c.ServiceSpecialty)
}

func instant(t slots.Instant) string { return string(slots.AppendInstant(nil, t, slots.UTC())) }

func clock(t slots.ClockTime) string { return fmt.Sprintf("%02d:%02d", t/60, t%60) }

// list writes a list of texts that need no escapes.
func list(items []string) []byte {
	dst := []byte{'['}
	for i, s := range items {
		dst = strconv.AppendQuote(comma(dst, i), s)
	}
	return append(dst, ']')
}

func weekdays(days slots.Weekdays) []byte {
	var names []string
	for i, name := range dayNames {
		if days&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return list(names)
}

func hours(ticked uint32) []byte {
	dst := []byte{'['}
	for h := range 24 {
		if ticked&(1<<h) != 0 {
			if len(dst) > 1 {
				dst = append(dst, ',')
			}
			dst = strconv.AppendInt(dst, int64(h), 10)
		}
	}
	return append(dst, ']')
}

func comma(dst []byte, i int) []byte {
	if i > 0 {
		return append(dst, ',')
	}
	return dst
}
