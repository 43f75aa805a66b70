package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// post is a request as it goes over the wire.
func post(path, key string, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", path, len(body))
	if key != "" {
		fmt.Fprintf(&b, "Idempotency-Key: %s\r\n", key)
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// wire is one kept-alive connection. It reads answers that say how long they
// are, which is all that the servers measured here send.
type wire struct {
	addr string
	conn net.Conn // nil = to be dialled
	in   *bufio.Reader
	body []byte // of the last answer
}

// dial connects, again if the server has ended the connection after an answer.
func (w *wire) dial() (err error) {
	if w.conn != nil {
		return nil
	}
	if w.conn, err = net.Dial("tcp", w.addr); err != nil {
		return err
	}
	w.in = bufio.NewReaderSize(w.conn, 32<<10)
	return nil
}

func (w *wire) close() {
	if w.conn != nil {
		_ = w.conn.Close() // nothing is to be flushed
		w.conn = nil
	}
}

var (
	contentLength   = []byte("Content-Length:")
	connectionClose = []byte("Connection: close")
)

// ask sends a request and reads its answer into w.body.
func (w *wire) ask(request []byte) (status int, err error) {
	if err := w.dial(); err != nil {
		return 0, err
	}
	if _, err := w.conn.Write(request); err != nil {
		return 0, err
	}
	line, err := w.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, fmt.Errorf("not an answer: %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, err
	}
	length, last := 0, false
	for {
		line, err := w.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			break
		}
		last = last || bytes.EqualFold(line, connectionClose)
		if len(line) > len(contentLength) && bytes.EqualFold(line[:len(contentLength)], contentLength) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(contentLength):]))); err != nil {
				return 0, err
			}
		}
	}
	if cap(w.body) < length {
		w.body = make([]byte, length)
	}
	w.body = w.body[:length]
	_, err = io.ReadFull(w.in, w.body)
	if last {
		w.close()
	}
	return status, err
}

// load asks in a closed loop over conns connections for about d. next gives the
// i-th request, nil when the turn is over; every answer must have status want.
func load(ctx context.Context, addr string, conns int, d time.Duration, want int, next func(i int) []byte) (sample, error) {
	wires := make([]*wire, conns)
	for i := range wires {
		wires[i] = &wire{addr: addr}
		defer wires[i].close()
		if err := wires[i].dial(); err != nil {
			return sample{}, err
		}
	}
	return closedLoop(ctx, conns, d, func(client, i int) error {
		request := next(i)
		if request == nil {
			return errTurnOver
		}
		status, err := wires[client].ask(request)
		if err == nil && status != want {
			err = fmt.Errorf("status %d instead of %d: %.300s", status, want, wires[client].body)
		}
		return err
	})
}

// closedLoop calls do from clients at once, each after its last call has
// returned, for about d and at least once; i counts the calls of all clients. A client whose call
// says errTurnOver stops; any other error stops all.
func closedLoop(ctx context.Context, clients int, d time.Duration, do func(client, i int) error) (sample, error) {
	var (
		count     atomic.Int64
		wait      sync.WaitGroup
		latencies = make([][]time.Duration, clients)
		failures  = make([]error, clients)
	)
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	begin := time.Now()
	for c := range clients {
		wait.Go(func() {
			for first := true; first || ctx.Err() == nil; first = false {
				asked := time.Now()
				if err := do(c, int(count.Add(1))-1); err != nil {
					if !errors.Is(err, errTurnOver) {
						failures[c] = err
						cancel()
					}
					return
				}
				latencies[c] = append(latencies[c], time.Since(asked))
			}
		})
	}
	wait.Wait()
	s := sample{elapsed: time.Since(begin)}
	taken := slices.Concat(latencies...)
	if s.ops = len(taken); s.ops > 0 {
		slices.Sort(taken)
		s.median = taken[s.ops/2]
	}
	return s, errors.Join(failures...)
}
