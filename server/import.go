package server

import (
	"bytes"
	"cmp"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/engine"
)

// lineIn is one line of an import.
type lineIn struct {
	Kind  need[string]         `json:"kind"`
	Value need[jsontext.Value] `json:"value"`
}

// importOut counts the lines that were taken and tells of the others, line by
// line; of very many refusals it lists the first, and none where there is no room to remember them.
type importOut struct {
	Taken        int          `json:"taken"`
	RefusedCount int          `json:"refusedCount"`
	Refused      []refusedOut `json:"refused"`
}

type refusedOut struct {
	Line   int     `json:"line"` // from 1
	Code   string  `json:"code"`
	Detail string  `json:"detail"`
	Errors []fault `json:"errors"`
}

// importLines takes a roster and cases in bulk. Lines stand for themselves: one
// that is refused does not keep the others out. The answer is remembered under
// the key; an import that broke off is simply sent again, since its lines
// replace what they wrote.
func importLines(c *call) answer {
	t := c.ticket()
	return c.once(t, importDone, func() answer { return c.importNow(t) })
}

func (c *call) importNow(t ticket) answer {
	im := &importing{call: c, writing: *c.writing()}
	im.out.Refused = []refusedOut{}
	if p := im.run(c.body); p != nil {
		return refuse(p)
	}
	slices.SortFunc(im.out.Refused, func(a, b refusedOut) int { return cmp.Compare(a.Line, b.Line) })
	whole := encode(im.out)
	im.out.Refused = im.out.Refused[:0]
	o, p := c.shortened(t, whole, encode(im.out))
	if p != nil {
		p.detail = importStopped
		return refuse(p)
	}
	if o.Status != engine.StatusOK {
		return refuse(c.refused(o))
	}
	return replayable(o, importDone)
}

func importDone(o engine.Outcome) answer { return answer{status: http.StatusOK, body: o.Answer} }

// importStopped is the detail of a failure behind which lines may be stored.
const importStopped = "The import stopped; some of its lines are stored. Send it again: lines that are stored already change nothing."

// importing is an import under way: lines read and checked, commands waiting to
// be submitted together.
type importing struct {
	call    *call
	writing writing
	out     importOut
	waiting []engine.Command
	lines   []int // of the commands waiting
	listed  int   // bytes of refusals, roughly
}

// run takes all lines. A problem ends the import: the store does not take more.
func (im *importing) run(body []byte) *problem {
	for number := 1; len(body) > 0; number++ {
		line, rest, _ := bytes.Cut(body, []byte{'\n'})
		body = rest
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if number > maxImportLines {
			return &problem{code: codeBodyTooLarge, detail: "The import holds too many lines."}
		}
		payload, p := im.read(line)
		if p != nil {
			im.refuse(number, p)
			continue
		}
		im.lines = append(im.lines, number)
		im.waiting = append(im.waiting, im.call.command(ticket{}, payload))
		if len(im.waiting) == importChunk {
			if p := im.flush(); p != nil {
				return p
			}
		}
	}
	return im.flush()
}

// read decodes and checks one line as the PUT of its kind does; pointers start
// at the line.
func (im *importing) read(line []byte) (engine.Payload, *problem) {
	if len(line) > maxImportLine {
		return nil, &problem{code: codeBodyTooLarge}
	}
	var in lineIn
	if p := decode(line, &in); p != nil {
		return nil, p
	}
	var k check
	switch in.Kind.V {
	case "reviewer":
		var v reviewerIn
		if p := decode(in.Value.V, &v); p != nil {
			return nil, below("/value", p)
		}
		payload := engine.PutReviewer{Reviewer: v.resolve(&k, &im.writing), Expect: k.version(0, v.Version)}
		return payload, below("/value", k.problem())
	case "case":
		var v caseIn
		if p := decode(in.Value.V, &v); p != nil {
			return nil, below("/value", p)
		}
		payload := engine.PutCase{Case: v.resolve(&k, &im.writing), Expect: k.version(0, v.Version)}
		return payload, below("/value", k.problem())
	}
	k.word("/kind", in.Kind.V, importKinds)
	return nil, k.problem()
}

// below moves the pointers of a problem under a member.
func below(pointer string, p *problem) *problem {
	if p != nil {
		for i := range p.errors {
			p.errors[i].Pointer = pointer + p.errors[i].Pointer
		}
	}
	return p
}

// flush submits what is waiting and accounts for each line.
func (im *importing) flush() *problem {
	if len(im.waiting) == 0 {
		return nil
	}
	began := im.call.trace.now()
	results := im.call.server.engine.SubmitAll(im.call.wait(), im.waiting)
	im.call.trace.part(partWrite, began)
	for i, r := range results {
		switch {
		case r.Err != nil:
			p := failure(r.Err)
			p.detail = importStopped
			return p
		case r.Outcome.Status != engine.StatusOK:
			im.refuse(im.lines[i], im.call.refused(r.Outcome))
		default:
			im.out.Taken++
		}
	}
	im.waiting, im.lines = im.waiting[:0], im.lines[:0]
	return nil
}

// refuse notes a line that was not taken, and lists it while there is room.
func (im *importing) refuse(line int, p *problem) {
	im.out.RefusedCount++
	r := refusedOut{Line: line, Code: p.code, Detail: p.detail, Errors: p.errors[:min(len(p.errors), maxLineFaults)]}
	im.listed += len(encode(r))
	if im.listed <= maxRefusedBytes {
		im.out.Refused = append(im.out.Refused, r)
	}
}
