package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// ErrNotLoopback is returned for an address that other machines can reach: it takes credentials, and TLS or a proxy that
// speaks it.
var ErrNotLoopback = errors.New("server: other than a loopback address may be listened on with credentials, and with a certificate or behind a proxy")

// Options of a server.
type Options struct {
	Engine *engine.Engine
	// Tenant is the organisation that all requests belong to while no credentials are configured.
	Tenant string
	// Listen is the address that will be served, checked early; "" = checked by Serve only.
	Listen  string
	Version string       // of the program, shown in metrics and on the page
	Logger  *slog.Logger // nil = no log
	Metrics *Metrics     // of this server alone; nil = the server makes its own
	Tracer  Tracer       // takes traces of requests; nil = there are none
	// Demo names what the landing page's examples may use; nil = no examples with personal data.
	Demo *Demo
	// Certificate makes the server speak TLS; nil = plain HTTP.
	Certificate *Certificate
	// BehindProxy says that a proxy on the way speaks TLS, so that plain HTTP may come from other machines.
	BehindProxy bool
	// GoneDataKeys are ids of data keys that are gone for good: what is sealed under them is refused where it is
	// asked for, and nothing else.
	GoneDataKeys []uint32
	// Admin says that another server, made by NewAdmin, shows the metrics.
	Admin bool
	// Public is, to NewAdmin, that server: what is recorded goes into its access journal; nil = nothing is.
	Public *Server
	// Rates bound how many requests are taken of whom.
	Rates Rates
	// OfficeCallsPerHour is how many calls and callback requests one office leaves behind in an hour, in the long run and at once; those that it has cancelled
	// count, too. An office is a requester's NPIs in its tenant, or the principal where it has none. 0 and less = any number.
	OfficeCallsPerHour int
	// MaxDelay is how long work may wait for a processor before some of it is turned away; 0 = 250 ms, negative = for ever.
	MaxDelay time.Duration
	// SearchWork is how many units of work the searches of one request may take; 0 = UsualSearchWork, negative = as many as it takes.
	SearchWork int
	// Backup makes a backup of the live store, for the operator's listener; nil = there are none. It may take long, and is told
	// progress in bytes. A shutdown waits for its end.
	Backup func(ctx context.Context, progress func(done, total uint64)) (BackupMade, error)
	// CheckEvery is how often the whole state is checked beside everything else; 0 = never. A state that
	// contradicts itself takes no more changes.
	CheckEvery time.Duration
	// Tokens says whose JSON Web Tokens are taken; nil = nobody's. Once it is set, or a key exists, nobody is let in
	// without a credential.
	Tokens *TokenOptions
}

// Server is the HTTP face of an engine.
type Server struct {
	engine  *engine.Engine
	metrics *Metrics
	tracer  Tracer // nil: nothing is traced
	log     *slog.Logger
	tenant  string
	version string
	demo    *Demo
	router  *router
	// unrouted counts the answers to requests without a route.
	unrouted *meter
	http     *fasthttp.Server
	stop     context.CancelFunc
	base     context.Context // parent of all calls, cancelled after the drain
	waits    waits           // of most calls
	// read returns a snapshot and a present instant that is not before its last stamped one.
	read func() (*engine.Snapshot, slots.Instant)
	// imports has room for the imports under way: more of them would crowd everybody else out of the writer's queue.
	imports slotsByTenant
	// alone keeps apart what takes effect before its key is remembered.
	alone alone
	// making has room for the large answers that are being made.
	making slotsByTenant
	// bodies has room for the large bodies that are in memory.
	bodies bodyRoom
	// answers has room for the large answers that are on their way.
	answers answerRoom
	named   named
	vault   *vaultWatch
	local   *caller  // who asks while no credentials are configured
	callers callers  // with keys
	tokens  *tokens  // nil: none are taken
	journal *journal // nil: nothing personal is served
	public  *Server  // of the operator's own listener, whose access journal it writes; nil: none
	limit   limiter  // of requests
	trouble logBound // of what anybody can cause
	gate    gate     // closes where there is too much to do
	// searchWork is how many units of work the searches of one request may take, ≤ 0 = as many as it takes.
	searchWork int

	certificate *Certificate // nil: plain HTTP
	exposed     bool         // other machines may be listened to
	admin       bool         // the operator's own listener
	backups     backups

	mu        sync.Mutex
	stopped   bool
	listeners []*listener
}

// errProxyOpen: what a proxy lets in comes from this machine, and without credentials this machine may do everything.
var errProxyOpen = errors.New("server: behind a proxy credentials are required: make a key first (parley key create), or configure tokens")

// New makes a server for an open engine.
func New(o Options) (*Server, error) {
	if o.Engine == nil || o.Tenant == "" {
		return nil, errors.New("server: an engine and a tenant are required")
	}
	if o.Listen != "" {
		if err := CheckListen(o.Listen, o.Certificate != nil || o.BehindProxy); err != nil {
			return nil, err
		}
		if !o.Engine.Snapshot().HasKeys() && o.Tokens == nil {
			if o.BehindProxy {
				return nil, errProxyOpen
			}
			if err := CheckListen(o.Listen, false); err != nil {
				return nil, fmt.Errorf("no credentials are configured: %w", err)
			}
		}
	}
	s := newServer(o, publicRoutes(o.Admin))
	if err := s.metrics.Register(newStateCollector(o.Engine)); err != nil {
		return nil, fmt.Errorf("server: metrics: %w", err)
	}
	if err := s.metrics.Register(newVaultCollector(s.vault)); err != nil {
		return nil, fmt.Errorf("server: metrics: %w", err)
	}
	s.every(partsEvery, func(tick <-chan time.Time) { s.vault.follow(s.base.Done(), tick) })
	s.readFrom(o.Engine)
	var err error
	if s.journal, err = openJournal(o.Engine, o.Tenant, s.log, s.metrics); err != nil {
		return nil, err
	}
	if o.Tokens != nil {
		if s.tokens, err = newTokens(*o.Tokens, o.Tenant, time.Now); err != nil {
			return nil, err
		}
		s.every(keySetEvery, func(tick <-chan time.Time) { s.tokens.keys.follow(s.base, s.log, tick, time.Now) })
	}
	s.keepGate()
	if o.CheckEvery > 0 {
		s.every(o.CheckEvery, s.checkSelf)
	}
	if s.certificate != nil {
		s.every(certificateEvery, func(tick <-chan time.Time) { s.certificate.follow(s.base, s.log, tick) })
	}
	return s, nil
}

