package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/valyala/fasthttp"
)

// bareEnv names the file of answers that this program, started once more as a
// process of its own, gives to whatever it is asked.
const bareEnv = "PARLEY_RIVALS_BARE"

// canned is an answer to give: what the product gave, byte for byte but for the
// headers that a server makes itself.
type canned struct {
	Headers [][2]string `json:"headers"`
	Body    []byte      `json:"body"`
}

// serveBareIfAsked serves canned answers until it is told to stop, if this
// process was started for it.
func serveBareIfAsked() bool {
	file := os.Getenv(bareEnv)
	if file == "" {
		return false
	}
	if err := serveBare(file); err != nil {
		fmt.Fprintln(os.Stderr, "bare:", err)
		os.Exit(1)
	}
	return true
}

func serveBare(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var answers []canned
	if err := json.Unmarshal(text, &answers); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var next atomic.Uint64
	server := &fasthttp.Server{
		NoDefaultServerHeader: true,
		Handler: func(ctx *fasthttp.RequestCtx) {
			a := &answers[next.Add(1)%uint64(len(answers))]
			for _, h := range a.Headers {
				ctx.Response.Header.Set(h[0], h[1])
			}
			ctx.Response.SetBodyRaw(a.Body)
		},
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	fmt.Printf("bare handler on %s\n", listener.Addr())
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		return nil
	}
}

// startBare starts the bare handler with what the product at addr answers to requests.
func (r *run) startBare(ctx context.Context, addr, path string, bodies [][]byte) (*process, error) {
	var answers []canned
	for _, body := range bodies {
		a, err := capture(addr, path, body)
		if err != nil {
			return nil, err
		}
		answers = append(answers, a)
	}
	text, err := json.Marshal(answers)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(r.scratch, "canned.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), bareEnv+"="+file)
	return start(cmd, r.scratch)
}

// ownHeaders are those that every server writes for itself.
var ownHeaders = map[string]bool{"content-length": true, "date": true, "connection": true}

// capture asks the product and keeps its answer.
func capture(addr, path string, body []byte) (canned, error) {
	request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(request)
	defer fasthttp.ReleaseResponse(response)
	request.SetRequestURI("http://" + addr + path)
	request.Header.SetMethod(fasthttp.MethodPost)
	request.Header.SetContentType("application/json")
	request.SetBody(body)
	if err := fasthttp.Do(request, response); err != nil {
		return canned{}, err
	}
	if response.StatusCode() != fasthttp.StatusOK {
		return canned{}, fmt.Errorf("POST %s: status %d: %.300s", path, response.StatusCode(), response.Body())
	}
	a := canned{Body: append([]byte(nil), response.Body()...)}
	for name, value := range response.Header.All() {
		if !ownHeaders[strings.ToLower(string(name))] {
			a.Headers = append(a.Headers, [2]string{string(name), string(value)})
		}
	}
	return a, nil
}
