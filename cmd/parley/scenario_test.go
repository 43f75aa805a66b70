package main

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/go-json-experiment/json"
)

// TestScenarios plays testdata/scenarios: one system each, from look-up to
// outcome, over HTTP against the running program. Commands:
//
//	start clock=TIME [args=(…)]   a program on a new store, in a sandbox that begins then
//	clock at=TIME                 later: stop the program and start it again on the same store
//	crash                         kill it and start it again, the clock running on
//	define NAME                   keep the JSON of the input; testdata/scenario_docs.json is there from the beginning
//	put|post|get|delete PATH …    one request, its body the input
//	  like=NAME                     the body is that JSON, changed by the input: a JSON merge patch (RFC 7396)
//	  show=(path, …)                print these members, a/b/0; * stands for each item, or each line of NDJSON, {x y.z} for several members of an object
//	  lines=(start, …)              print the lines of an answer that is no JSON which begin so
//	  save=(var=path, …)            keep a value: $var stands for it from here on, in requests and in what is printed
//	  key=KEY                       of a post; otherwise a fresh one
//
// A request prints its status; a problem its code, and what else it tells. At the
// end the program is stopped and its store must be whole.
func TestScenarios(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile("testdata/scenario_docs.json")
	if err != nil {
		t.Fatal(err)
	}
	datadriven.Walk(t, "testdata/scenarios", func(t *testing.T, path string) {
		s := &scenario{t: t, dir: t.TempDir() + "/store", vars: map[string]string{}}
		if err := json.Unmarshal(docs, &s.docs); err != nil {
			t.Fatal(err)
		}
		datadriven.RunTest(t, path, s.play)
		s.finish()
	})
}

type scenario struct {
	t       *testing.T
	dir     string
	args    []string // of the program, besides the clock
	clock   string
	program *program
	vars    map[string]string // values by name
	docs    map[string]any
	keys    int
	unsaved []string // values that were to be kept and were not there
}

func (s *scenario) play(t *testing.T, d *datadriven.TestData) string {
	s.t = t
	switch d.Cmd {
	case "start":
		s.clock, s.args = one(t, d, "clock"), listed(d, "args")
		s.begin()
	case "clock":
		s.clock = one(t, d, "at")
		s.stop()
		s.begin()
	case "crash":
		s.program.kill()
		s.begin()
	case "define":
		var v any
		if err := json.Unmarshal([]byte(d.Input), &v); err != nil {
			d.Fatalf(t, "%v", err)
		}
		s.docs[d.CmdArgs[0].Key] = v
	case "put", "post", "get", "delete":
		return s.request(d)
	default:
		d.Fatalf(t, "unknown command %s", d.Cmd)
	}
	return "ok\n"
}

func (s *scenario) begin() {
	s.program = serve(s.t, s.dir, append([]string{"--sandbox-clock=" + s.clock}, s.args...)...)
}

func (s *scenario) stop() {
	s.t.Helper()
	if code := s.program.stop(); code != 0 {
		s.t.Fatalf("graceful stop: exit code %d\n%s", code, s.program.stderr)
	}
}

// finish stops the program and reads the store from end to end. Nothing in the
// program's log may be a name, a phone number or a birth date.
func (s *scenario) finish() {
	if len(s.unsaved) > 0 {
		s.t.Errorf("values to be kept were not there: %v", s.unsaved)
	}
	if s.program == nil || s.t.Failed() {
		return
	}
	s.stop()
	if out, errs, code := parley(s.t, "", "verify", "--data", s.dir, "--deep"); code != 0 || !strings.Contains(out, " 0 would be decided otherwise") {
		s.t.Errorf("verify: exit code %d\n%s%s", code, out, errs)
	}
	if found := personal.FindString(s.program.stderr.String()); found != "" {
		s.t.Errorf("the log tells of a person: %s", found)
	}
}

// personal finds what scenarios use for people: surnames on -person, phone
// numbers, birth dates of the last century.
var personal = regexp.MustCompile(`\w+person\b|\+1\d{10}|19\d\d-\d\d-\d\d`)

// one is the value of a required argument.
func one(t *testing.T, d *datadriven.TestData, key string) string {
	t.Helper()
	values := listed(d, key)
	if len(values) != 1 {
		d.Fatalf(t, "%s: one value is needed", key)
	}
	return values[0]
}

func listed(d *datadriven.TestData, key string) []string {
	if a, ok := d.Arg(key); ok {
		return a.Vals
	}
	return nil
}

// request sends one request and prints what came.
func (s *scenario) request(d *datadriven.TestData) string {
	s.t.Helper()
	first := d.CmdArgs[0]
	path := first.Key
	if len(first.Vals) > 0 {
		path += "=" + strings.Join(first.Vals, ",")
	}
	key := ""
	if d.Cmd == "post" {
		s.keys++
		key = "scenario-" + strconv.Itoa(s.keys)
	}
	if given := listed(d, "key"); len(given) > 0 {
		key = given[0]
	}
	got, err := s.program.try(strings.ToUpper(d.Cmd), s.filled(path), key, s.body(d))
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", d.Pos, err, s.program.stderr)
	}
	var b strings.Builder
	b.WriteString(strconv.Itoa(got.status))
	if got.header.Get("Idempotent-Replayed") == "true" {
		b.WriteString(" replayed")
	}
	b.WriteByte('\n')
	s.print(&b, d, got)
	return s.masked(b.String())
}

