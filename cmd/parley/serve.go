package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/parleyhq/parley/cmd/parley/demo"
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
	"github.com/parleyhq/parley/server"
	"github.com/parleyhq/parley/slots"
)

// drainTimeout bounds how long a graceful stop waits for calls under way.
const drainTimeout = 15 * time.Second

type serveCmd struct {
	Listen       string   `default:"127.0.0.1:8080" env:"PARLEY_LISTEN" help:"Address and port to listen on; port 0 picks a free one (${env})."`
	Data         string   `required:"" type:"path" placeholder:"DIR" env:"PARLEY_DATA" help:"Directory of the store; created if missing or empty (${env})."`
	Demo         demoKind `placeholder:"national|deck" env:"PARLEY_DEMO" help:"Fill a new store with made-up data: national (400 reviewers, 1,000 cases, today; the default) or deck (one week of May 2020 under its sandbox clock) (${env})."`
	Rules        string   `default:"embedded" placeholder:"DIR" env:"PARLEY_RULES" help:"Rules that a new store starts with: a folder, or embedded. A store that has rules keeps them; parley rules load changes them (${env})."`
	SandboxClock string   `placeholder:"TIME" env:"PARLEY_SANDBOX_CLOCK" help:"Let the store live in another time: RFC 3339, e.g. 2020-05-15T09:00:00-04:00. The clock starts there and runs on (${env})."`
	dataKeyFlags
	GoneDataKeys []uint32 `placeholder:"ID" env:"PARLEY_GONE_DATA_KEYS" help:"Data keys that are lost for good: serve without them, and refuse only what they alone can open (${env})."`
	tlsFlags
	tokenFlags
	limitFlags
	traceFlags
	clockFlag
	LogFormat  string        `default:"text" enum:"text,json" env:"PARLEY_LOG_FORMAT" help:"text or json (${env})."`
	LogLevel   string        `default:"info" enum:"debug,info,warn,error" env:"PARLEY_LOG_LEVEL" help:"debug, info (each request), warn or error (${env})."`
	CacheMiB   int64         `name:"cache-mib" default:"64" env:"PARLEY_CACHE_MIB" help:"Memory for the store's block cache, in MiB (${env})."`
	CPUProfile string        `name:"cpu-profile" type:"path" placeholder:"FILE" help:"Write a profile of the processor to FILE, from one signal USR1 to the next; go tool pprof reads it."`
	CheckEvery time.Duration `default:"1m" env:"PARLEY_CHECK_EVERY" help:"How often the whole state is checked beside everything else; a state that contradicts itself takes no more changes. 0 = never (${env})."`
	BackupDir  string        `type:"path" placeholder:"DIR" env:"PARLEY_BACKUP_DIR" help:"Where the admin listener puts backups of the live store; on the same file system they share the tables' space (${env})."`
	BallastMiB int64         `name:"ballast-mib" default:"64" env:"PARLEY_BALLAST_MIB" help:"Space to hold back and give up when the disk is full, in MiB; 0 = none (${env})."`
	StallAfter time.Duration `default:"2s" env:"PARLEY_STALL_AFTER" help:"How long a commit may take before new changes are refused while it goes on (${env})."`
	MinFreeMiB int64         `name:"min-free-mib" default:"256" env:"PARLEY_MIN_FREE_MIB" help:"Go read-only when the disk has less free space than this, in MiB, better 40 or more; 0 = no guard, and no ballast (${env})."`
}

// collectorPercent is by how much the memory in use grows before the collector runs, in
// percent: the collector's share of a booking is halved for a heap that is up to half as
// large again. GOGC in the environment goes first.
const collectorPercent = 200

// leastProcessors is how many goroutines may run at once even where there is one processor: one that waits for the disk keeps its
// place until the runtime notices, up to some milliseconds later, and the others would wait, too. On one core this doubles the
// bookings that 64 clients get. GOMAXPROCS in the environment goes first.
const leastProcessors = 2

// Run serves until ctx ends, then stops gracefully.
func (c *serveCmd) Run(ctx context.Context, s streams) (err error) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectorPercent)
	}
	if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) < leastProcessors {
		runtime.GOMAXPROCS(leastProcessors)
	}
	signal.Ignore(syscall.SIGPIPE) // who reads the log may leave, and the server stays
	if c.Demo == demoDeck && c.SandboxClock == "" {
		c.SandboxClock = demo.DeckStart
	}
	log, flush := newLogger(s.err, c.LogFormat, c.LogLevel)
	defer flush()
	clock, sandbox, err := chooseClock(c.SandboxClock, log)
	if err != nil {
		return &failure{exitUsage, err}
	}
	if err := server.CheckListen(c.Listen, c.TLSCert != "" || c.BehindProxy); err != nil {
		return &failure{exitUsage, err}
	}
	if _, err := c.traceFlags.options(); err != nil {
		return &failure{exitUsage, err}
	}
	offered, err := openFolder(s, c.Rules)
	if err != nil {
		return err
	}
	stopProfile, err := profileFromSignal(c.CPUProfile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopProfile()) }()
	cert, err := c.certificate(ctx, log)
	if err != nil {
		return &failure{exitUsage, err}
	}
	// The listener comes first: a busy port is found before a long replay.
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("cannot listen: %w", err)
	}
	defer listener.Close()
	keys, err := c.ring(ctx)
	if err != nil {
		return err
	}
	store, err := c.openStore(s, log, sandbox, keys)
	if err != nil {
		return err
	}
	return c.serve(ctx, s, log, listener, store, clock, offered, cert, keys)
}

