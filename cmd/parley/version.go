package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/persist"
	"github.com/parleyhq/parley/slots"
)

// version is set at build time (see Makefile); a plain `go build` leaves it.
var version = "development"

type versionCmd struct{}

// Run prints what a support request should quote.
func (versionCmd) Run(s streams) error {
	bundle, err := matcher.EmbeddedRules()
	if err != nil {
		return err
	}
	rules, err := matcher.CompileRules(bundle)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "parley      %s\n", version)
	fmt.Fprintf(s.out, "go          %s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Fprintf(s.out, "store       format %d\n", persist.FormatVersion)
	fmt.Fprintf(s.out, "rules       %s (embedded)\n", rules.Version())
	fmt.Fprintf(s.out, "zone data   %s\n", slots.ZoneDataVersion())
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			switch m.Path {
			case "github.com/cockroachdb/pebble/v2", "github.com/valyala/fasthttp", "github.com/tidwall/btree":
				fmt.Fprintf(s.out, "%-11s %s\n", m.Path[len("github.com/"):], m.Version)
			}
		}
	}
	return nil
}
