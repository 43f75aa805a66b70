package server

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// twin reads a document with the reader alone and with decode.
type twin struct {
	name string
	both func(body []byte) (taken bool, fast, slow any, p *problem)
}

func twinOf[T any, F interface {
	*T
	form
}](name string) twin {
	return twin{name, func(body []byte) (taken bool, fast, slow any, p *problem) {
		var f, s T
		r := reader{text: body}
		r.object(F(&f))
		p = decode(body, &s)
		return r.ended(), f, s, p
	}}
}

var twins = []twin{twinOf[weekIn]("week"), twinOf[earliestIn]("earliest"), twinOf[holdIn]("hold"), twinOf[bookingIn]("booking")}

// check fails if the reader takes what decode refuses or reads as something else.
func (t twin) check(tb testing.TB, body []byte) (taken bool) {
	tb.Helper()
	taken, fast, slow, p := t.both(body)
	switch {
	case !taken:
	case p != nil:
		tb.Fatalf("%s: the reader takes %q, decode says %s", t.name, body, p.document())
	case !reflect.DeepEqual(fast, slow):
		tb.Fatalf("%s: %q is read as\n%+v\ndecode has\n%+v", t.name, body, fast, slow)
	}
	return taken
}

// readerSeeds are valid documents of each twin, every member in one of them at least.
func readerSeeds() [][]string {
	search := deckSearch.with("/hours", []int{0, 9, 23}, "/specialtyMatchRequested", true, "/includeWaivable", "always")
	booking := deckBooking.with("/requestedBy", doc{"firstName": "Zoë", "lastName": "Ål", "credential": "RN"}, "/holdId", "hold-1",
		"/attestations", []string{"a", "b"}, "/attestedBy", doc{"name": "A", "role": "nurse"}, "/expect", doc{"tier": "full", "ruleset": "r1"},
		"/contact/alternatePhone", "+12125550100", "/contact/alternateExtension", "1", "/contact/fax", "+12125550101", "/contact/notify", "fax",
		"/callNotes/procedurePerformedOn", "2020-05-01")
	open := search.with("/week", absent{})
	return [][]string{
		{search.with("/reviewersPerPriority", 3, "/slotsPerDay", 100).String(), deckSearch.with("/days", []string{}, "/hours", nil).String()},
		{open.with("/from", deckNow, "/to", deckNow, "/limit", 20).String(), open.with("/from", nil, "/hours", []int{}).String()},
		{deckHold.with("/timeZone", "UTC", "/specialtyMatchRequested", false).String(), deckHold.String()},
		{booking.String(), deckBooking.String(), deckBooking.with("/callNotes", nil, "/requestedBy", nil, "/expect", doc{}).String()},
	}
}

// The reader takes the common spelling itself: it is no mere way round to decode.
func TestReaderTakes(t *testing.T) {
	t.Parallel()
	for i, seeds := range readerSeeds() {
		for _, body := range seeds {
			spaced := " " + strings.NewReplacer(`":`, "\" :\t", `,"`, "\n,\r \"", "{", "{ ", "}", "\n}").Replace(body) + "\n"
			for _, spelling := range []string{body, spaced} {
				if !twins[i].check(t, []byte(spelling)) {
					t.Errorf("%s: left to decode: %s", twins[i].name, spelling)
				}
			}
		}
	}
}