// serve owns the store from here on and closes it.
func (c *serveCmd) serve(ctx context.Context, s streams, log *slog.Logger, listener net.Listener,
	store *persist.Store, clock engine.Clock, offered *folder, cert *server.Certificate, keys *engine.DataKeys,
) (err error) {
	metrics := server.NewMetrics(version)
	if err := metrics.Register(newStoreCollector(store)); err != nil {
		return errors.Join(err, store.Close())
	}
	tracer, stopTraces, err := c.traceFlags.tracer(log, metrics)
	if err != nil {
		return errors.Join(err, store.Close())
	}
	defer stopTraces()
	observer := metrics.Observer()
	observer.Logf = log.Info
	identity := store.Identity()
	opened := engine.Options{
		Log: store, Identity: identity, Clock: clock, Observer: observer, Rules: offered.bundle,
		Keys: keys, Random: rand.Reader, ClockAdvance: c.advance(),
		Loading:  newByteProgress(s.err, "load, bytes").update,
		Progress: newProgress(s.err, "replay").update,
	}
	c.limitFlags.engine(&opened)
	eng, err := engine.Open(ctx, opened)
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		log.Info("stopped before it was ready")
		return store.Close()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("the store cannot be used: %w", err), store.Close())
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	c.followDataKeys(ctx, log, store, eng.Vault())
	tellRules(log, eng.Snapshot().Rules().Version(), offered)
	options := server.Options{
		Engine: eng, Tenant: identity.Tenant, Listen: c.Listen, Version: version, Logger: log, Metrics: metrics, Tracer: tracer, Demo: demoPage(c.Demo),
		Tokens: c.tokens(), Certificate: cert, GoneDataKeys: c.GoneDataKeys, BehindProxy: c.BehindProxy, Admin: c.AdminListen != "",
		CheckEvery: c.CheckEvery, Backup: c.backup(log, store),
	}
	c.limitFlags.server(&options)
	srv, err := server.New(options)
	if err != nil {
		return err
	}
	options.Public = srv
	stopAdmin, err := c.serveAdmin(options, s)
	if err != nil {
		return errors.Join(err, shutdown(srv))
	}
	defer func() { err = errors.Join(err, stopAdmin()) }()
	served := make(chan error, 1)
	go func() { served <- srv.Serve(listener) }()
	if err := c.announce(ctx, s, eng, identity, c.scheme()+"://"+listener.Addr().String()); err != nil {
		return errors.Join(err, shutdown(srv), <-served)
	}
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		log.Info("stopping: calls under way are answered first")
		return errors.Join(shutdown(srv), <-served)
	}
}

// tellRules logs that the store goes by other rules than those at hand. They are
// never applied here: rules change by a command, so that the log says when.
func tellRules(log *slog.Logger, inForce string, offered *folder) {
	if v := offered.rules.Version(); v != inForce {
		log.Warn("the store keeps its own rules; others are at hand and not applied, load them with: parley rules load",
			"inForce", inForce, "atHand", v, "from", offered.name)
	}
}

// announce loads the demo, if one is asked for, and says where the server is.
func (c *serveCmd) announce(ctx context.Context, s streams, eng *engine.Engine, identity engine.Identity, url string) error {
	if c.Demo != demoNone {
		if err := loadDemo(ctx, s, eng, identity.Tenant, c.Demo, url); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.out, "Parley %s serves %s on %s\n", version, c.Data, url)
	if !eng.Snapshot().HasKeys() && c.JWKS == "" {
		fmt.Fprintln(s.out, "No credentials are configured: loopback callers only, as one principal that sees everything.")
	}
	if err := eng.Vault().Ready(); err != nil {
		fmt.Fprintln(s.out, "This store is encrypted and its data key is not there: personal data is refused.")
	}
	if identity.Sandbox {
		fmt.Fprintf(s.out, "Sandbox clock: it is now %s.\n", slots.AppendInstant(nil, eng.Now(), slots.UTC()))
	}
	return nil
}

func shutdown(srv *server.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	return srv.Shutdown(ctx)
}

// chooseClock returns the machine's clock, which tells of its steps, or a sandbox clock that starts
// at an instant.
func chooseClock(sandbox string, log *slog.Logger) (engine.Clock, bool, error) {
	if sandbox == "" {
		return engine.NewSystemClock(engine.ClockOptions{Stepped: func(seconds float64) {
			if seconds == 0 {
				log.Info("the machine's clock and the time that counts agree again")
				return
			}
			log.Error("the machine's clock has stepped: the time that counts follows slowly, and no hold ends early", "seconds", seconds)
		}}), false, nil
	}
	at, _, err := slots.ParseInstant(sandbox)
	if err != nil {
		return nil, false, fmt.Errorf("--sandbox-clock: %w; write it as 2020-05-15T09:00:00-04:00", err)
	}
	return engine.SandboxClock(at), true, nil
}
