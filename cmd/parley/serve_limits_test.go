package main

import (
	"testing"

	"github.com/alecthomas/kong"

	"github.com/parleyhq/parley/server"
)

// TestOfficeCallsFlag: offices are limited unless the operator says otherwise.
func TestOfficeCallsFlag(t *testing.T) {
	t.Parallel()
	f := func(want int, args ...string) {
		t.Helper()
		var flags limitFlags
		parser, err := kong.New(&flags)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(args); err != nil {
			t.Fatal(err)
		}
		var o server.Options
		if flags.server(&o); o.OfficeCallsPerHour != want {
			t.Errorf("%v: %d an hour, want %d", args, o.OfficeCallsPerHour, want)
		}
	}
	f(240)
	f(0, "--office-calls-per-hour=0")
	f(7, "--office-calls-per-hour=7")
}