// scraps are put into documents: what JSON is made of, and what it only seems to be made of.
var scraps = []string{`"`, `\`, `{`, `}`, `[`, `]`, `,`, `:`, `null`, `true`, `false`, `0`, `1`, `-`, `-0`, `.`, `e1`, `01`, `1.0`, `9999999999`,
	` `, "\t", "\n", "\v", "\x00", "\x7f", "\xff", "\xc3\x28", "\xed\xa0\x80", "\u2028", "é", "\ufeff", `\u0041`, `\ud800`, `\u0000`, `""`, `"x"`, `"x":1`,
	`"caseIds":[],`, `,"timeZone":"UTC"`, `"timeZone"`, `"TimeZone"`, `"slot":{}`, `{}`, `[]`, `nul`, `nulll`, `tru`, `//`, `/**/`, `'`, `NaN`}

// mutated changes a document in some places.
func mutated(r *rand.Rand, body string, others []string) string {
	for range 1 + r.IntN(3) {
		i, j := r.IntN(len(body)+1), r.IntN(len(body)+1)
		i, j = min(i, j), max(i, j)
		switch r.IntN(6) {
		case 0: // put something in
			body = body[:i] + scraps[r.IntN(len(scraps))] + body[i:]
		case 1: // leave a little out
			body = body[:i] + body[min(len(body), i+1+r.IntN(4)):]
		case 2: // put something in place of something
			body = body[:i] + scraps[r.IntN(len(scraps))] + body[min(len(body), i+1+r.IntN(8)):]
		case 3: // say something twice
			body = body[:j] + body[i:j] + body[j:]
		case 4: // a piece of another
			o := others[r.IntN(len(others))]
			k := r.IntN(len(o))
			body = body[:i] + o[k:min(len(o), k+r.IntN(40))] + body[i:]
		case 5: // take a whole member, with its comma, away or twice
			if k := strings.IndexByte(body[i:], ','); k >= 0 {
				if l := strings.IndexByte(body[i+k+1:], ','); l >= 0 {
					member := body[i+k : i+k+1+l]
					body = body[:i+k] + strings.Repeat(member, r.IntN(2)*2) + body[i+k+1+l:]
				}
			}
		}
	}
	return body
}

// Whatever the reader takes, decode takes, with the same value.
func TestReaderAgainstDecode(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 6))
	var all []string
	for _, seeds := range readerSeeds() {
		all = append(all, seeds...)
	}
	taken := map[string]int{}
	for i, seeds := range readerSeeds() {
		for range 15_000 {
			if twins[i].check(t, []byte(mutated(r, seeds[r.IntN(len(seeds))], all))) {
				taken[twins[i].name]++
			}
		}
	}
	for _, twin := range twins {
		if taken[twin.name] < 300 {
			t.Errorf("%s: only %d of the changed documents were taken", twin.name, taken[twin.name])
		}
	}
}

// What is left out of a form, or is null, or of another type, is treated alike.
func TestReaderMembers(t *testing.T) {
	t.Parallel()
	for i, seeds := range readerSeeds() {
		for _, body := range seeds {
			eachPlace(parseDoc(body), "", func(pointer string) {
				for _, value := range []any{absent{}, nil, "x", 7, -7, 1.5, 1e12, true, []any{}, []any{nil}, []string{"a"}, []int{4}, doc{}, doc{"x": 1}} {
					if strings.ContainsAny(pointer[strings.LastIndex(pointer, "/"):], "0123456789") && value == (absent{}) {
						continue
					}
					twins[i].check(t, []byte(parseDoc(body).with(pointer, value).String()))
				}
			})
		}
	}
}

// eachPlace calls visit with the pointers of everything in a document.
func eachPlace(v any, pointer string, visit func(string)) {
	if pointer != "" {
		visit(pointer)
	}
	switch v := v.(type) {
	case doc:
		eachPlace(map[string]any(v), pointer, visit)
	case map[string]any:
		for name, inner := range v {
			eachPlace(inner, pointer+"/"+name, visit)
		}
	case []any:
		for i, inner := range v {
			eachPlace(inner, fmt.Sprint(pointer, "/", i), visit)
		}
	}
}

// A refusal has the words of decode: nothing of the first reading is left.
func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `{`, `{"caseIds":["a"]}`, `{"caseIds":["a"],"timeZone":"UTC","timeZone":"UTC"}`,
		`{"caseIds":["a"],"timeZone":"UTC","x":1}`, `{"caseIds":["a"],"timeZone":"UTC"} {}`, `{"caseIds":["a",null],"timeZone":"UTC"}`,
		`{"caseIds":["a"],"timeZone":"UTC","hours":[-0]}`, `{"caseIds":["a"],"timeZone":"UTC","hours":[01]}`,
		`{"caseIds":["a",],"timeZone":"UTC"}`, `{"caseIds":["a"],"timeZone":"UTC",}`, `{"caseIds":["a"],"timeZone":"UTC","hours":[1,]}`, "{\"caseIds\":[\"\xff\"],\"timeZone\":\"UTC\"}",
		`null`, `{"caseIds":["a"],"timeZone":null}`} {
		var fast, slow weekIn
		p, want := read([]byte(body), &fast), decode([]byte(body), &slow)
		if p == nil || want == nil || string(p.document()) != string(want.document()) || !reflect.DeepEqual(fast, slow) {
			t.Errorf("%s: %+v, decode says %+v", body, p, want)
		}
	}
	var in weekIn
	if p := read([]byte(`{"caseIds":["\u0061"],"timeZone":"UTC","days":null}`), &in); p != nil || in.CaseIDs.V[0] != "a" || in.Days.Set {
		t.Errorf("another spelling: %+v %+v", p, in)
	}
}

func FuzzReader(f *testing.F) {
	for i, seeds := range readerSeeds() {
		for _, body := range seeds {
			f.Add(uint8(i), []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, n uint8, body []byte) { twins[int(n)%len(twins)].check(t, body) })
}
