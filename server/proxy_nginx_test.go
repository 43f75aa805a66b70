package server

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// proxyWays are the two ways in which nginx passes a target on: as it came, and made clean.
var proxyWays = []string{"as it came", "made clean"}

// nginxConfig is a proxy on two sockets before one server. Requests go on with the Host that came.
const nginxConfig = `
daemon off;
master_process off;
pid %[1]s/pid;
events { worker_connections 128; }
http {
  access_log off;
  client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi; uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
  client_header_timeout 1s; client_body_timeout 1s; keepalive_timeout 5s; lingering_close off;
  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
  proxy_set_header Connection "";
  server { listen unix:%[1]s/0; location / { proxy_pass http://unix:%[1]s/up; } }
  server { listen unix:%[1]s/1; location / { proxy_pass http://unix:%[1]s/up:/; } }
}
`

// askNginx starts the nginx of that name, shows it all connections and tells what it did.
func askNginx(t *testing.T, program string, corpus []string) (list []exchange) {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil { // Debian keeps it where only root looks
		path, err = exec.LookPath(filepath.Join("/usr/sbin", program))
	}
	if err != nil {
		t.Fatalf("nginx is needed for -proxy.nginx and is not there (Debian: apt-get install nginx-light): %v", err)
	}
	dir, err := os.MkdirTemp("", "proxy") // the names of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	up := listenUp(t, filepath.Join(dir, "up"))
	defer up.Close()
	config := filepath.Join(dir, "conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, nginxConfig, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command(path, "-p", dir, "-c", config, "-e", "stderr")
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("nginx said:\n%s", tailOf(said.String()))
		}
	}()
	for way, name := range proxyWays {
		socket := filepath.Join(dir, strconv.Itoa(way))
		awaitSocket(t, socket)
		for _, sent := range corpus {
			list = append(list, exchange{way: name, sent: sent, did: up.through(t, socket, sent)})
		}
	}
	return list
}

func tailOf(s string) string { return s[max(0, len(s)-2000):] }

// awaitSocket waits until somebody listens there.
func awaitSocket(t *testing.T, socket string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("nginx does not listen: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// upstream stands where the server would, and keeps what arrives.
type upstream struct {
	net.Listener
	mu   sync.Mutex
	kept []string
}

func listenUp(t *testing.T, socket string) *upstream {
	t.Helper()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	up := &upstream{Listener: l}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			up.take(conn)
		}
	}()
	return up
}

// take keeps one request's bytes and answers with their number.
func (up *upstream) take(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	in := bufio.NewReader(conn)
	var text strings.Builder
	length := 0
	for {
		line, err := in.ReadString('\n')
		text.WriteString(line)
		if err != nil || line == "\r\n" {
			break
		}
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Content-Length") {
			length, _ = strconv.Atoi(strings.TrimSpace(value)) // what nginx writes
		}
	}
	body := make([]byte, length)
	n, _ := io.ReadFull(in, body)
	text.Write(body[:n])
	up.mu.Lock()
	up.kept = append(up.kept, text.String())
	number := len(up.kept) - 1
	up.mu.Unlock()
	fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nX-Kept: %d\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", number)
}

// through sends a connection's bytes to the proxy and tells what it did with each request.
func (up *upstream) through(t *testing.T, socket, sent string) (did []deed) {
	t.Helper()
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, sent+last); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Logf("%q: %v", sent, err) // it answers and closes before all is sent
	}
	in := bufio.NewReader(conn)
	for {
		if next, err := in.Peek(5); err != nil || string(next) != "HTTP/" { // HTTP/0.9 has no head
			if len(next) > 0 {
				did = append(did, deed{status: http.StatusBadRequest})
			}
			return did
		}
		head, _, err := readAnswer(in)
		if err != nil {
			return did
		}
		switch kept, err := strconv.Atoi(head.Header.Get("X-Kept")); {
		case head.StatusCode == http.StatusContinue:
		case err == nil:
			up.mu.Lock()
			did = append(did, deed{forwarded: up.kept[kept]})
			up.mu.Unlock()
		default:
			did = append(did, deed{status: head.StatusCode})
		}
	}
}

const proxyRecording = "testdata/proxy.txt"

// recordExchanges writes the recording: a line per connection, then one per request that nginx sent on (<) or answered (!).
func recordExchanges(t *testing.T, list []exchange) {
	t.Helper()
	var b strings.Builder
	for _, x := range list {
		fmt.Fprintf(&b, "\n%s\n> %q\n", x.way, x.sent)
		for _, d := range x.did {
			if d.forwarded != "" {
				fmt.Fprintf(&b, "< %q\n", d.forwarded)
			} else {
				fmt.Fprintf(&b, "! %d\n", d.status)
			}
		}
	}
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(proxyRecording, []byte(strings.TrimPrefix(b.String(), "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// recordedExchanges reads the recording.
func recordedExchanges(t *testing.T) (list []exchange) {
	t.Helper()
	text, err := os.ReadFile(proxyRecording)
	if err != nil {
		t.Fatal(err)
	}
	for block := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		var x exchange
		for i, line := range strings.Split(block, "\n") {
			value := strings.TrimLeft(line, "><! ")
			quoted, err := strconv.Unquote(value)
			status, err2 := strconv.Atoi(value)
			switch {
			case i == 0:
				x.way = line
			case line[0] == '>' && err == nil:
				x.sent = quoted
			case line[0] == '<' && err == nil:
				x.did = append(x.did, deed{forwarded: quoted})
			case line[0] == '!' && err2 == nil:
				x.did = append(x.did, deed{status: status})
			default:
				t.Fatalf("the recording has the line %q", line)
			}
		}
		list = append(list, x)
	}
	return list
}
