package server

import (
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// attemptIn is a call that was tried, as the one who tried it documents it.
type attemptIn struct {
	At                  need[string]     `json:"at"`
	Direction           need[string]     `json:"direction"`
	NumberCalled        opt[string]      `json:"numberCalled"`
	Result              need[string]     `json:"result"`
	SpokeWith           opt[spokeWithIn] `json:"spokeWith"`
	CallbackNumberGiven numberGivenIn    `json:"callbackNumberGiven"`
	NewInformation      opt[string]      `json:"newInformation"`
}

type spokeWithIn struct {
	Role need[string] `json:"role"`
	Name need[string] `json:"name"`
}

// numberGivenIn is a required member that may be null: the callback number that was
// left, or true or false without saying which. null says nothing, as false does.
type numberGivenIn struct {
	set    bool // the member is there
	given  bool
	text   bool // a string stood there
	number string
}

func (b *numberGivenIn) required() bool       { return true }
func (b *numberGivenIn) present() bool        { return b.set }
func (b *numberGivenIn) value() reflect.Value { return reflect.ValueOf(&b.number).Elem() }

// UnmarshalJSONFrom takes a string, true, false or null.
func (b *numberGivenIn) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	b.set = true
	switch in.PeekKind() {
	case jsontext.KindNull:
		return in.SkipValue()
	case jsontext.KindTrue, jsontext.KindFalse:
		return json.UnmarshalDecode(in, &b.given)
	}
	b.given, b.text = true, true
	return json.UnmarshalDecode(in, &b.number)
}

// resolve checks the attempt. provider is the name of whose office it was about;
// it is kept with the attempt, so that the sentence for the record stays as it was.
func (in *attemptIn) resolve(k *check, now slots.Instant, provider string) (engine.Attempt, engine.AttemptPersonal) {
	a := engine.Attempt{
		At:                  k.instant("/at", in.At.V),
		Direction:           k.word("/direction", in.Direction.V, directions),
		Result:              k.word("/result", in.Result.V, attemptResults),
		CallbackNumberGiven: in.CallbackNumberGiven.given,
		NewInformation:      in.NewInformation.Set,
	}
	p := engine.AttemptPersonal{
		NumberCalled: optional(in.NumberCalled, "/numberCalled", k.phone),
		Provider:     provider,
		Note:         k.optText("/newInformation", in.NewInformation, maxNote),
	}
	if a.At > now {
		k.wrong("/at", "must not be in the future")
	}
	if a.Direction == outbound && !in.NumberCalled.Set {
		k.unclear("/numberCalled", "is required for an outbound call")
	}
	if in.CallbackNumberGiven.text {
		p.CallbackNumber = k.phone("/callbackNumberGiven", in.CallbackNumberGiven.number)
	}
	in.spokeWith(k, &a, &p)
	return a, p
}

// spokeWith reads who was reached or took the message: somebody, exactly if the
// result says so.
func (in *attemptIn) spokeWith(k *check, a *engine.Attempt, p *engine.AttemptPersonal) {
	person := a.Result == resultReached || a.Result == resultMessage
	switch {
	case in.SpokeWith.Set:
		a.SpokeWithRole = k.word("/spokeWith/role", in.SpokeWith.V.Role.V, spokeRoles)
		p.SpokeWithName = k.text("/spokeWith/name", in.SpokeWith.V.Name.V, maxName)
		if a.Result != "" && !person {
			k.wrong("/spokeWith", "does not go with this result")
		}
	case person:
		k.wrong("/spokeWith", "is required with this result")
	}
}
