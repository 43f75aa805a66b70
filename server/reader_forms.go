package server

// The forms that the reader knows, member by member.

func (in *searchIn) needs() int { return 2 }

func (in *searchIn) member(r *reader, name []byte) int {
	switch string(name) {
	case "caseIds":
		return needed(r, 1, &in.CaseIDs, (*reader).strings)
	case "timeZone":
		return needed(r, 2, &in.TimeZone, (*reader).string)
	case "days":
		return allowed(r, 3, &in.Days, (*reader).strings)
	case "hours":
		return allowed(r, 4, &in.Hours, (*reader).integers)
	case "specialtyMatchRequested":
		return allowed(r, 5, &in.SpecialtyMatchRequested, (*reader).truth)
	case "includeWaivable":
		return allowed(r, 6, &in.IncludeWaivable, (*reader).string)
	}
	return 0
}

func (in *weekIn) member(r *reader, name []byte) int {
	switch string(name) {
	case "week":
		return allowed(r, 7, &in.Week, (*reader).string)
	case "reviewersPerPriority":
		return allowed(r, 8, &in.ReviewersPerPriority, (*reader).integer)
	case "slotsPerDay":
		return allowed(r, 9, &in.SlotsPerDay, (*reader).integer)
	}
	return in.searchIn.member(r, name)
}

func (in *earliestIn) member(r *reader, name []byte) int {
	switch string(name) {
	case "from":
		return allowed(r, 7, &in.From, (*reader).string)
	case "to":
		return allowed(r, 8, &in.To, (*reader).string)
	case "limit":
		return allowed(r, 9, &in.Limit, (*reader).integer)
	}
	return in.searchIn.member(r, name)
}

func (in *slotIn) needs() int { return 2 }

func (in *slotIn) member(r *reader, name []byte) int {
	switch string(name) {
	case "reviewerId":
		return needed(r, 1, &in.ReviewerID, (*reader).string)
	case "start":
		return needed(r, 2, &in.Start, (*reader).string)
	}
	return 0
}

func (in *holdIn) needs() int { return 2 }

func (in *holdIn) member(r *reader, name []byte) int {
	switch string(name) {
	case "caseIds":
		return needed(r, 1, &in.CaseIDs, (*reader).strings)
	case "slot":
		return needed(r, 2, &in.Slot, nested[slotIn])
	case "timeZone":
		return allowed(r, 3, &in.TimeZone, (*reader).string)
	case "specialtyMatchRequested":
		return allowed(r, 4, &in.SpecialtyMatchRequested, (*reader).truth)
	}
	return 0
}

func (in *bookingIn) needs() int { return 5 }

func (in *bookingIn) member(r *reader, name []byte) int {
	switch string(name) {
	case "caseIds":
		return needed(r, 1, &in.CaseIDs, (*reader).strings)
	case "slot":
		return needed(r, 2, &in.Slot, nested[slotIn])
	case "holdId":
		return allowed(r, 3, &in.HoldID, (*reader).string)
	case "timeZone":
		return needed(r, 4, &in.TimeZone, (*reader).string)
	case "performedBy":
		return needed(r, 5, &in.PerformedBy, nested[performerIn])
	case "requestedBy":
		return allowed(r, 6, &in.RequestedBy, nested[personIn])
	case "contact":
		return needed(r, 7, &in.Contact, nested[contactIn])
	case "callNotes":
		return allowed(r, 8, &in.CallNotes, nested[callNotesIn])
	case "attestations":
		return allowed(r, 9, &in.Attestations, (*reader).strings)
	case "attestedBy":
		return allowed(r, 10, &in.AttestedBy, nested[attesterIn])
	case "expect":
		return allowed(r, 11, &in.Expect, nested[expectIn])
	}
	return 0
}

func (in *personIn) needs() int { return 3 }

func (in *personIn) member(r *reader, name []byte) int {
	switch string(name) {
	case "firstName":
		return needed(r, 1, &in.FirstName, (*reader).string)
	case "lastName":
		return needed(r, 2, &in.LastName, (*reader).string)
	case "credential":
		return needed(r, 3, &in.Credential, (*reader).string)
	}
	return 0
}

func (in *performerIn) needs() int { return 1 + in.personIn.needs() }

func (in *performerIn) member(r *reader, name []byte) int {
	if string(name) == "role" {
		return needed(r, 4, &in.Role, (*reader).string)
	}
	return in.personIn.member(r, name)
}

func (in *contactIn) needs() int { return 4 }

func (in *contactIn) member(r *reader, name []byte) int {
	switch string(name) {
	case "firstName":
		return needed(r, 1, &in.FirstName, (*reader).string)
	case "lastName":
		return needed(r, 2, &in.LastName, (*reader).string)
	case "location":
		return needed(r, 3, &in.Location, (*reader).string)
	case "phone":
		return needed(r, 4, &in.Phone, (*reader).string)
	case "extension":
		return allowed(r, 5, &in.Extension, (*reader).string)
	case "alternatePhone":
		return allowed(r, 6, &in.AlternatePhone, (*reader).string)
	case "alternateExtension":
		return allowed(r, 7, &in.AlternateExtension, (*reader).string)
	case "email":
		return allowed(r, 8, &in.Email, (*reader).string)
	case "fax":
		return allowed(r, 9, &in.Fax, (*reader).string)
	case "instructions":
		return allowed(r, 10, &in.Instructions, (*reader).string)
	case "notify":
		return allowed(r, 11, &in.Notify, (*reader).string)
	}
	return 0
}

func (in *callNotesIn) needs() int { return 0 }

func (in *callNotesIn) member(r *reader, name []byte) int {
	switch string(name) {
	case "alternativeRecommendationDeclined":
		return allowed(r, 1, &in.AlternativeRecommendationDeclined, (*reader).truth)
	case "procedurePerformedOn":
		return allowed(r, 2, &in.ProcedurePerformedOn, (*reader).string)
	case "specialtyMatchRequested":
		return allowed(r, 3, &in.SpecialtyMatchRequested, (*reader).truth)
	}
	return 0
}

func (in *attesterIn) needs() int { return 2 }

func (in *attesterIn) member(r *reader, name []byte) int {
	switch string(name) {
	case "name":
		return needed(r, 1, &in.Name, (*reader).string)
	case "role":
		return needed(r, 2, &in.Role, (*reader).string)
	}
	return 0
}

func (in *expectIn) needs() int { return 0 }

func (in *expectIn) member(r *reader, name []byte) int {
	switch string(name) {
	case "tier":
		return allowed(r, 1, &in.Tier, (*reader).string)
	case "ruleset":
		return allowed(r, 2, &in.Ruleset, (*reader).string)
	}
	return 0
}
