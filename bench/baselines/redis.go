package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// redis is a private server of Redis whose append-only file is synced before
// each answer.
type redis struct {
	cmd     *exec.Cmd
	socket  string
	version string
}

func startRedis(ctx context.Context, scratch string) (*redis, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errAbsent
	}
	dir, err := os.MkdirTemp(scratch, "redis-")
	if err != nil {
		return nil, err
	}
	r := &redis{socket: filepath.Join(dir, "s"), version: firstLine(program, "--version")}
	r.cmd = exec.Command(program, "--port", "0", "--unixsocket", r.socket, "--dir", dir, "--appendonly", "yes", "--appendfsync", "always",
		"--save", "", "--daemonize", "no", "--auto-aof-rewrite-percentage", "0")
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	for began := time.Now(); ; {
		conn, err := r.dial()
		if err == nil {
			return r, conn.close()
		}
		if time.Since(began) > time.Minute || ctx.Err() != nil {
			return nil, errors.Join(fmt.Errorf("redis does not answer: %w", err), r.stop())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (r *redis) stop() error {
	_ = r.cmd.Process.Signal(os.Interrupt)
	return r.cmd.Wait()
}

// redisConn speaks as much of the protocol as SET needs.
type redisConn struct {
	conn net.Conn
	in   *bufio.Reader
	out  []byte
}

func (r *redis) dial() (*redisConn, error) {
	conn, err := net.Dial("unix", r.socket)
	if err != nil {
		return nil, err
	}
	return &redisConn{conn: conn, in: bufio.NewReader(conn)}, nil
}

func (c *redisConn) close() error { return c.conn.Close() }

// ask sends a command and returns the line that answers it.
func (c *redisConn) ask(words ...string) (string, error) {
	c.out = strconv.AppendInt(append(c.out[:0], '*'), int64(len(words)), 10)
	for _, word := range words {
		c.out = strconv.AppendInt(append(c.out, "\r\n$"...), int64(len(word)), 10)
		c.out = append(append(c.out, "\r\n"...), word...)
	}
	if _, err := c.conn.Write(append(c.out, "\r\n"...)); err != nil {
		return "", err
	}
	line, err := c.in.ReadString('\n')
	return strings.TrimSpace(line), err
}

// hold sets a key for ten minutes if nobody has it, and reports whether it did.
func (c *redisConn) hold(key, value string) (bool, error) {
	line, err := c.ask("SET", key, value, "NX", "PX", "600000")
	switch {
	case err != nil:
		return false, err
	case line == "+OK" || line == "$-1":
		return line == "+OK", nil
	}
	return false, fmt.Errorf("redis: %q", line)
}

// release deletes a key that is there.
func (c *redisConn) release(key string) error {
	line, err := c.ask("DEL", key)
	if err == nil && line != ":1" {
		err = fmt.Errorf("redis: %q", line)
	}
	return err
}

// try holds a slot twice: the second time must be refused.
func (r *redis) try() error {
	c, err := r.dial()
	if err != nil {
		return err
	}
	defer func() { _ = c.close() }()
	first, err1 := c.hold("try", "a")
	second, err2 := c.hold("try", "b")
	if err := errors.Join(err1, err2, c.release("try")); err != nil || !first || second {
		return fmt.Errorf("redis held a slot %v, then %v: %w", first, second, err)
	}
	return nil
}

// holds is a contender that holds a slot and lets it go again, over and over, as
// the product's does; each is a durable write.
func (r *redis) holds(name string, b *bookings, clients int) (contender, func(), error) {
	conns := make([]*redisConn, clients)
	hangUp := func() {
		for _, c := range conns {
			if c != nil {
				_ = c.close()
			}
		}
	}
	for i := range conns {
		var err error
		if conns[i], err = r.dial(); err != nil {
			hangUp()
			return contender{}, nil, err
		}
	}
	return contender{name, func(ctx context.Context, d time.Duration) (sample, error) {
		s, err := closedLoop(ctx, clients, d, func(client, _ int) error {
			a := b.at(b.spare() + client)
			key := fmt.Sprintf("hold:%s:%d", a.ReviewerID, a.Start)
			held, err := conns[client].hold(key, a.CaseIDs[0])
			if err == nil && !held {
				err = fmt.Errorf("redis: %s was held already", key)
			}
			return errors.Join(err, conns[client].release(key))
		})
		s.ops *= 2
		return s, err
	}}, hangUp, nil
}
