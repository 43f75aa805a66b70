package engine

func (p *CreateCallback) admit() (detail string, ok bool) {
	switch {
	case !validID(p.ID), !validID(p.AppointmentID), !validIDs(p.CaseIDs):
		return "id", false
	case len(p.Windows) > MaxWindows:
		return "windows", false
	}
	return "", true
}

func (p *RecordOffer) admit() (detail string, ok bool) {
	switch {
	case !validID(p.CaseID):
		return "id", false
	case p.Digest == [32]byte{}:
		return "digest", false
	case len(p.Triples) > MaxOffers:
		return "offers", false
	case len(p.Windows) > MaxWindows:
		return "windows", false
	}
	for i := range p.Triples {
		if !validID(p.Triples[i].ReviewerID) {
			return "offers", false
		}
	}
	return "", true
}