// every runs do beside the server, with a tick of some time apart; do ends with the server.
func (s *Server) every(apart time.Duration, do func(<-chan time.Time)) {
	tick := time.NewTicker(apart)
	go func() {
		defer tick.Stop()
		do(tick.C)
	}()
}

func (s *Server) readFrom(e *engine.Engine) {
	s.read = func() (*engine.Snapshot, slots.Instant) {
		snap := e.Snapshot()
		return snap, max(e.Now(), snap.Stamped())
	}
}

// publicRoutes is the table of routes, without metrics if those are shown elsewhere.
func publicRoutes(admin bool) []route {
	rows := routes()
	if admin {
		rows = slices.DeleteFunc(rows, func(r route) bool { return r.name == "getMetrics" })
	}
	return rows
}

// newServer wires everything but the engine's state.
func newServer(o Options, rows []route) *Server {
	s := &Server{engine: o.Engine, metrics: o.Metrics, tracer: o.Tracer, log: o.Logger, tenant: o.Tenant, version: o.Version, demo: o.Demo,
		certificate: o.Certificate, exposed: o.Certificate != nil || o.BehindProxy}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.metrics == nil {
		s.metrics = NewMetrics(o.Version)
	}
	if o.Engine != nil {
		s.vault = &vaultWatch{engine: o.Engine, gone: o.GoneDataKeys}
	}
	s.imports = slotsByTenant{most: maxImports, spare: 1}
	making := max(leastMaking, makingEach*runtime.GOMAXPROCS(0))
	s.making = slotsByTenant{most: making, spare: making / makingSpare}
	s.local = &caller{actor: s.localActor(), role: roleAll}
	rankRows(rows)
	allow(rows)
	s.limit = newLimiter(o.Rates, o.BehindProxy)
	s.limit.office = newOfficeCalls(o.OfficeCallsPerHour)
	s.gate.maxDelay = orUsual(o.MaxDelay, usualMaxDelay).Seconds()
	s.searchWork = orUsual(o.SearchWork, UsualSearchWork)
	s.router = newRouter(rows)
	s.unrouted = newMeter(s.metrics, "none")
	for i := range s.router.rows {
		s.router.rows[i].meter = newMeter(s.metrics, s.router.rows[i].name)
	}
	s.backups.make = o.Backup
	s.base, s.stop = context.WithCancel(context.Background())
	s.http = newTransport(s)
	return s
}

// CheckListen says whether an address may be listened on: unless the server is exposed on purpose, with a certificate or
// behind a proxy, its host must be a loopback address or localhost. The error wraps ErrNotLoopback.
func CheckListen(address string, exposed bool) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("server: listen address %q: %w", address, err)
	}
	if exposed {
		return nil
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost") {
		return nil
	}
	return fmt.Errorf("%w, not %q; use for example 127.0.0.1:8080", ErrNotLoopback, address)
}

// Handler answers requests; for servers and tests that bring their own listener.
func (s *Server) Handler() fasthttp.RequestHandler { return s.http.Handler }

// Serve answers requests on a listener, which must be a loopback one unless the server is exposed, until Shutdown. It returns nil after a shutdown, also if that
// came first, and closes the listener in any case.
func (s *Server) Serve(l net.Listener) error {
	if !isLoopback(l.Addr()) && (!s.exposed || s.tokens == nil && !s.engine.Snapshot().HasKeys()) {
		return errors.Join(fmt.Errorf("%w, not %q", ErrNotLoopback, l.Addr()), l.Close())
	}
	own := newListener(l, s.metrics.problem)
	own.short = func(err error) {
		if s.troubleHasLine() {
			s.log.Error("no connection can be taken", "error", err)
		}
	}
	s.mu.Lock()
	stopped := s.stopped
	s.listeners = append(s.listeners, own)
	s.mu.Unlock()
	if stopped {
		return own.Close()
	}
	if s.certificate != nil {
		return s.http.Serve(tlsListener{tls.NewListener(own, s.certificate.config())})
	}
	return s.http.Serve(own)
}

// Shutdown closes the listeners, answers what is under way, and waits until all connections are closed or ctx
// ends; then the access journal has 10 s of its own to end. The engine stays open: it is closed afterwards, so that every request gets its answer.
func (s *Server) Shutdown(ctx context.Context) error {
	defer s.stop()
	if s.admin {
		s.stop() // a profile under way ends early
	}
	s.mu.Lock()
	s.stopped = true
	var err error
	for _, l := range s.listeners { // the library does not know a listener that it is about to serve
		err = errors.Join(err, l.Close())
	}
	s.mu.Unlock()
	err = errors.Join(err, s.http.ShutdownWithContext(ctx), s.journal.close())
	if s.admin {
		s.backups.done.Wait() // the store is closed next
	}
	if err != nil {
		return fmt.Errorf("server: shutdown: %w", err)
	}
	return nil
}
