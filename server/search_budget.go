package server

import (
	"strconv"

	"github.com/parleyhq/parley/matcher"
)

// maxSlotsWritten is how many slots one week grid may hold, some 8 MiB: a page of 200 reviewers in each of six tiers, with 96 slots a day, would
// be a hundred times as much as anybody looks at. It goes by what is found, so that a large page of few reviewers is answered.
const maxSlotsWritten = 50_000

// tooMuchWork refuses a week grid that would be too long, and says what to ask less of.
func tooMuchWork(found int) *problem {
	less := func(name string) fault { return fault{Pointer: "/" + name, Detail: "fewer make the answer shorter"} }
	return &problem{
		code:   codeTooMuchWork,
		detail: "The answer would hold " + strconv.Itoa(found) + " slots; at most " + strconv.Itoa(maxSlotsWritten) + " are written.",
		errors: []fault{less("reviewersPerPriority"), less("slotsPerDay"), less("days"), less("hours")},
	}
}

// UsualSearchWork is how many units of work the searches of one request may take; see matcher.Work.
const UsualSearchWork = 50_000_000

// unknownWork says in place of an account that it was not made out.
const unknownWork = "what would help takes more work to find out than one request may"

// unexplained is an explanation that was not made out.
var unexplained = matcher.Explanation{NothingBecause: []matcher.Because{{Code: codeTooMuchWork, Detail: matcher.Text(unknownWork)}}}

// What to ask less of, by route, where a search takes too much work.
var (
	weekLess     = []string{"/caseIds", "/days", "/hours", "/includeWaivable"}
	earliestLess = []string{"/caseIds", "/to", "/days", "/hours", "/includeWaivable"}
	explainLess  = []string{"/caseIds", "/to", "/days", "/hours", "/windows"}
	adHocLess    = []string{"/caseIds"}
)

// lessOf says how each of them helps.
var lessOf = map[string]string{
	"/caseIds": "fewer cases take less work", "/to": "a shorter range takes less work", "/windows": "shorter windows take less work",
	"/days": "fewer ticked days take less work", "/hours": "fewer ticked hours take less work", "/includeWaivable": "never takes less work",
}

// bounded asks plans of the request. It refuses the request if that takes more work than it may:
// an answer is never cut.
func (c *call) bounded(less []string, ask func() *problem) (p *problem) {
	if c.work.Within(func() { p = ask() }) {
		return p
	}
	p = &problem{
		code:   codeTooMuchWork,
		detail: "The search takes more than " + strconv.Itoa(c.work.Limit) + " units of work, which is what one request may take.",
	}
	for _, pointer := range less {
		p.errors = append(p.errors, fault{Pointer: pointer, Detail: lessOf[pointer]})
	}
	return p
}
