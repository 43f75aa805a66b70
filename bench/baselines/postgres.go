package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// postgres is a private server of PostgreSQL: its own folder, a socket in it, no port.
type postgres struct {
	dir     string
	cmd     *exec.Cmd
	version string
}

// postgresSettings give the rival its best on a small machine: memory, no
// checkpoint in the middle of a round, costs of a disk that seeks for nothing. What
// makes a commit durable stays on.
var postgresSettings = []string{
	"fsync=on", "synchronous_commit=on", "full_page_writes=on",
	"shared_buffers=1GB", "effective_cache_size=4GB", "work_mem=64MB", "maintenance_work_mem=256MB",
	"max_wal_size=8GB", "checkpoint_timeout=60min", "wal_compression=off", "wal_level=minimal", "max_wal_senders=0",
	"random_page_cost=1.1", "plan_cache_mode=force_generic_plan", "jit=off", "autovacuum=off", "max_connections=150",
	"listen_addresses=", "logging_collector=off", "log_min_messages=error",
}

// errAbsent says that a rival is not installed.
var errAbsent = errors.New("not installed")

// startPostgres makes a cluster in scratch and starts it. PostgreSQL refuses to
// run as root, so root starts it as the first of the named users that exists.
func startPostgres(ctx context.Context, scratch string) (*postgres, error) {
	initdb, server, err := findPostgres()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(scratch, "pg-")
	if err != nil {
		return nil, err
	}
	attributes, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	setup := exec.CommandContext(ctx, initdb, "-D", data, "-U", "parley", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-instructions", "--no-sync")
	setup.SysProcAttr, setup.Dir = attributes, dir
	if out, err := setup.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	args := []string{"-D", data, "-k", dir}
	for _, s := range postgresSettings {
		args = append(args, "-c", s)
	}
	p := &postgres{dir: dir, cmd: exec.Command(server, args...), version: firstLine(server, "--version")}
	p.cmd.SysProcAttr, p.cmd.Dir = attributes, dir
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if err := p.await(ctx); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

// findPostgres looks where Debian puts it, newest first, then on the path.
func findPostgres() (initdb, server string, err error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	for _, f := range found {
		initdb = f // the glob is sorted
	}
	if initdb == "" {
		if initdb, err = exec.LookPath("initdb"); err != nil {
			return "", "", errAbsent
		}
	}
	server = filepath.Join(filepath.Dir(initdb), "postgres")
	if _, err := os.Stat(server); err != nil {
		return "", "", errAbsent
	}
	return initdb, server, nil
}

// unprivileged gives dir to a user who may run a database, and says how to run as him.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.Atoi(u.Uid)
		gid, errGID := strconv.Atoi(u.Gid)
		if err := errors.Join(errUID, errGID, os.Chown(dir, uid, gid)); err != nil {
			return nil, err
		}
		return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return nil, errors.New("no user to run a database as: there is neither postgres nor nobody")
}

// await connects until the server answers.
func (p *postgres) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		conn, err := p.connect(ctx)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the database does not answer: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (p *postgres) connect(ctx context.Context) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(fmt.Sprintf("host=%s user=parley dbname=postgres sslmode=disable", p.dir))
	if err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, config)
}

// connections opens many; the caller closes them with hangUp.
func (p *postgres) connections(ctx context.Context, many int) (conns []*pgx.Conn, err error) {
	for range many {
		conn, err := p.connect(ctx)
		if err != nil {
			hangUp(conns)
			return nil, err
		}
		conns = append(conns, conn)
	}
	return conns, nil
}

func hangUp(conns []*pgx.Conn) {
	for _, c := range conns {
		_ = c.Close(context.Background())
	}
}

// stop shuts the server down fast and waits for it.
func (p *postgres) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGINT)
	return p.cmd.Wait()
}

// exec runs statements one after the other.
func (p *postgres) exec(ctx context.Context, statements ...string) error {
	conn, err := p.connect(ctx)
	if err != nil {
		return err
	}
	defer hangUp([]*pgx.Conn{conn})
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("%w in %.200s", err, s)
		}
	}
	return nil
}
