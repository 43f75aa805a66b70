package main

import (
	"fmt"
	"reflect"

	"github.com/alecthomas/kong"
)

// demoKind is the demo to load: "" none, "national" or "deck".
type demoKind string

const (
	demoNone     demoKind = ""
	demoNational demoKind = "national"
	demoDeck     demoKind = "deck"
)

var demoType = reflect.TypeFor[demoKind]()

// demoMapper lets --demo stand alone (national) or name a demo (--demo=deck).
type demoMapper struct{}

func (demoMapper) IsBool() bool { return true }

func (demoMapper) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	kind := demoNational
	if ctx.Scan.Peek().Type == kong.FlagValueToken {
		token, err := ctx.Scan.PopValue("demo")
		if err != nil {
			return err
		}
		// A value from the environment arrives as true or a name.
		switch v := token.Value.(type) {
		case bool:
			if !v {
				kind = demoNone
			}
		case string:
			if v != "true" {
				kind = demoKind(v)
			}
		}
	}
	switch kind {
	case demoNone, demoNational, demoDeck:
		target.SetString(string(kind))
		return nil
	}
	return fmt.Errorf("unknown demo %q: use national or deck", kind)
}
