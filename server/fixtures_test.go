package server

// The deck's morning: 2020-05-15 in the east.
const deckNow = "2020-05-15T09:00:00-04:00"

// The week of the Texas cases: Monday 2026-11-02 in the middle of the country.
const texasNow = "2026-11-02T08:00:00-06:00"

// ames has the deck case's subspecialty and is free on one evening.
var ames = parseDoc(`{"id":"rev-ames","name":"Alex Ames","credential":"MD","npi":"1234567893",
 "specialties":["207XS0117X"],
 "licenses":[{"state":"TX","type":"full","status":"active","from":"2019-01-01","to":"2027-08-31"}],
 "programs":["msk-spine-surgery","msk-joint-surgery"],"populations":["adult"],"healthPlans":[],"modalities":[],
 "timeZone":"America/New_York","weeklyHours":[],
 "exceptions":[{"date":"2020-05-18","hours":[{"start":"18:15","end":"19:00"}]}],
 "blocks":[],"bufferBeforeMinutes":0,"bufferAfterMinutes":0,"maxPerDay":0,"active":true}`)

// brook is a general orthopaedic surgeon with afternoons.
var brook = ames.with("/id", "rev-brook", "/name", "Bo Brook", "/credential", "DO",
	"/specialties", []string{"207X00000X"},
	"/exceptions", []doc{},
	"/weeklyHours", []doc{
		{"days": []string{"mon"}, "start": "15:30", "end": "17:00"},
		{"days": []string{"tue"}, "start": "14:00", "end": "16:00"},
		{"days": []string{"wed"}, "start": "16:15", "end": "18:00"},
		{"days": []string{"thu"}, "start": "15:15", "end": "17:30"},
		{"days": []string{"fri", "sat", "sun"}, "start": "09:00", "end": "12:00"},
	})

// winter is the deck's case.
var winter = parseDoc(`{"id":"1004567","authorizationNumber":"A-1004567","episodeId":"E-77",
 "member":{"id":"M-1","name":"Jordan Winter","dateOfBirth":"1982-06-28","state":"TX","population":"adult"},
 "healthPlan":"hne","lineOfBusiness":"commercial","situsState":"TX",
 "program":"msk-spine-surgery","levelOfReview":"reconsideration","phase":"pre_service","expedited":false,
 "determination":{"status":"denied","reason":"medical_necessity","letterDate":"2020-05-12","letterReceived":true,
                  "final":false,"reviewerId":"rev-lee"},
 "decisionDue":null,"appealFiledAt":null,"servicePerformedOn":null,"dischargedAt":null,
 "providers":{"requesting":{"npi":"1234567893","firstName":"Jane","lastName":"Doe","credential":"MD",
              "specialty":"207XS0117X","phone":"+12125550100","timeZone":"US/Eastern"},
              "ordering":null,"rendering":null},
 "service":{"codes":["22551"],"specialty":"207XS0117X","drug":null}}`)

// summer is a second case of the same office.
var summer = winter.with("/id", "1004568", "/authorizationNumber", "A-1004568",
	"/member/id", "M-2", "/member/name", "Robin Summer", "/member/dateOfBirth", "1975-01-31")

// deckSearch is the deck's week.
var deckSearch = parseDoc(`{"caseIds":["1004567"],"timeZone":"US/Eastern","week":"2020-05-18","days":["mon","tue","wed","thu"]}`)

// deckBooking is the deck's form, deckHold the hold before it.
var deckBooking = parseDoc(`{"caseIds":["1004567"],"slot":{"reviewerId":"rev-ames","start":"2020-05-18T18:30:00-04:00"},"holdId":null,
 "timeZone":"US/Eastern",
 "performedBy":{"role":"requesting_provider","firstName":"Jane","lastName":"Doe","credential":"MD"},
 "contact":{"firstName":"John","lastName":"Doe","location":"provider_office","phone":"+12125550143","extension":"12345",
            "alternatePhone":null,"email":"droffice@example.com","instructions":"Select option 4, ask for Dr. Doe"},
 "callNotes":{"alternativeRecommendationDeclined":false,"procedurePerformedOn":null,"specialtyMatchRequested":false},
 "attestations":[]}`)

var deckHold = parseDoc(`{"caseIds":["1004567"],"slot":{"reviewerId":"rev-ames","start":"2020-05-18T18:30:00-04:00"}}`)
