package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// pgbench loads the database from PostgreSQL's own client, written in C as wrk is,
// so that neither side of a comparison pays for a slower client.
type pgbench struct {
	program string
	socket  string
	scripts []string // files, one statement each
	clients int
}

// newPgbench writes the statements to files. It gives nil where pgbench is absent.
func (p *postgres) newPgbench(scratch, name string, statements []string, clients int) (*pgbench, error) {
	_, server, err := findPostgres()
	if err != nil {
		return nil, err
	}
	b := &pgbench{program: filepath.Join(filepath.Dir(server), "pgbench"), socket: p.dir, clients: clients}
	if lookUp(b.program) == "" {
		return nil, nil
	}
	for i, s := range statements {
		file := filepath.Join(scratch, fmt.Sprintf("%s-%d.sql", name, i))
		if err := os.WriteFile(file, []byte(strings.TrimSpace(s)+";\n"), 0o600); err != nil {
			return nil, err
		}
		b.scripts = append(b.scripts, file)
	}
	return b, nil
}

// contender runs the statements in turn, each prepared once a connection.
func (b *pgbench) contender(name string) contender {
	return contender{name, func(ctx context.Context, d time.Duration) (sample, error) {
		seconds := max(1, int(d.Round(time.Second)/time.Second))
		args := []string{
			"-h", b.socket, "-U", "parley", "-n", "-M", "prepared", "-c", strconv.Itoa(b.clients), "-j", "2", "-T", strconv.Itoa(seconds),
		}
		for _, s := range b.scripts {
			args = append(args, "-f", s)
		}
		out, err := exec.CommandContext(ctx, b.program, append(args, "postgres")...).CombinedOutput()
		if err != nil {
			return sample{}, fmt.Errorf("pgbench: %w: %s", err, out)
		}
		return readPgbench(string(out))
	}}
}

var (
	pgbenchDone   = regexp.MustCompile(`(?m)^number of transactions actually processed: (\d+)`)
	pgbenchRate   = regexp.MustCompile(`(?m)^tps = ([0-9.]+) \(without initial connection time\)`)
	pgbenchFailed = regexp.MustCompile(`(?m)^number of failed transactions: ([1-9]\d*)`)
)

// readPgbench reads what pgbench prints; a statement that failed fails the whole.
func readPgbench(out string) (sample, error) {
	done, rate := pgbenchDone.FindStringSubmatch(out), pgbenchRate.FindStringSubmatch(out)
	if done == nil || rate == nil || pgbenchFailed.MatchString(out) {
		return sample{}, fmt.Errorf("pgbench said %q", out)
	}
	ops, err := strconv.Atoi(done[1])
	if err != nil {
		return sample{}, err
	}
	perSecond, err := strconv.ParseFloat(rate[1], 64)
	if err != nil || perSecond == 0 {
		return sample{}, fmt.Errorf("pgbench: a rate of %q: %w", rate[1], err)
	}
	return sample{ops: ops, elapsed: time.Duration(float64(ops) / perSecond * float64(time.Second))}, nil
}

// literal writes a list of cells as a multirange of the database.
func literal(list []cells) string {
	text := make([]string, len(list))
	for i, c := range list {
		text[i] = fmt.Sprintf("[%d,%d)", c.from, c.to)
	}
	return "'{" + strings.Join(text, ",") + "}'"
}

// firstStatement is firstSQL with its arguments written in.
func firstStatement(q *question) string {
	return strings.NewReplacer("$1", strconv.Itoa(q.number), "$2", literal(q.ahead)).Replace(firstSQL)
}