// body makes the request's body: the input, on top of a defined document if one is named.
func (s *scenario) body(d *datadriven.TestData) string {
	s.t.Helper()
	name := listed(d, "like")
	input := s.filled(d.Input)
	if len(name) == 0 {
		return input
	}
	base, ok := s.docs[name[0]]
	if !ok {
		d.Fatalf(s.t, "%s is not defined", name[0])
	}
	if input == "" {
		input = "{}"
	}
	var patch any
	if err := json.Unmarshal([]byte(input), &patch); err != nil {
		d.Fatalf(s.t, "%v", err)
	}
	b, err := json.Marshal(merged(base, patch), json.Deterministic(true))
	if err != nil {
		d.Fatalf(s.t, "%v", err)
	}
	return s.filled(string(b))
}

// merged applies a JSON merge patch (RFC 7396) to a copy.
func merged(base, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	old, _ := base.(map[string]any)
	out := maps.Clone(old)
	if out == nil {
		out = map[string]any{}
	}
	for name, v := range changes {
		if v == nil {
			delete(out, name)
		} else {
			out[name] = merged(out[name], v)
		}
	}
	return out
}

// filled puts the values of variables in their places, the longest names first.
func (s *scenario) filled(text string) string {
	for _, name := range s.names() {
		text = strings.ReplaceAll(text, "$"+name, s.vars[name])
	}
	return text
}

// masked is the reverse of filled.
func (s *scenario) masked(text string) string {
	for _, name := range s.names() {
		text = strings.ReplaceAll(text, s.vars[name], "$"+name)
	}
	return text
}

func (s *scenario) names() []string {
	return slices.SortedFunc(maps.Keys(s.vars), func(a, b string) int {
		return cmp.Or(len(b)-len(a), strings.Compare(a, b))
	})
}

// print writes a problem, or what a script wants to see of an answer, and keeps what it wants to keep.
func (s *scenario) print(b *strings.Builder, d *datadriven.TestData, got answer) {
	s.t.Helper()
	var body any
	switch media := got.header.Get("Content-Type"); {
	case strings.HasSuffix(media, "ndjson"):
		list := []any{}
		for line := range strings.Lines(string(got.body)) {
			var v any
			answer{body: []byte(line)}.into(s.t, &v)
			list = append(list, v)
		}
		body = list
	case strings.HasSuffix(media, "json"):
		got.into(s.t, &body)
	}
	shows := listed(d, "show")
	if got.status >= http.StatusBadRequest {
		shows = append([]string{"code", "reason", "rule", "codes", "caseIds", "reasons/*/{code rule}", "errors/*/pointer"}, shows...)
	}
	for _, path := range shows {
		if v, ok := pick(body, strings.Split(path, "/")); ok {
			fmt.Fprintf(b, "%s: %s\n", path, oneLine(v))
		} else if slices.Contains(listed(d, "show"), path) {
			fmt.Fprintf(b, "%s: absent\n", path)
		}
	}
	for _, start := range listed(d, "lines") {
		for line := range strings.Lines(string(got.body)) {
			if strings.HasPrefix(line, start) {
				fmt.Fprintln(b, strings.TrimSpace(line))
			}
		}
	}
	for _, assignment := range listed(d, "save") {
		name, path, _ := strings.Cut(assignment, "=")
		v, ok := pick(body, strings.Split(path, "/"))
		text, isText := v.(string)
		if !ok || !isText || len(text) < 6 { // a short one would be masked where it is not meant
			fmt.Fprintf(b, "%s: no text to save at %s\n", name, path)
			s.unsaved = append(s.unsaved, d.Pos+": "+name)
			continue
		}
		s.vars[name] = text
	}
}

// pick walks down a path. * gives a list of what is found below each item.
func pick(v any, path []string) (any, bool) {
	if len(path) == 0 {
		return v, true
	}
	step, rest := path[0], path[1:]
	switch v := v.(type) {
	case []any:
		if step == "*" {
			list := []any{}
			for _, item := range v {
				if x, ok := pick(item, rest); ok {
					list = append(list, x)
				}
			}
			return list, true
		}
		if i, err := strconv.Atoi(step); err == nil && i < len(v) {
			return pick(v[i], rest)
		}
	case map[string]any:
		if names, ok := strings.CutPrefix(step, "{"); ok {
			var list []any
			for _, name := range strings.Fields(strings.TrimSuffix(names, "}")) {
				x, _ := pick(v, strings.Split(name, "."))
				list = append(list, x)
			}
			return list, true
		}
		if x, ok := v[step]; ok {
			return pick(x, rest)
		}
	}
	return nil, false
}

// oneLine prints a value: words bare, lists separated by commas, lists of lists in parentheses.
func oneLine(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		var parts []string
		for _, item := range v {
			text := oneLine(item)
			if inner, ok := item.([]any); ok {
				parts = append(parts, "("+strings.Join(texted(inner), " ")+")")
				continue
			}
			parts = append(parts, text)
		}
		return strings.Join(parts, ", ")
	}
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func texted(list []any) (out []string) {
	for _, v := range list {
		text := oneLine(v)
		if _, nested := v.([]any); nested {
			text = "(" + text + ")"
		}
		out = append(out, text)
	}
	return out
}
