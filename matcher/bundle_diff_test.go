package matcher

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// TestDiffRules compares the shipped rules with edited ones.
func TestDiffRules(t *testing.T) {
	t.Parallel()
	f := func(before, after string, want ...string) {
		t.Helper()
		a, b := withRows(t, "payers", before), withRows(t, "payers", after)
		changes, err := DiffRules(a, b)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range changes {
			got = append(got, c.Section+"/"+c.ID+" "+c.Kind)
			for _, field := range c.Fields {
				got = append(got, fmt.Sprintf("%s %s -> %s", field.Pointer, field.Before, field.After))
			}
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	clauses := func(order ...string) string {
		const one = `{"id": "%s", "effect": "eligible", "code": "call_available", "message": "%[1]s", "display": true, "when": {}}`
		var list []string
		for _, id := range order {
			list = append(list, fmt.Sprintf(one, id))
		}
		return `"clauses": [` + strings.Join(list, ", ") + `]`
	}
	f(payRow, payRow)
	f("", payRow, "payers/pay added")
	f(payRow, "", "payers/pay removed")
	f(payRow, patched(t, payRow, `{"modes": ["slot", "callback"]}`), "payers/pay changed", `/modes ["slot"] -> ["slot","callback"]`)
	f(payRow, patched(t, payRow, `{"note": "n", "zone": null}`), "payers/pay changed", `/note  -> "n"`, `/zone "America/Denver" -> `)
	f(payRow, strings.Replace(payRow, `"holdMinutes": 5`, `"holdMinutes": 50e-1`, 1)) // the same number
	f(payRow, strings.Replace(payRow, `"holdMinutes": 5`, `"holdMinutes": 6`, 1), "payers/pay changed", "/call/holdMinutes 5 -> 6")
	f(patched(t, payRow, "{"+clauses("a", "b", "c")+"}"), patched(t, payRow, "{"+clauses("c", "b")+"}"),
		"payers/pay changed",
		`/clauses/a {"code":"call_available","display":true,"effect":"eligible","id":"a","message":"a","when":{}} -> `,
		`/clauses ["b","c"] -> ["c","b"]`)
	f(patched(t, payRow, "{"+clauses("a")+"}"), patched(t, payRow, `{"clauses": {"a": 1}}`), "payers/pay changed",
		`/clauses [{"code":"call_available","display":true,"effect":"eligible","id":"a","message":"a","when":{}}] -> {"a":1}`)

	reordered := editBundle(t, func(sections map[string]*section) {
		rows := sections["jurisdictions"].Rows
		sections["jurisdictions"].Rows = append(append([]jsontext.Value{}, rows[1:]...), rows[:1]...)
		sections["payers"].Version++
	})
	changes, err := DiffRules(withRows(t, "payers", ""), reordered)
	if err != nil || len(changes) != 1 || changes[0].Section != "payers" || changes[0].ID != "" || changes[0].Fields[0].Pointer != "/version" {
		t.Errorf("got %+v, %v; want the version alone", changes, err)
	}
	for _, bad := range []string{"", "[]", `{"payers": 1}`, `{"payers": {"version": 1, "rows": [{}]}}`} {
		if _, err := DiffRules(reordered, []byte(bad)); err == nil {
			t.Errorf("%q: compared", bad)
		}
	}
}
