package server

import (
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// The sentences for the record, one per row of the instructions to reviewers.
func TestAttemptSentence(t *testing.T) {
	t.Parallel()
	at, _, err := slots.ParseInstant("2026-11-02T10:05:40-06:00")
	if err != nil {
		t.Fatal(err)
	}
	f := func(want, direction, result, role string, p engine.AttemptPersonal, given bool, zone string) {
		t.Helper()
		p.Provider = "Jane Doe"
		a := engine.Attempt{At: at, Direction: direction, Result: result, SpokeWithRole: role, CallbackNumberGiven: given}
		if got := attemptSentence(&a, &p, zoneOr(zone, nil)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	const number = "+12125550100"
	placed := "On November 2, 2026 at 10:05 am CST a call was placed to the office of Jane Doe, " + number + ". "
	received := "On November 2, 2026 at 10:05 am CST a call was received from the office of Jane Doe"
	person := func(name string) engine.AttemptPersonal {
		return engine.AttemptPersonal{NumberCalled: number, SpokeWithName: name}
	}
	spoke := func(role, who string) {
		t.Helper()
		f(placed+"The case was discussed with "+who+".", outbound, resultReached, role, person("Pat Poe"), false, "America/Chicago")
		f(placed+"The provider was not available; a message was left with "+who+". No callback number was given.",
			outbound, resultMessage, role, person("Pat Poe"), false, "America/Chicago")
		f(received+", "+number+". The case was discussed with "+who+".", inbound, resultReached, role, person("Pat Poe"), false, "America/Chicago")
	}
	spoke("provider", "the provider, Pat Poe")
	spoke("associate_physician", "Pat Poe, an associate physician")
	spoke("nurse_practitioner", "Pat Poe, a nurse practitioner")
	spoke("nurse", "Pat Poe, a nurse")
	spoke("medical_assistant", "Pat Poe, a medical assistant")
	spoke("other", "Pat Poe of the office")
	f(placed+"Nobody was available; a message was left by voicemail. The callback number +19167979997 was given.",
		outbound, resultVoicemail, "", engine.AttemptPersonal{NumberCalled: number, CallbackNumber: "+19167979997"}, true, "America/Chicago")
	f(placed+"Nobody was available; a message was left by voicemail. A callback number was given.",
		outbound, resultVoicemail, "", person(""), true, "America/Chicago")
	f(placed+"The call was not answered and no message was left.", outbound, resultNoAnswer, "", person(""), false, "America/Chicago")
	f(received+". The reviewer was not available; the caller left a voicemail. No callback number was given.",
		inbound, resultVoicemail, "", engine.AttemptPersonal{}, false, "America/Chicago")
	f(received+". The reviewer was not available; a message was taken from Pat Poe, a nurse. A callback number was given.",
		inbound, resultMessage, "nurse", engine.AttemptPersonal{SpokeWithName: "Pat Poe"}, true, "America/Chicago")
	f("On November 3, 2026 at 1:05 am JST a call was placed to the office of Jane Doe, "+number+". The case was discussed with the provider, Jane Doe. "+
		"Information not submitted with the records: MRI of October 30.",
		outbound, resultReached, "provider", engine.AttemptPersonal{NumberCalled: number, SpokeWithName: "Jane Doe", Note: "MRI of October 30"}, false, "Asia/Tokyo")
}

// Every role has its phrase, so that no sentence is silent about who it was.
func TestRolePhrases(t *testing.T) {
	t.Parallel()
	for _, role := range spokeRoles {
		if rolePhrases[role] == "" && role != "provider" {
			t.Errorf("%s has no phrase", role)
		}
	}
}

// attemptBody is a call that reached somebody.
var attemptBody = parseDoc(`{"at":"2020-05-15T08:30:00-04:00","direction":"outbound","numberCalled":"+12125550100","result":"reached",
 "spokeWith":{"role":"nurse","name":"Pat Poe"},"callbackNumberGiven":"+19167979997","newInformation":"MRI of April 30"}`)

// resolving decodes and checks a changed document and returns the status and the pointers.
func resolving[T any](base doc, resolve func(*T, *check)) func(t *testing.T, status int, pointers string, changes ...any) *T {
	return func(t *testing.T, status int, pointers string, changes ...any) *T {
		t.Helper()
		in := new(T)
		p := decode([]byte(base.with(changes...).String()), in)
		if p == nil {
			var k check
			resolve(in, &k)
			p = k.problem()
		}
		got, found := 200, []string{}
		if p != nil {
			got = p.status()
			for _, e := range p.errors {
				found = append(found, e.Pointer)
			}
		}
		if got != status || strings.Join(found, " ") != pointers {
			t.Errorf("%v: %d at %v, want %d at %s", changes, got, found, status, pointers)
		}
		return in
	}
}

func TestAttemptForm(t *testing.T) {
	t.Parallel()
	now, _, err := slots.ParseInstant(deckNow)
	if err != nil {
		t.Fatal(err)
	}
	var a engine.Attempt
	var p engine.AttemptPersonal
	f := resolving(attemptBody, func(in *attemptIn, k *check) { a, p = in.resolve(k, now, "Jane Doe") })
	f(t, 200, "")
	if !a.CallbackNumberGiven || !a.NewInformation || p.CallbackNumber != "+19167979997" || p.Note != "MRI of April 30" ||
		p.Provider != "Jane Doe" || p.SpokeWithName != "Pat Poe" || a.SpokeWithRole != "nurse" {
		t.Errorf("resolved %+v %+v", a, p)
	}
	f(t, 200, "", "/callbackNumberGiven", true)
	if !a.CallbackNumberGiven || p.CallbackNumber != "" {
		t.Errorf("resolved %+v %+v", a, p)
	}
	f(t, 200, "", "/callbackNumberGiven", false)
	f(t, 200, "", "/callbackNumberGiven", nil)
	if a.CallbackNumberGiven || p.CallbackNumber != "" {
		t.Errorf("resolved %+v %+v", a, p)
	}
	f(t, 200, "", "/direction", "inbound", "/numberCalled", nil)
	f(t, 200, "", "/direction", "inbound", "/numberCalled", absent{}, "/newInformation", nil)
	f(t, 200, "", "/result", "voicemail", "/spokeWith", nil)
	f(t, 200, "", "/at", deckNow)
	f(t, 400, "/at", "/at", absent{})
	f(t, 400, "/at", "/at", "2020-05-15T08:30:00")
	f(t, 400, "/direction", "/direction", nil)
	f(t, 400, "/numberCalled", "/numberCalled", nil)
	f(t, 400, "/numberCalled", "/numberCalled", absent{})
	f(t, 400, "/result", "/result", absent{})
	f(t, 400, "/callbackNumberGiven", "/callbackNumberGiven", absent{})
	f(t, 400, "/callbackNumberGiven", "/callbackNumberGiven", 19167979997)
	f(t, 400, "/callbackNumberGiven", "/callbackNumberGiven", []any{nil})
	f(t, 400, "/spokeWith/name", "/spokeWith/name", nil)
	f(t, 400, "", "/spokewith", doc{})
	f(t, 400, "/newInformation", "/newInformation", true)
	f(t, 422, "/at", "/at", "2020-05-15T09:00:01-04:00")
	f(t, 422, "/direction /result", "/direction", "sideways", "/result", "busy")
	f(t, 422, "/numberCalled", "/numberCalled", "555-0100")
	f(t, 422, "/callbackNumberGiven", "/callbackNumberGiven", "")
	f(t, 422, "/spokeWith", "/spokeWith", nil)
	f(t, 422, "/spokeWith", "/result", "message_with_person", "/spokeWith", absent{})
	f(t, 422, "/spokeWith", "/result", "no_answer")
	f(t, 422, "/spokeWith/role /spokeWith/name", "/spokeWith", doc{"role": "janitor", "name": " "})
	f(t, 422, "/newInformation", "/newInformation", strings.Repeat("x", maxNote+1))
}

// completeBody is a call that ended in a Texas partial certification.
var completeBody = parseDoc(`{"outcome":"modified","clarifications":[{"subject":"Conservative care","documented":"none","clarified":"six weeks of therapy"}],
 "partialCertification":{"requested":"12 visits","certified":"6 visits","note":"agreed on the phone"},"note":"courteous"}`)

func TestReportForm(t *testing.T) {
	t.Parallel()
	var outcome string
	var r engine.CallReport
	f := resolving(completeBody, func(in *completeIn, k *check) { outcome, r = in.resolve(k) })
	f(t, 200, "")
	if outcome != "modified" || len(r.Clarifications) != 1 || r.Clarifications[0].Clarified != "six weeks of therapy" ||
		r.Partial == nil || r.Partial.Certified != "6 visits" || r.Note != "courteous" {
		t.Errorf("resolved %s %+v", outcome, r)
	}
	f(t, 200, "", "/clarifications", nil, "/partialCertification", absent{}, "/note", nil)
	f(t, 200, "", "/outcome", "upheld", "/partialCertification", nil)
	f(t, 400, "/outcome", "/outcome", absent{})
	f(t, 400, "/clarifications/0/clarified", "/clarifications/0/clarified", nil)
	f(t, 400, "/partialCertification/certified", "/partialCertification/certified", absent{})
	f(t, 400, "/clarifications/0", "/clarifications/0/by", "x")
	f(t, 422, "/outcome", "/outcome", "won")
	f(t, 422, "/partialCertification", "/outcome", "upheld")
	f(t, 422, "/clarifications", "/clarifications", many(maxClarifications+1, completeBody["clarifications"].([]any)[0]))
	f(t, 422, "/clarifications/0/subject /clarifications/0/documented", "/clarifications/0/subject", strings.Repeat("x", maxSubject+1), "/clarifications/0/documented", "")
	f(t, 422, "/partialCertification/requested /note", "/partialCertification/requested", " ", "/note", "\u0007")
}
