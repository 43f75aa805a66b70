package server

import (
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// caseIn is a case as the payer's systems write it.
type caseIn struct {
	ID                       need[string]          `json:"id"`
	AuthorizationNumber      opt[string]           `json:"authorizationNumber"`
	EpisodeID                opt[string]           `json:"episodeId"`
	Member                   need[memberIn]        `json:"member"`
	HealthPlan               need[string]          `json:"healthPlan"`
	LineOfBusiness           need[string]          `json:"lineOfBusiness"`
	PlanType                 opt[string]           `json:"planType"`
	SitusState               need[string]          `json:"situsState"`
	Program                  need[string]          `json:"program"`
	LevelOfReview            need[string]          `json:"levelOfReview"`
	Phase                    need[string]          `json:"phase"`
	Expedited                need[bool]            `json:"expedited"`
	Determination            need[determinationIn] `json:"determination"`
	PostDecision             opt[postDecisionIn]   `json:"postDecision"`
	DecisionDue              opt[string]           `json:"decisionDue"`
	AppealFiledAt            opt[string]           `json:"appealFiledAt"`
	ServicePerformedOn       opt[string]           `json:"servicePerformedOn"`
	DischargedAt             opt[string]           `json:"dischargedAt"`
	AuthorizationRequestedAt opt[string]           `json:"authorizationRequestedAt"`
	InformationCompleteAt    opt[string]           `json:"informationCompleteAt"`
	P2PRequestedAt           opt[string]           `json:"p2pRequestedAt"`
	InvolvedReviewerIDs      opt[[]string]         `json:"involvedReviewerIds"`
	Providers                need[providersIn]     `json:"providers"`
	Service                  need[serviceIn]       `json:"service"`
	Outreach                 opt[outreachIn]       `json:"outreach"`
	Version                  opt[uint64]           `json:"version"`
}

type memberIn struct {
	ID          need[string] `json:"id"`
	Name        need[string] `json:"name"`
	DateOfBirth need[string] `json:"dateOfBirth"`
	State       need[string] `json:"state"`
	Population  need[string] `json:"population"`
}

type determinationIn struct {
	Status         need[string] `json:"status"`
	Reason         need[string] `json:"reason"`
	LetterDate     opt[string]  `json:"letterDate"`
	LetterReceived need[bool]   `json:"letterReceived"`
	Final          need[bool]   `json:"final"`
	ReviewerID     opt[string]  `json:"reviewerId"`
	DecidedAt      opt[string]  `json:"decidedAt"`
}

type postDecisionIn struct {
	Delegated       need[bool]   `json:"delegated"`
	Reconsideration need[string] `json:"reconsideration"`
	Until           opt[string]  `json:"until"`
}

type providersIn struct {
	Requesting need[providerIn] `json:"requesting"`
	Ordering   opt[providerIn]  `json:"ordering"`
	Rendering  opt[providerIn]  `json:"rendering"`
}

type providerIn struct {
	NPI        need[string] `json:"npi"`
	FirstName  need[string] `json:"firstName"`
	LastName   need[string] `json:"lastName"`
	Credential need[string] `json:"credential"`
	Specialty  need[string] `json:"specialty"`
	Phone      need[string] `json:"phone"`
	TimeZone   need[string] `json:"timeZone"`
	Extension  opt[string]  `json:"extension"`
	CellPhone  opt[string]  `json:"cellPhone"`
	Fax        opt[string]  `json:"fax"`
	Email      opt[string]  `json:"email"`
}

type serviceIn struct {
	Codes     need[[]string] `json:"codes"`
	Specialty need[string]   `json:"specialty"`
	Drug      opt[string]    `json:"drug"`
	Modality  opt[string]    `json:"modality"`
}

type outreachIn struct {
	Origin       need[string]  `json:"origin"`
	CallBy       opt[string]   `json:"callBy"`
	Windows      opt[[]spanIn] `json:"windows"`
	Instructions opt[string]   `json:"instructions"`
	Phones       opt[[]string] `json:"phones"`
}

// resolve checks the case and makes the state's entry of it.
func (in *caseIn) resolve(k *check, w *writing) engine.Case {
	p := &engine.CasePersonal{
		MemberID:        k.visible("/member/id", in.Member.V.ID.V),
		MemberName:      k.text("/member/name", in.Member.V.Name.V, maxName),
		MemberBirthDate: k.birthDate("/member/dateOfBirth", in.Member.V.DateOfBirth.V, w.now),
	}
	v := engine.Case{
		Case: matcher.Case{
			Tenant:              w.tenant,
			ID:                  k.ownID(w, in.ID.V),
			HealthPlan:          k.code("/healthPlan", in.HealthPlan.V),
			LineOfBusiness:      k.word("/lineOfBusiness", in.LineOfBusiness.V, linesOfBusiness),
			PlanType:            optional(in.PlanType, "/planType", k.planType),
			SitusState:          k.state("/situsState", in.SitusState.V),
			MemberState:         k.state("/member/state", in.Member.V.State.V),
			Population:          k.word("/member/population", in.Member.V.Population.V, populations),
			Program:             k.code("/program", in.Program.V),
			LevelOfReview:       k.word("/levelOfReview", in.LevelOfReview.V, levelsOfReview),
			Phase:               k.word("/phase", in.Phase.V, phases),
			Expedited:           in.Expedited.V,
			Determination:       in.Determination.V.resolve(k),
			PostDecision:        optional(in.PostDecision, "/postDecision", k.postDecision),
			InvolvedReviewerIDs: k.list("/involvedReviewerIds", in.InvolvedReviewerIDs.V, 0, maxInvolved, k.id),
		},
		AuthorizationNumber: optional(in.AuthorizationNumber, "/authorizationNumber", k.visible),
		EpisodeID:           optional(in.EpisodeID, "/episodeId", k.visible),
	}
	in.providers(k, &v.Case, p)
	in.service(k, &v.Case)
	in.dates(k, &v.Case, w.now)
	if in.Outreach.Set {
		v.Outreach = in.Outreach.V.resolve(k, p)
	}
	v.Personal = w.sealCase(v.ID, p)
	v.MemberID = w.vault.DigestMemberID(p.MemberID)
	v.BirthDate = w.vault.DigestBirthDate(p.MemberBirthDate)
	v.LastName = w.vault.DigestLastName(lastWord(p.MemberName))
	return v
}

func (k *check) planType(pointer, word string) string { return k.word(pointer, word, planTypes) }

// dates reads the instants and dates of the case's own course.
func (in *caseIn) dates(k *check, v *matcher.Case, now slots.Instant) {
	v.DecisionDue = optional(in.DecisionDue, "/decisionDue", k.instant)
	v.AppealFiledAt = optional(in.AppealFiledAt, "/appealFiledAt", k.instant)
	v.ServicePerformedOn = optional(in.ServicePerformedOn, "/servicePerformedOn", k.modernDate)
	v.DischargedAt = optional(in.DischargedAt, "/dischargedAt", k.instant)
	v.AuthorizationRequestedAt = optional(in.AuthorizationRequestedAt, "/authorizationRequestedAt", k.instant)
	v.InformationCompleteAt = optional(in.InformationCompleteAt, "/informationCompleteAt", k.instant)
	v.P2PRequestedAt = optional(in.P2PRequestedAt, "/p2pRequestedAt", k.instant)
	k.notFuture("/servicePerformedOn", v.ServicePerformedOn, zoneOr(v.Requesting.TimeZone, slots.UTC()), now)
}

func (in *determinationIn) resolve(k *check) matcher.Determination {
	return matcher.Determination{
		Status:         k.word("/determination/status", in.Status.V, caseStatuses),
		Reason:         k.word("/determination/reason", in.Reason.V, denialReasons),
		LetterDate:     optional(in.LetterDate, "/determination/letterDate", k.modernDate),
		LetterReceived: in.LetterReceived.V,
		Final:          in.Final.V,
		ReviewerID:     optional(in.ReviewerID, "/determination/reviewerId", k.id),
		DecidedAt:      optional(in.DecidedAt, "/determination/decidedAt", k.instant),
	}
}

func (k *check) postDecision(pointer string, in postDecisionIn) matcher.PostDecision {
	return matcher.PostDecision{
		Present:         true,
		Delegated:       in.Delegated.V,
		Reconsideration: k.word(pointer+"/reconsideration", in.Reconsideration.V, reopenings),
		Until:           optional(in.Until, pointer+"/until", k.instant),
	}
}

func (in *caseIn) service(k *check, v *matcher.Case) {
	s := &in.Service.V
	v.ServiceCodes = k.list("/service/codes", s.Codes.V, 0, maxServiceCodes, k.serviceCode)
	v.ServiceSpecialty = k.taxonomy("/service/specialty", s.Specialty.V)
	v.Drug = optional(s.Drug, "/service/drug", func(p, s string) string { return k.word(p, s, drugs) })
	v.Modality = optional(s.Modality, "/service/modality", k.code)
}

func (in *caseIn) providers(k *check, v *matcher.Case, p *engine.CasePersonal) {
	v.Requesting, p.Requesting = k.provider("/providers/requesting", in.Providers.V.Requesting.V)
	if o := in.Providers.V.Ordering; o.Set {
		v.Ordering, p.Ordering = k.provider("/providers/ordering", o.V)
	}
	if o := in.Providers.V.Rendering; o.Set {
		v.Rendering, p.Rendering = k.provider("/providers/rendering", o.V)
	}
}

// provider splits a provider into what rules may know and what is sealed.
func (k *check) provider(pointer string, in providerIn) (matcher.Provider, engine.ProviderPersonal) {
	v := matcher.Provider{
		Present:    true,
		NPI:        k.npi(pointer+"/npi", in.NPI.V),
		Credential: k.text(pointer+"/credential", in.Credential.V, maxCredential),
		Specialty:  k.taxonomy(pointer+"/specialty", in.Specialty.V),
		TimeZone:   k.zoneName(pointer+"/timeZone", in.TimeZone.V),
	}
	return v, engine.ProviderPersonal{
		Person: engine.Person{
			FirstName:  k.text(pointer+"/firstName", in.FirstName.V, maxName),
			LastName:   k.text(pointer+"/lastName", in.LastName.V, maxName),
			Credential: v.Credential,
		},
		Reach: engine.Reach{
			Phone:     k.phone(pointer+"/phone", in.Phone.V),
			Extension: optional(in.Extension, pointer+"/extension", k.extension),
			CellPhone: optional(in.CellPhone, pointer+"/cellPhone", k.phone),
			Fax:       optional(in.Fax, pointer+"/fax", k.phone),
			Email:     optional(in.Email, pointer+"/email", k.email),
		},
	}
}

func (in *outreachIn) resolve(k *check, p *engine.CasePersonal) engine.Outreach {
	out := engine.Outreach{
		Present: true,
		Origin:  k.word("/outreach/origin", in.Origin.V, origins),
		CallBy:  optional(in.CallBy, "/outreach/callBy", k.instant),
	}
	if k.count("/outreach/windows", len(in.Windows.V), 0, maxWindows) {
		for i, s := range in.Windows.V {
			out.Windows = append(out.Windows, k.interval(at("/outreach/windows", i), s))
		}
	}
	p.OutreachInstructions = k.optText("/outreach/instructions", in.Instructions, maxNote)
	p.OutreachPhones = k.list("/outreach/phones", in.Phones.V, 0, maxPhones, k.phone)
	return out
}

// birthDate is a date that has begun somewhere on Earth.
func (k *check) birthDate(pointer, s string, now slots.Instant) string {
	d := k.date(pointer, s)
	k.notFuture(pointer, d, earliestZone(), now)
	return d.String()
}

// notFuture refuses a date after today's in z.
func (k *check) notFuture(pointer string, d slots.Date, z *slots.Zone, now slots.Instant) {
	if d > z.Date(now) {
		k.wrong(pointer, "must not be in the future")
	}
}
