package demo

import (
	"github.com/go-json-experiment/json"
)

// Line is one line of an import, without the newline.
type Line []byte

func reviewerLine(r reviewer) Line { return line("reviewer", r) }
func caseLine(c clinicalCase) Line { return line("case", c) }
func line(kind string, value any) Line {
	b, err := json.Marshal(struct {
		Kind  string `json:"kind"`
		Value any    `json:"value"`
	}{kind, value}, json.Deterministic(true))
	if err != nil {
		panic("demo: " + err.Error()) // only strings, numbers and lists: cannot fail
	}
	return b
}

type license struct {
	State  string `json:"state"`
	Type   string `json:"type"`
	Status string `json:"status"`
	From   string `json:"from"`
	To     string `json:"to"`
}

type span struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

type weekly struct {
	Days  []string `json:"days"`
	Start string   `json:"start"`
	End   string   `json:"end"`
}

type exception struct {
	Date  string `json:"date"`
	Hours []span `json:"hours"`
}

type certification struct {
	Specialty string `json:"specialty"`
	From      string `json:"from"`
	To        string `json:"to,omitempty"`
}

type experience struct {
	Specialty string `json:"specialty"`
	Until     string `json:"until,omitempty"`
}

type reviewer struct {
	ID                  string          `json:"id"`
	Name                string          `json:"name"`
	Credential          string          `json:"credential"`
	NPI                 string          `json:"npi"`
	Specialties         []string        `json:"specialties"`
	Licenses            []license       `json:"licenses"`
	Programs            []string        `json:"programs"`
	Populations         []string        `json:"populations"`
	BoardCertifications []certification `json:"boardCertifications,omitempty"`
	Experience          []experience    `json:"experience,omitempty"`
	HealthPlans         []string        `json:"healthPlans,omitempty"`
	Modalities          []string        `json:"modalities,omitempty"`
	TimeZone            string          `json:"timeZone"`
	WeeklyHours         []weekly        `json:"weeklyHours"`
	Exceptions          []exception     `json:"exceptions"`
	Blocks              []span          `json:"blocks"`
	BufferBeforeMinutes int             `json:"bufferBeforeMinutes"`
	BufferAfterMinutes  int             `json:"bufferAfterMinutes"`
	MaxPerDay           int             `json:"maxPerDay"`
	Active              bool            `json:"active"`
}

type member struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DateOfBirth string `json:"dateOfBirth"`
	State       string `json:"state"`
	Population  string `json:"population"`
}

type determination struct {
	Status         string `json:"status"`
	Reason         string `json:"reason"`
	LetterDate     string `json:"letterDate,omitempty"`
	LetterReceived bool   `json:"letterReceived"`
	Final          bool   `json:"final"`
	ReviewerID     string `json:"reviewerId,omitempty"`
	DecidedAt      string `json:"decidedAt,omitempty"`
}

type provider struct {
	NPI        string `json:"npi"`
	FirstName  string `json:"firstName"`
	LastName   string `json:"lastName"`
	Credential string `json:"credential"`
	Specialty  string `json:"specialty"`
	Phone      string `json:"phone"`
	TimeZone   string `json:"timeZone"`
}

type service struct {
	Codes     []string `json:"codes"`
	Specialty string   `json:"specialty"`
	Drug      string   `json:"drug,omitempty"`
	Modality  string   `json:"modality,omitempty"`
}

type outreach struct {
	Origin       string   `json:"origin"`
	Instructions string   `json:"instructions"`
	Phones       []string `json:"phones"`
}

type clinicalCase struct {
	ID                 string        `json:"id"`
	EpisodeID          string        `json:"episodeId"`
	Member             member        `json:"member"`
	HealthPlan         string        `json:"healthPlan"`
	LineOfBusiness     string        `json:"lineOfBusiness"`
	SitusState         string        `json:"situsState"`
	Program            string        `json:"program"`
	LevelOfReview      string        `json:"levelOfReview"`
	Phase              string        `json:"phase"`
	Expedited          bool          `json:"expedited"`
	Determination      determination `json:"determination"`
	DecisionDue        string        `json:"decisionDue,omitempty"`
	ServicePerformedOn string        `json:"servicePerformedOn,omitempty"`
	Providers          struct {
		Requesting provider `json:"requesting"`
	} `json:"providers"`
	Service  service   `json:"service"`
	Outreach *outreach `json:"outreach,omitempty"`
}
