package server

import "strconv"

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
