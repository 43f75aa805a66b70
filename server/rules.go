package server

import (
	"net/http"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
)

type ruleRowOut struct {
	Section   string  `json:"section"`
	ID        string  `json:"id"`
	Title     string  `json:"title"`
	Source    string  `json:"source"`
	Applied   bool    `json:"applied"`
	Verified  bool    `json:"verified"`
	Enabled   bool    `json:"enabled"`
	ValidFrom *string `json:"validFrom"`
	ValidTo   *string `json:"validTo"`
}

type rulesOut struct {
	Version    string       `json:"version"`
	Applied    int          `json:"applied"`
	Disabled   int          `json:"disabled"`
	Rows       []ruleRowOut `json:"rows"`
	NextCursor *string      `json:"nextCursor"`
}

type fieldChangeOut struct {
	Pointer string  `json:"pointer"`
	Before  *string `json:"before"`
	After   *string `json:"after"`
}

type ruleChangeOut struct {
	Section string           `json:"section"`
	ID      string           `json:"id"`
	Kind    string           `json:"kind"`
	Fields  []fieldChangeOut `json:"fields"`
}

// rulesComparedOut tells how a bundle differs from the rules in force. Of very many
// changes it lists the first, and none where there is no room to remember them.
type rulesComparedOut struct {
	Version     string          `json:"version"`
	Previous    string          `json:"previous"`
	Changed     bool            `json:"changed"`
	Applied     int             `json:"applied"`
	Disabled    int             `json:"disabled"`
	ChangeCount int             `json:"changeCount"`
	Changes     []ruleChangeOut `json:"changes"`
}

type touchedCountOut struct {
	LookedAt int `json:"lookedAt"`
	Touched  int `json:"touched"`
}

type aspectChangeOut struct {
	Aspect string  `json:"aspect"`
	Before *string `json:"before"`
	After  *string `json:"after"`
}

type touchedOut struct {
	Kind    string            `json:"kind"`
	ID      string            `json:"id"`
	Changes []aspectChangeOut `json:"changes"`
}

type rulesCheckedOut struct {
	rulesComparedOut
	Cases   touchedCountOut `json:"cases"`
	Calls   touchedCountOut `json:"calls"`
	Touched []touchedOut    `json:"touched"`
}

// getRules lists the rows in force, applied or not.
func getRules(c *call) answer {
	var k check
	k.ofQuery = true
	limit := k.pageSize(c.query)
	rs := c.snap.Rules()
	list := "rules " + rs.Version() // a page of other rules does not go on here
	cursor, cp := c.readCursor(list)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	if cp != nil {
		return refuse(cp)
	}
	out := rulesOut{Version: rs.Version(), Rows: []ruleRowOut{}}
	out.Applied, out.Disabled = rowCounts(rs)
	last, passed := "", cursor.id == ""
	for _, r := range rs.Rows() {
		key := r.Section + "/" + r.ID
		if !passed {
			passed = key == cursor.id
			continue
		}
		if len(out.Rows) == limit {
			next := c.writeCursor(list, position{id: last})
			out.NextCursor = &next
			break
		}
		last = key
		out.Rows = append(out.Rows, ruleRowOut{
			Section: r.Section, ID: r.ID, Title: r.Title, Source: r.Source, Applied: r.Applied, Verified: r.Verified,
			Enabled: r.Enabled, ValidFrom: textOr(r.ValidFrom), ValidTo: textOr(r.ValidTo),
		})
	}
	return ok(http.StatusOK, out)
}

// loadRules makes a bundle the rules in force. A bundle with a fault changes
// nothing; so does one that is in force already. The answer is remembered under the
// key apart from the load itself: if it cannot be, the load may have happened, and
// a repetition finds the rules in force.
func loadRules(c *call) answer {
	if _, p := scan(c.body); p != nil { // the ticket reads the document whole
		return refuse(p)
	}
	t := c.ticket()
	return c.once(t, rulesLoaded, func() answer { return c.loadNow(t) })
}

func (c *call) loadNow(t ticket) answer {
	bundle, rs, p := readBundle(c.body)
	if p != nil {
		return refuse(p)
	}
	c.snap = c.newest() // another load may have come to its end meanwhile
	out, p := c.compareRules(bundle, rs)
	if p != nil {
		return refuse(p)
	}
	o, p := c.submit(ticket{}, engine.LoadRules{Bundle: bundle})
	if p != nil {
		return refuse(p)
	}
	if o.Status != engine.StatusOK {
		return refuse(c.refused(o))
	}
	whole := encode(out)
	out.Changes = out.Changes[:0]
	if o, p = c.shortened(t, whole, encode(out)); p != nil {
		p.detail = "The rules may be loaded. Send them again: rules that are in force change nothing."
		return refuse(p)
	}
	if o.Status != engine.StatusOK {
		return refuse(c.refused(o))
	}
	return replayable(o, rulesLoaded)
}

