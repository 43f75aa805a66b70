package demo

// DeckStart is the instant at which the deck demo's sandbox clock starts: a
// Friday morning, so that "next week" is the week on screen.
const DeckStart = "2020-05-15T09:00:00-04:00"

// Ids of the deck demo.
const (
	DeckCase       = "1004567"
	DeckSecondCase = "1004568"
	DeckBirthDate  = "1982-06-28" // of the first case's member
)

// Deck returns a week with two reviewers for a spine surgery case: one of the
// case's own subspecialty, free only on Monday from 6:15 to 7:00 pm Eastern,
// and a general orthopaedist, free every afternoon.
func Deck() []Line {
	spine := deckReviewer("rev-ames", "Alex Ames", "1234567893", "207XS0117X",
		weekly{Days: []string{"mon"}, Start: "18:15", End: "19:00"})
	general := deckReviewer("rev-bryce", "Bailey Bryce", npi(1), "207X00000X",
		weekly{Days: []string{"mon"}, Start: "15:30", End: "18:00"},
		weekly{Days: []string{"tue"}, Start: "14:00", End: "18:00"},
		weekly{Days: []string{"wed"}, Start: "16:15", End: "19:00"},
		weekly{Days: []string{"thu"}, Start: "15:15", End: "18:30"},
		weekly{Days: []string{"fri"}, Start: "09:00", End: "17:00"})
	return []Line{
		reviewerLine(spine), reviewerLine(general),
		caseLine(deckCase(DeckCase, "M-1", "Jordan Winter", DeckBirthDate)),
		caseLine(deckCase(DeckSecondCase, "M-2", "Robin Sommer", "1975-02-11")),
	}
}

func deckReviewer(id, name, number, specialty string, hours ...weekly) reviewer {
	return reviewer{
		ID: id, Name: name, Credential: "MD", NPI: number, Specialties: []string{specialty},
		Licenses:    []license{{State: "MA", Type: "full", Status: "active", From: "2012-01-01", To: "2026-12-31"}},
		Programs:    []string{"msk-spine-surgery"},
		Populations: []string{"adult"}, TimeZone: "America/New_York", WeeklyHours: hours, Active: true,
	}
}

func deckCase(id, memberID, name, birthDate string) clinicalCase {
	c := clinicalCase{
		ID: id, EpisodeID: "E-" + id[len(id)-2:],
		Member:     member{ID: memberID, Name: name, DateOfBirth: birthDate, State: "MA", Population: "adult"},
		HealthPlan: "hne", LineOfBusiness: "commercial", SitusState: "MA",
		Program: "msk-spine-surgery", LevelOfReview: "reconsideration", Phase: "pre_service",
		Determination: determination{
			Status: "denied", Reason: "medical_necessity", LetterDate: "2020-05-11", LetterReceived: true,
		},
		Service: service{Codes: []string{"22551"}, Specialty: "207XS0117X"},
	}
	c.Providers.Requesting = provider{
		NPI: "1234567893", FirstName: "Jane", LastName: "Doe", Credential: "MD",
		Specialty: "207XS0117X", Phone: "+12125550100", TimeZone: "US/Eastern",
	}
	return c
}
