package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// ErrNotLoopback is returned for an address that other machines can reach: no credentials are configured.
var ErrNotLoopback = errors.New("server: without credentials only a loopback address may be listened on")

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
	// Demo names what the landing page's examples may use; nil = no examples with personal data.
	Demo *Demo
	// Tokens says whose JSON Web Tokens are taken; nil = nobody's. Once it is set, or a key exists, nobody is let in
	// without a credential.
	Tokens *TokenOptions
}

// Server is the HTTP face of an engine.
type Server struct {
	engine  *engine.Engine
	metrics *Metrics
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
	// read returns a snapshot and a present instant that is not before its last stamped one.
	read func() (*engine.Snapshot, slots.Instant)
	// imports has room for the imports under way: more of them would crowd everybody else out of the writer's queue.
	imports chan struct{}
	named   named
	local   *caller // who asks while no credentials are configured
	callers callers // with keys
	tokens  *tokens // nil: none are taken

	mu        sync.Mutex
	stopped   bool
	listeners []*listener
}

// New makes a server for an open engine.
func New(o Options) (*Server, error) {
	if o.Engine == nil || o.Tenant == "" {
		return nil, errors.New("server: an engine and a tenant are required")
	}
	if o.Listen != "" {
		if err := CheckListen(o.Listen); err != nil {
			return nil, err
		}
	}
	s := newServer(o, routes())
	if err := s.metrics.Register(newStateCollector(o.Engine)); err != nil {
		return nil, fmt.Errorf("server: metrics: %w", err)
	}
	s.read = func() (*engine.Snapshot, slots.Instant) {
		snap := o.Engine.Snapshot()
		return snap, max(o.Engine.Now(), snap.Stamped())
	}
	if o.Tokens != nil {
		var err error
		if s.tokens, err = newTokens(*o.Tokens, o.Tenant, time.Now); err != nil {
			return nil, err
		}
		tick := time.NewTicker(keySetEvery)
		go func() {
			defer tick.Stop()
			s.tokens.keys.follow(s.base, s.log, tick.C, time.Now)
		}()
	}
	return s, nil
}

// newServer wires everything but the engine's state.
func newServer(o Options, rows []route) *Server {
	s := &Server{engine: o.Engine, metrics: o.Metrics, log: o.Logger, tenant: o.Tenant, version: o.Version, demo: o.Demo,
		imports: make(chan struct{}, maxImports)}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.metrics == nil {
		s.metrics = NewMetrics(o.Version)
	}
	s.local = &caller{actor: s.localActor(), role: roleAll}
	allow(rows)
	s.router = newRouter(rows)
	s.unrouted = newMeter(s.metrics, "none")
	for i := range s.router.rows {
		s.router.rows[i].meter = newMeter(s.metrics, s.router.rows[i].name)
	}
	s.base, s.stop = context.WithCancel(context.Background())
	s.http = newTransport(s)
	return s
}

// CheckListen says whether an address may be listened on without credentials: its host must be a loopback
// address or localhost. The error wraps ErrNotLoopback.
func CheckListen(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("server: listen address %q: %w", address, err)
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost") {
		return nil
	}
	return fmt.Errorf("%w, not %q; use for example 127.0.0.1:8080", ErrNotLoopback, address)
}

// Handler answers requests; for servers and tests that bring their own listener.
func (s *Server) Handler() fasthttp.RequestHandler { return s.http.Handler }

// Serve answers requests on a loopback listener until Shutdown. It returns nil after a shutdown, also if that
// came first, and closes the listener in any case.
func (s *Server) Serve(l net.Listener) error {
	if !isLoopback(l.Addr()) {
		return errors.Join(fmt.Errorf("%w, not %q", ErrNotLoopback, l.Addr()), l.Close())
	}
	own := newListener(l)
	s.mu.Lock()
	stopped := s.stopped
	s.listeners = append(s.listeners, own)
	s.mu.Unlock()
	if stopped {
		return own.Close()
	}
	return s.http.Serve(own)
}

// Shutdown closes the listeners, answers what is under way, and returns when all connections are closed or ctx
// ends. The engine stays open: it is closed afterwards, so that every request gets its answer.
func (s *Server) Shutdown(ctx context.Context) error {
	defer s.stop()
	s.mu.Lock()
	s.stopped = true
	var err error
	for _, l := range s.listeners { // the library does not know a listener that it is about to serve
		err = errors.Join(err, l.Close())
	}
	s.mu.Unlock()
	if err = errors.Join(err, s.http.ShutdownWithContext(ctx)); err != nil {
		return fmt.Errorf("server: shutdown: %w", err)
	}
	return nil
}