func rulesLoaded(o engine.Outcome) answer { return answer{status: http.StatusOK, body: o.Answer} }

// checkRules tells what loading a bundle would change, and changes nothing.
func checkRules(c *call) answer {
	bundle, rs, p := readBundle(c.body)
	if p != nil {
		return refuse(p)
	}
	compared, p := c.compareRules(bundle, rs)
	if p != nil {
		return refuse(p)
	}
	impact, err := c.snap.CompareRules(c.wait(), c.snap.Rules(), rs, c.now, engine.CompareOptions{
		Tenant: c.actor.Tenant, Limit: maxTouched,
	})
	if err != nil {
		return refuse(&problem{code: codeDeadline, detail: "Comparing took too long. Nothing was changed."})
	}
	out := rulesCheckedOut{
		rulesComparedOut: compared,
		Cases:            touchedCountOut{impact.Cases, impact.CasesTouched},
		Calls:            touchedCountOut{impact.Calls, impact.CallsTouched},
		Touched:          make([]touchedOut, len(impact.Touched)),
	}
	for i, x := range impact.Touched {
		out.Touched[i] = touchedOut{Kind: x.Kind, ID: x.ID, Changes: make([]aspectChangeOut, len(x.Changes))}
		for k, a := range x.Changes {
			out.Touched[i].Changes[k] = aspectChangeOut{a.Aspect, textOr(a.Before), textOr(a.After)}
		}
	}
	return ok(http.StatusOK, out)
}

// readBundle reads a bundle of rules: 400 for what is no JSON document, 422 with
// the places for what is no set of rules. It returns the bundle in canonical form.
func readBundle(body []byte) ([]byte, *matcher.Ruleset, *problem) {
	if _, p := scan(body); p != nil {
		return nil, nil, p
	}
	bundle := jsontext.Value(body)
	if err := bundle.Canonicalize(); err != nil {
		return nil, nil, unreadable(err, nil)
	}
	rs, list := matcher.CheckBundle(bundle)
	if rs != nil {
		return bundle, rs, nil
	}
	var f faults
	for i := range list {
		detail := list[i].Detail
		if list[i].Row != "" {
			detail = "row " + list[i].Row + ": " + detail
		}
		f.add(list[i].Pointer, cut(detail, maxRuleText))
	}
	p := f.problem()
	p.detail = "The rules have faults. The rules in force stay."
	return nil, nil, p
}

// compareRules tells how a bundle differs from the rules in force.
func (c *call) compareRules(bundle []byte, rs *matcher.Ruleset) (rulesComparedOut, *problem) {
	previous := c.snap.Rules().Version()
	out := rulesComparedOut{
		Version: rs.Version(), Previous: previous, Changed: rs.Version() != previous, Changes: []ruleChangeOut{},
	}
	out.Applied, out.Disabled = rowCounts(rs)
	changes, err := matcher.DiffRules(c.snap.RulesBundle(), bundle)
	if err != nil { // both have compiled
		return out, &problem{code: codeInternal}
	}
	out.ChangeCount = len(changes)
	listed := 0
	for _, change := range changes[:min(len(changes), maxRuleChanges)] {
		x := ruleChangeOut{Section: change.Section, ID: change.ID, Kind: change.Kind, Fields: []fieldChangeOut{}}
		for _, f := range change.Fields[:min(len(change.Fields), maxRuleFields)] {
			x.Fields = append(x.Fields, fieldChangeOut{
				Pointer: f.Pointer, Before: textOr(cut(f.Before, maxRuleText)), After: textOr(cut(f.After, maxRuleText)),
			})
		}
		if listed += len(encode(x)); listed > maxRuleBytes {
			break
		}
		out.Changes = append(out.Changes, x)
	}
	return out, nil
}

// rowCounts counts the rows of payers and jurisdictions that are applied, and those that are not.
func rowCounts(rs *matcher.Ruleset) (applied, disabled int) {
	for _, r := range rs.Rows() {
		if r.Applied {
			applied++
		} else {
			disabled++
		}
	}
	return applied, disabled
}

// textOr is null for the empty text.
func textOr(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// cut shortens a text to at most limit bytes, and shows that it did.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	const mark = "…"
	end := limit - len(mark)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}
