package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	exitFailed   = 1 // the command could not do its work
	exitUsage    = 2 // flags or arguments are wrong
	exitNotWhole = 3 // verify found damage; import had lines refused; rules have faults or their examples differ; bench got wrong answers
)

// failure is an error with an exit code of its own.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// cli is the whole command line.
type cli struct {
	Serve      serveCmd      `cmd:"" help:"Serve the HTTP interface on a store, creating the store if its directory is missing or empty."`
	Import     importCmd     `cmd:"" help:"Send reviewers and cases (NDJSON) to a running server."`
	Verify     verifyCmd     `cmd:"" help:"Read a store from end to end and say whether it is whole."`
	Backup     backupCmd     `cmd:"" help:"Make a backup of a store, in use or not, and check backups."`
	Restore    restoreCmd    `cmd:"" help:"Make a new store of a backup, up to an entry or an instant."`
	Rules      rulesCmd      `cmd:"" help:"Read, check, compare, try out and load rules."`
	Audit      auditCmd      `cmd:"" help:"Export and verify the audit trail: who did what, when, from where."`
	Key        keyCmd        `cmd:"" help:"Make, list, rotate and revoke keys."`
	Vault      vaultCmd      `cmd:"" help:"Look after the keys that encrypt personal data at rest."`
	Bench      benchCmd      `cmd:"" help:"Measure: run load, compare results, write reports."`
	Version    versionCmd    `cmd:"" help:"Print versions of the program, its formats and its data."`
	Completion completionCmd `cmd:"" help:"Print a completion script for bash, zsh or fish."`
}

// streams are the process's files, so that tests can stand in for them.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks for a graceful stop; from then on a second one ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// run parses args, executes the command and returns the exit code.
func run(ctx context.Context, args []string, s streams) (code int) {
	type exit struct{ code int }
	defer func() {
		switch e := recover().(type) {
		case nil:
		case exit:
			code = e.code
		default:
			panic(e) // a fault of the program must not look like success
		}
	}()
	var c cli
	parser, err := kong.New(&c,
		kong.Name("parley"),
		kong.Description("Appointment-slot scheduling for peer-to-peer reviews."),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(s.out, s.err),
		kong.Exit(func(c int) { panic(exit{c}) }),
		kong.TypeMapper(demoType, demoMapper{}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s),
		kong.Vars{"rulesLimit": strconv.Itoa(rulesTouchedShown), "benchWorkloads": benchWorkloads()},
	)
	if err != nil {
		panic(err) // a mistake in the struct tags above
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(s.err, "parley: %v\n", err)
		fmt.Fprintln(s.err, "parley --help lists the commands; parley COMMAND --help its flags.")
		return exitUsage
	}
	if err := parsed.Run(parser); err != nil {
		fmt.Fprintf(s.err, "parley: %v\n", err)
		var f *failure
		if errors.As(err, &f) {
			return f.code
		}
		return exitFailed
	}
	return 0
}
