package server

import (
	"strconv"
)

// given answers with an appointment, in memory lent by the transport.
func given(status int, out *appointmentOut) answer {
	r := replies.Get().(*replyBuffer)
	r.body = out.write(r.body[:0])
	return answer{status: status, body: r.body, lent: r, version: out.Version}
}

// write appends the appointment as encode writes it. What most bookings do not have goes
// through encode itself.
func (o *appointmentOut) write(dst []byte) []byte {
	dst = quote(append(dst, `{"id":`...), o.ID)
	dst = quote(append(dst, `,"status":`...), o.Status)
	dst = strconv.AppendUint(append(dst, `,"version":`...), o.Version, 10)
	dst = quotes(append(dst, `,"caseIds":`...), o.CaseIDs)
	dst = quote(append(dst, `,"slot":{"reviewerId":`...), o.Slot.ReviewerID)
	dst = quote(append(dst, `,"start":`...), o.Slot.Start)
	dst = quote(append(dst, `},"reviewer":{"id":`...), o.Reviewer.ID)
	dst = quote(append(dst, `,"name":`...), o.Reviewer.Name)
	dst = quote(append(dst, `,"credential":`...), o.Reviewer.Credential)
	dst = quote(append(dst, `},"start":`...), o.Start)
	dst = quote(append(dst, `,"end":`...), o.End)
	dst = quote(append(dst, `,"label":`...), o.Label)
	dst = quote(append(dst, `,"timeZone":`...), o.TimeZone)
	dst = o.writeMatch(dst)
	dst = o.writePeople(dst)
	dst = quotes(append(dst, `,"attestations":`...), o.Attestations)
	dst = rare(append(dst, `,"attested":`...), o.Attested, len(o.Attested) == 0)
	dst = unlessNil(append(dst, `,"attestedBy":`...), o.AttestedBy)
	dst = quote(append(dst, `,"mode":`...), o.Mode)
	dst = quoteOrNull(append(dst, `,"callbackId":`...), o.CallbackID)
	dst = rare(append(dst, `,"windows":`...), o.Windows, len(o.Windows) == 0)
	dst = rare(append(dst, `,"attempts":`...), o.Attempts, len(o.Attempts) == 0)
	dst = quoteOrNull(append(dst, `,"startedAt":`...), o.StartedAt)
	dst = quoteOrNull(append(dst, `,"endedAt":`...), o.EndedAt)
	dst = quoteOrNull(append(dst, `,"outcome":`...), o.Outcome)
	dst = unlessNil(append(dst, `,"report":`...), o.Report)
	dst = unlessNil(append(dst, `,"resultDue":`...), o.ResultDue)
	dst = quoteOrNull(append(dst, `,"noShowBy":`...), o.NoShowBy)
	dst = quoteOrNull(append(dst, `,"follows":`...), o.Follows)
	dst = quoteOrNull(append(dst, `,"followedBy":`...), o.FollowedBy)
	dst = unlessNil(append(dst, `,"cancellation":`...), o.Cancellation)
	dst = quoteOrNull(append(dst, `,"cancelCode":`...), o.CancelCode)
	dst = quote(append(dst, `,"createdAt":`...), o.CreatedAt)
	return append(quote(append(dst, `,"updatedAt":`...), o.UpdatedAt), '}')
}

// writeMatch appends how reviewer and cases match.
func (o *appointmentOut) writeMatch(dst []byte) []byte {
	dst = quote(append(dst, `,"tier":`...), o.Tier)
	dst = quote(append(dst, `,"relation":`...), o.Relation)
	dst = quotes(append(dst, `,"match":{"met":`...), o.Match.Met)
	dst = quotes(append(dst, `,"unmet":`...), o.Match.Unmet)
	dst = quotes(append(dst, `,"rules":`...), o.Match.Rules)
	dst = quote(append(dst, `,"ruleset":`...), o.Match.Ruleset)
	dst = strconv.AppendBool(append(dst, `},"consultativeOnly":`...), o.ConsultativeOnly)
	if len(o.Cases) > 0 {
		dst = append(append(dst, `,"cases":`...), encode(o.Cases)...)
	}
	return dst
}

// writePeople appends who speaks, who asked, and how to reach the office.
func (o *appointmentOut) writePeople(dst []byte) []byte {
	dst = quote(append(dst, `,"performedBy":{"role":`...), o.PerformedBy.Role)
	dst = quote(append(dst, `,"firstName":`...), o.PerformedBy.FirstName)
	dst = quote(append(dst, `,"lastName":`...), o.PerformedBy.LastName)
	dst = quote(append(dst, `,"credential":`...), o.PerformedBy.Credential)
	dst = append(dst, '}')
	if o.Caller != nil {
		dst = append(append(dst, `,"caller":`...), encode(o.Caller)...)
	}
	dst = quote(append(dst, `,"requestedBy":{"firstName":`...), o.RequestedBy.FirstName)
	dst = quote(append(dst, `,"lastName":`...), o.RequestedBy.LastName)
	dst = quote(append(dst, `,"credential":`...), o.RequestedBy.Credential)
	c := &o.Contact
	dst = quote(append(dst, `},"contact":{"firstName":`...), c.FirstName)
	dst = quote(append(dst, `,"lastName":`...), c.LastName)
	dst = quote(append(dst, `,"location":`...), c.Location)
	dst = quote(append(dst, `,"phone":`...), c.Phone)
	dst = quoteOrNull(append(dst, `,"extension":`...), c.Extension)
	dst = quoteOrNull(append(dst, `,"alternatePhone":`...), c.AlternatePhone)
	dst = quoteOrNull(append(dst, `,"alternateExtension":`...), c.AlternateExtension)
	dst = quoteOrNull(append(dst, `,"email":`...), c.Email)
	dst = quoteOrNull(append(dst, `,"fax":`...), c.Fax)
	dst = quoteOrNull(append(dst, `,"instructions":`...), c.Instructions)
	dst = quote(append(dst, `,"notify":`...), c.Notify)
	n := &o.CallNotes
	dst = strconv.AppendBool(append(dst, `},"callNotes":{"alternativeRecommendationDeclined":`...), n.AlternativeRecommendationDeclined)
	dst = quoteOrNull(append(dst, `,"procedurePerformedOn":`...), n.ProcedurePerformedOn)
	return append(strconv.AppendBool(append(dst, `,"specialtyMatchRequested":`...), n.SpecialtyMatchRequested), '}')
}

func quoteOrNull(dst []byte, s *string) []byte {
	if s == nil {
		return append(dst, "null"...)
	}
	return quote(dst, *s)
}

// rare appends a list that is empty most of the time.
func rare(dst []byte, list any, empty bool) []byte {
	if empty {
		return append(dst, "[]"...)
	}
	return append(dst, encode(list)...)
}

// unlessNil appends an object that is absent most of the time.
func unlessNil[T any](dst []byte, p *T) []byte {
	if p == nil {
		return append(dst, "null"...)
	}
	return append(dst, encode(p)...)
}
