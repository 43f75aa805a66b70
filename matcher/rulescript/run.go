package rulescript

import (
	"fmt"
	"strings"

	"github.com/parleyhq/parley/matcher"
)

// Result is what came of a script.
type Result struct {
	Steps    int
	Failures []Failure
	// Rewritten is the script with the output that came instead of the expected one.
	Rewritten string
}

// Failure is a step that printed something else than expected.
type Failure struct {
	Line      int // of the command, from 1
	Command   string
	Want, Got string // lines; Got is "error: …" if the step could not be played
}

// Run plays a script by a ruleset. The error says why the text is no script and
// in which line; a step that cannot be played is a failure.
func Run(rs *matcher.Ruleset, script string) (Result, error) {
	steps, err := parse(script)
	if err != nil {
		return Result{}, err
	}
	p := &player{rules: rs}
	p.start()
	out := Result{Steps: len(steps)}
	var text strings.Builder
	done := 0
	for i := range steps {
		s := &steps[i]
		got, err := p.play(s)
		if err != nil {
			got = "error: " + err.Error() + "\n"
		}
		if got != s.want {
			out.Failures = append(out.Failures, Failure{s.line, s.command, s.want, got})
		}
		text.WriteString(script[done:s.from])
		if s.from > 0 && script[s.from-1] != '\n' {
			text.WriteByte('\n')
		}
		text.WriteString(got)
		done = s.to
	}
	text.WriteString(script[done:])
	out.Rewritten = text.String()
	return out, nil
}

// play plays one step and returns its output.
func (p *player) play(s *step) (string, error) {
	switch s.command {
	case "case":
		p.start()
		for _, a := range s.args {
			if err := p.set(a); err != nil {
				return "", fmt.Errorf("%s: %w", a.key, err)
			}
		}
		return "", nil
	case "eligible":
		how := false
		for _, a := range s.args {
			if how = a.key == "how" && a.values == nil; !how {
				return "", fmt.Errorf("%s: eligible takes only how", a.key)
			}
		}
		return p.eligible(how), nil
	case "match":
		return p.match(s.args)
	}
	return "", fmt.Errorf("unknown command %s; there are case, eligible and match", s.command)
}
