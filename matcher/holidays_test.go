package matcher

import (
	"testing"
	"testing/fstest"
)

func TestBadHolidays(t *testing.T) {
	t.Parallel()
	f := func(id, days, detail string) {
		t.Helper()
		refusal(t, plainRows(t, "holidays", `{"id": "`+id+`", "label": "L", "source": "s", "days": `+days+`}`), "holidays", id, detail)
	}
	f("county/x", `[{"name": "D", "month": 1, "day": 1}]`, "neither federal nor")
	f("state/XX", `[{"name": "D", "month": 1, "day": 1}]`, "unknown state")
	f("payer/A B", `[{"name": "D", "month": 1, "day": 1}]`, "id:")
	f("federal", `[{"name": "D", "month": 1, "day": 1}]`, "used twice")
	f("state/OH", `[]`, "days: 0")
	f("state/OH", `[{"month": 1, "day": 1}]`, "days.name: missing")
	f("state/OH", `[{"name": "D"}]`, "want a month and day")
	f("state/OH", `[{"name": "D", "month": 2, "day": 30}]`, "no year has a day 2-30")
	f("state/OH", `[{"name": "D", "month": 13, "day": 1}]`, "no year has a day 13-1")
	f("state/OH", `[{"name": "D", "month": 1, "day": 1, "weekday": "mon", "nth": 1}]`, "want a month and day")
	f("state/OH", `[{"name": "D", "month": 1, "day": 1, "date": "2026-01-01"}]`, "want a month and day")
	f("state/OH", `[{"name": "D", "month": 1, "day": 1, "offset": 1}]`, "want a month and day")
	f("state/OH", `[{"name": "D", "month": 1, "weekday": "mo", "nth": 1}]`, `unknown "mo"`)
	f("state/OH", `[{"name": "D", "month": 0, "weekday": "mon", "nth": 1}]`, "days.month: 0")
	f("state/OH", `[{"name": "D", "month": 1, "weekday": "mon", "nth": 6}]`, "days.nth: 6")
	f("state/OH", `[{"name": "D", "month": 1, "weekday": "mon"}]`, "days.nth: 0")
	f("state/OH", `[{"name": "D", "month": 1, "weekday": "mon", "nth": 1, "last": true}]`, "nth or last")
	f("state/OH", `[{"name": "D", "month": 1, "weekday": "mon", "nth": 1, "offset": 31}]`, "days.offset: 31")
	f("state/OH", `[{"name": "D", "month": 1, "day": 1, "observed": "later"}]`, `unknown "later"`)
	f("state/OH", `[{"name": "D", "month": 1, "day": 1, "validFrom": 1776}]`, "1776")
	f("state/OH", `[{"name": "D", "month": 1, "day": 1, "validFrom": 2021, "validTo": 2020}]`, "validTo before")
	f("state/OH", `[{"name": "D", "date": "2026-02-30"}]`, "is no date")
	f("state/OH", `[{"name": "D", "date": "2026-02-20", "observed": "monday"}]`, "not alone")
}

// TestHolidaysMayBeAbsent: bundles are older than the section.
func TestHolidaysMayBeAbsent(t *testing.T) {
	t.Parallel()
	dir := fstest.MapFS{}
	for _, name := range sections {
		if name != "holidays" {
			dir[name+".json"] = &fstest.MapFile{Data: []byte(`{"version": 1, "rows": []}`)}
		}
	}
	old, err := BundleRules(dir)
	if err != nil {
		t.Fatal(err)
	}
	var parts bundle
	if err := decodeStrict(old, &parts); err != nil || parts.Holidays != nil {
		t.Fatalf("%v, holidays %s", err, parts.Holidays)
	}
	dir["holidays.json"] = &fstest.MapFile{Data: []byte(`{"version": 1, "rows": []}`)}
	if b, err := BundleRules(dir); err != nil || string(b) == string(old) {
		t.Errorf("holidays.json is left out: %v", err)
	}
	if _, err := CompileRules([]byte(smallBundle)); err != nil {
		t.Error(err)
	}
}
