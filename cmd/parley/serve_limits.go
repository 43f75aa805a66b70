package main

import (
	"time"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/server"
)

// limitFlags say how much is taken of whom. docs/limits.md lists them with all limits that have no flag.
type limitFlags struct {
	RatePrincipal      float64       `default:"200" placeholder:"N" env:"PARLEY_RATE_PRINCIPAL" help:"Requests a second of one principal, those of two seconds at once; 0 = no limit. The one principal of a server without credentials has none (${env})."`
	RateTenant         float64       `default:"2000" placeholder:"N" env:"PARLEY_RATE_TENANT" help:"Requests a second of one tenant, cancellations, releases of holds and reports of calls apart; 0 = no limit (${env})."`
	RateAddress        float64       `default:"50" placeholder:"N" env:"PARLEY_RATE_ADDRESS" help:"Requests a second without a credential of one address, for what is open to everybody; 0 = no limit (${env})."`
	RateFailures       float64       `default:"5" placeholder:"N" env:"PARLEY_RATE_FAILURES" help:"Credentials a second that are not taken of one address; 0 = no limit (${env})."`
	OfficeCallsPerHour int           `default:"240" placeholder:"N" env:"PARLEY_OFFICE_CALLS_PER_HOUR" help:"Calls and callback requests that one office makes in an hour, by whatever keys and tokens; those that it has cancelled count, too; 0 = no limit (${env})."`
	MaxDelay           time.Duration `default:"250ms" placeholder:"TIME" env:"PARLEY_MAX_DELAY" help:"Turn imports, then searches and new bookings away when work waits longer than this for a processor; 0 = never (${env})."`
	SearchWork         int           `default:"50000000" placeholder:"N" env:"PARLEY_SEARCH_WORK" help:"Units of work that the searches of one request may take, some 10 to 40 ns each; 0 = as many as they take (${env})."`
	HoldsPerPrincipal  int           `default:"1000" placeholder:"N" env:"PARLEY_HOLDS_PER_PRINCIPAL" help:"Active holds of one principal (${env})."`
	HoldsPerOffice     int           `default:"50" placeholder:"N" env:"PARLEY_HOLDS_PER_OFFICE" help:"Active holds of one principal that sees the cases of its own office alone (${env})."`
	HoldsPerReviewer   int           `default:"200" placeholder:"N" env:"PARLEY_HOLDS_PER_REVIEWER" help:"Active holds on one reviewer (${env})."`
	HoldsPerTenant     int           `default:"20000" placeholder:"N" env:"PARLEY_HOLDS_PER_TENANT" help:"Active holds of one tenant (${env})."`
	QueueLimit         int           `default:"4096" placeholder:"N" env:"PARLEY_QUEUE_LIMIT" help:"Commands that may wait for the writer; a quarter more of those that go first (${env})."`
}

// without is a bound of the command line as the rooms take it: there 0 is the usual one.
func without[T int | float64 | time.Duration](bound T) T {
	if bound <= 0 {
		return -1
	}
	return bound
}

// engine puts the limits of commands into the options of an engine.
func (f *limitFlags) engine(o *engine.Options) {
	o.HoldsPerPrincipal, o.HoldsPerOffice, o.HoldsPerReviewer, o.HoldsPerTenant = f.HoldsPerPrincipal, f.HoldsPerOffice, f.HoldsPerReviewer, f.HoldsPerTenant
	o.QueueLimit, o.UrgentFirst = f.QueueLimit, true
}

// server puts the limits of requests into the options of a server.
func (f *limitFlags) server(o *server.Options) {
	o.Rates = server.Rates{Principal: without(f.RatePrincipal), Tenant: without(f.RateTenant), Address: without(f.RateAddress), Failures: without(f.RateFailures)}
	o.OfficeCallsPerHour = f.OfficeCallsPerHour
	o.MaxDelay, o.SearchWork = without(f.MaxDelay), without(f.SearchWork)
}
