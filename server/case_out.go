package server

import (
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// caseOut is a case in an answer: what was written, with its version. Sent back
// as it is, it changes nothing.
type caseOut struct {
	ID                       string           `json:"id"`
	AuthorizationNumber      *string          `json:"authorizationNumber"`
	EpisodeID                *string          `json:"episodeId"`
	Member                   memberOut        `json:"member"`
	HealthPlan               string           `json:"healthPlan"`
	LineOfBusiness           string           `json:"lineOfBusiness"`
	PlanType                 *string          `json:"planType"`
	SitusState               string           `json:"situsState"`
	Program                  string           `json:"program"`
	LevelOfReview            string           `json:"levelOfReview"`
	Phase                    string           `json:"phase"`
	Expedited                bool             `json:"expedited"`
	Determination            determinationOut `json:"determination"`
	PostDecision             *postDecisionOut `json:"postDecision"`
	DecisionDue              *string          `json:"decisionDue"`
	AppealFiledAt            *string          `json:"appealFiledAt"`
	ServicePerformedOn       *string          `json:"servicePerformedOn"`
	DischargedAt             *string          `json:"dischargedAt"`
	AuthorizationRequestedAt *string          `json:"authorizationRequestedAt"`
	InformationCompleteAt    *string          `json:"informationCompleteAt"`
	P2PRequestedAt           *string          `json:"p2pRequestedAt"`
	InvolvedReviewerIDs      []string         `json:"involvedReviewerIds"`
	Providers                providersOut     `json:"providers"`
	Service                  serviceOut       `json:"service"`
	Outreach                 *outreachOut     `json:"outreach"`
	Version                  uint64           `json:"version"`
}

type memberOut struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DateOfBirth string `json:"dateOfBirth"`
	State       string `json:"state"`
	Population  string `json:"population"`
}

type determinationOut struct {
	Status         string  `json:"status"`
	Reason         string  `json:"reason"`
	LetterDate     *string `json:"letterDate"`
	LetterReceived bool    `json:"letterReceived"`
	Final          bool    `json:"final"`
	ReviewerID     *string `json:"reviewerId"`
	DecidedAt      *string `json:"decidedAt"`
}

type postDecisionOut struct {
	Delegated       bool    `json:"delegated"`
	Reconsideration string  `json:"reconsideration"`
	Until           *string `json:"until"`
}

type providersOut struct {
	Requesting *providerOut `json:"requesting"`
	Ordering   *providerOut `json:"ordering"`
	Rendering  *providerOut `json:"rendering"`
}

type providerOut struct {
	NPI        string  `json:"npi"`
	FirstName  string  `json:"firstName"`
	LastName   string  `json:"lastName"`
	Credential string  `json:"credential"`
	Specialty  string  `json:"specialty"`
	Phone      string  `json:"phone"`
	TimeZone   string  `json:"timeZone"`
	Extension  *string `json:"extension"`
	CellPhone  *string `json:"cellPhone"`
	Fax        *string `json:"fax"`
	Email      *string `json:"email"`
}

type serviceOut struct {
	Codes     []string `json:"codes"`
	Specialty string   `json:"specialty"`
	Drug      *string  `json:"drug"`
	Modality  *string  `json:"modality"`
}

type outreachOut struct {
	Origin       string    `json:"origin"`
	CallBy       *string   `json:"callBy"`
	Windows      []spanOut `json:"windows"`
	Instructions *string   `json:"instructions"`
	Phones       []string  `json:"phones"`
}

// caseOut renders a case; z is the zone of its instants.
func (c *call) caseOut(v *engine.Case, z *slots.Zone) caseOut {
	p := c.casePersonal(v)
	requestedAt := v.P2PRequestedAt
	if requestedAt == v.FirstAskedAt { // the payer gave none: the engine filled it in
		requestedAt = 0
	}
	return caseOut{
		ID:                  v.ID,
		AuthorizationNumber: textOrNull(v.AuthorizationNumber),
		EpisodeID:           textOrNull(v.EpisodeID),
		Member:              memberOf(v, p),
		HealthPlan:          v.HealthPlan,
		LineOfBusiness:      v.LineOfBusiness,
		PlanType:            textOrNull(v.PlanType),
		SitusState:          v.SitusState,
		Program:             v.Program,
		LevelOfReview:       v.LevelOfReview,
		Phase:               v.Phase,
		Expedited:           v.Expedited,
		Determination: determinationOut{
			Status: v.Determination.Status, Reason: v.Determination.Reason,
			LetterDate: dateText(v.Determination.LetterDate), LetterReceived: v.Determination.LetterReceived,
			Final: v.Determination.Final, ReviewerID: textOrNull(v.Determination.ReviewerID),
			DecidedAt: instantText(v.Determination.DecidedAt, z),
		},
		PostDecision:             postDecisionOf(v.PostDecision, z),
		DecisionDue:              instantText(v.DecisionDue, z),
		AppealFiledAt:            instantText(v.AppealFiledAt, z),
		ServicePerformedOn:       dateText(v.ServicePerformedOn),
		DischargedAt:             instantText(v.DischargedAt, z),
		AuthorizationRequestedAt: instantText(v.AuthorizationRequestedAt, z),
		InformationCompleteAt:    instantText(v.InformationCompleteAt, z),
		P2PRequestedAt:           instantText(requestedAt, z),
		InvolvedReviewerIDs:      v.InvolvedReviewerIDs,
		Providers: providersOut{
			Requesting: providerOf(v.Requesting, &p.Requesting),
			Ordering:   providerOf(v.Ordering, &p.Ordering),
			Rendering:  providerOf(v.Rendering, &p.Rendering),
		},
		Service: serviceOut{
			Codes: v.ServiceCodes, Specialty: v.ServiceSpecialty,
			Drug: textOrNull(v.Drug), Modality: textOrNull(v.Modality),
		},
		Outreach: outreachOf(v.Outreach, p, z),
		Version:  v.Version,
	}
}

func memberOf(v *engine.Case, p *engine.CasePersonal) memberOut {
	return memberOut{
		ID: p.MemberID, Name: p.MemberName, DateOfBirth: p.MemberBirthDate,
		State: v.MemberState, Population: v.Population,
	}
}

func postDecisionOf(v matcher.PostDecision, z *slots.Zone) *postDecisionOut {
	if !v.Present {
		return nil
	}
	return &postDecisionOut{Delegated: v.Delegated, Reconsideration: v.Reconsideration, Until: instantText(v.Until, z)}
}

func providerOf(v matcher.Provider, p *engine.ProviderPersonal) *providerOut {
	if !v.Present {
		return nil
	}
	return &providerOut{
		NPI: v.NPI, FirstName: p.FirstName, LastName: p.LastName, Credential: v.Credential,
		Specialty: v.Specialty, Phone: p.Phone, TimeZone: v.TimeZone,
		Extension: textOrNull(p.Extension), CellPhone: textOrNull(p.CellPhone),
		Fax: textOrNull(p.Fax), Email: textOrNull(p.Email),
	}
}

func outreachOf(v engine.Outreach, p *engine.CasePersonal, z *slots.Zone) *outreachOut {
	if !v.Present {
		return nil
	}
	return &outreachOut{
		Origin: v.Origin, CallBy: instantText(v.CallBy, z), Windows: intervalsOut(v.Windows, z),
		Instructions: textOrNull(p.OutreachInstructions), Phones: p.OutreachPhones,
	}
}
