package rulescript

import (
	"fmt"
	"strings"
)

// Limits of a script.
const (
	MaxScriptBytes = 1 << 20
	maxSteps       = 10_000
)

// step is one command with what it is expected to print.
type step struct {
	line    int // of the command, from 1
	command string
	args    []argument
	want    string
	// from and to bound the expected output in the script, in bytes.
	from, to int
}

type argument struct {
	key    string
	values []string // nil for a bare key
}

// value is the only value, or all of them joined by commas.
func (a argument) value() string { return strings.Join(a.values, ",") }

// parse splits a script into its steps.
func parse(text string) (steps []step, err error) {
	if len(text) > MaxScriptBytes {
		return nil, fmt.Errorf("%d bytes, at most %d", len(text), MaxScriptBytes)
	}
	r := lineReader{text: text}
	for {
		line, ok := r.next()
		if !ok {
			return steps, nil
		}
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		s := step{line: r.line}
		for strings.HasSuffix(line, `\`) {
			more, ok := r.next()
			if !ok {
				return nil, fmt.Errorf("line %d: the command does not end", s.line)
			}
			line = strings.TrimSuffix(line, `\`) + " " + strings.TrimSpace(more)
		}
		if s.command, s.args, err = parseCommand(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", s.line, err)
		}
		if rule, ok := r.next(); !ok || strings.TrimSpace(rule) != "----" {
			return nil, fmt.Errorf("line %d: a line of four hyphens must follow the command", r.line)
		}
		s.from = r.offset
		for {
			s.to = r.offset
			line, ok := r.next()
			if !ok || strings.TrimSpace(line) == "" {
				break
			}
			s.want += strings.TrimRight(line, " \t\r") + "\n"
		}
		if steps = append(steps, s); len(steps) > maxSteps {
			return nil, fmt.Errorf("line %d: more than %d steps", s.line, maxSteps)
		}
	}
}

// lineReader gives the lines of a text and knows where it stands.
type lineReader struct {
	text   string
	offset int
	line   int // of the last one given, from 1
}

func (r *lineReader) next() (line string, ok bool) {
	if r.offset >= len(r.text) {
		return "", false
	}
	line, _, _ = strings.Cut(r.text[r.offset:], "\n")
	r.offset = min(r.offset+len(line)+1, len(r.text))
	r.line++
	return line, true
}

// parseCommand reads a command and its arguments.
func parseCommand(line string) (command string, args []argument, err error) {
	command, rest, _ := strings.Cut(line, " ")
	for {
		if rest = strings.TrimLeft(rest, " \t"); rest == "" {
			return command, args, nil
		}
		end := strings.IndexAny(rest, " =")
		if end < 0 {
			end = len(rest)
		}
		a := argument{key: rest[:end]}
		if a.key == "" {
			return "", nil, fmt.Errorf("a value without a key: %s", rest)
		}
		if rest = rest[end:]; strings.HasPrefix(rest, "=") {
			if a.values, rest, err = parseValues(rest[1:]); err != nil {
				return "", nil, fmt.Errorf("%s: %w", a.key, err)
			}
		}
		args = append(args, a)
	}
}

// parseValues reads one value, or several in parentheses.
func parseValues(text string) (values []string, rest string, err error) {
	if !strings.HasPrefix(text, "(") {
		value, rest, _ := strings.Cut(text, " ")
		return []string{value}, rest, nil
	}
	list, rest, closed := strings.Cut(text[1:], ")")
	if !closed {
		return nil, "", fmt.Errorf("a parenthesis is not closed")
	}
	for value := range strings.SplitSeq(list, ",") {
		values = append(values, strings.TrimSpace(value))
	}
	return values, rest, nil
}
