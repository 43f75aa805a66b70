package matcher

import (
	"os"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// plainBundle is the shipped bundle less every payer but the default and hne and
// every law but Texas', with calendars of the tests' own, changed: what it holds
// does not depend on which other rows are shipped.
func plainBundle(tb testing.TB, edit func(map[string]*section)) []byte {
	tb.Helper()
	return editBundle(tb, func(s map[string]*section) {
		keepRows(tb, s["payers"], "default", "hne")
		keepRows(tb, s["jurisdictions"], "tx-commercial")
		s["holidays"] = testHolidays(tb)
		edit(s)
	})
}

// plainRows is plainBundle with more rows in a section.
func plainRows(tb testing.TB, name, rows string) []byte {
	tb.Helper()
	return plainBundle(tb, func(s map[string]*section) { addRows(tb, s[name], rows) })
}

// keepRows takes all other rows out of a section.
func keepRows(tb testing.TB, s *section, ids ...string) {
	tb.Helper()
	s.Rows = slices.DeleteFunc(s.Rows, func(raw jsontext.Value) bool {
		var row struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(raw, &row); err != nil {
			tb.Fatal(err)
		}
		return !slices.Contains(ids, row.ID)
	})
}

// testHolidays is the section of testdata/holidays.json: tests do not depend on
// which calendars are shipped.
func testHolidays(tb testing.TB) *section {
	tb.Helper()
	text, err := os.ReadFile("testdata/holidays.json")
	if err != nil {
		tb.Fatal(err)
	}
	s := new(section)
	if err := json.Unmarshal(text, s); err != nil {
		tb.Fatal(err)
	}
	return s
}
