package matcher

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// offered lists reviewer and start of everything in a plan's range, with tier and needs.
func offered(t *rapid.T, w *wideWorld, rs *Ruleset) (list []string, refused bool) {
	view := *w.view
	view.Rules = rs
	p, refusal := NewPlan(&view, w.query)
	if refusal != nil {
		if refusal.Code != "not_eligible" || len(refusal.Reasons) == 0 || refusal.Reasons[0].Rule == "" {
			t.Fatalf("refused without a rule: %+v", refusal)
		}
		return nil, true
	}
	answer := p.Earliest(100_000)
	for _, o := range answer.Offers {
		list = append(list, fmt.Sprintf("%s %s", o.Reviewer.ID, o.Start))
	}
	slices.Sort(list)
	return list, false
}

// TestStricterLawsNeverAddOffers: with one more law, nothing is on offer that was
// not. Laws that give the provider a right, or fall back on other reviewers, are no
// stricter ones and are left out.
func TestStricterLawsNeverAddOffers(t *testing.T) {
	t.Parallel()
	tb, clocks := t, newClocks()
	met := coverage{}
	checkAll(t, met, []string{"offered"}, func(t *rapid.T) {
		w := drawWideWorld(t, tb, clocks)
		w.rules.laws = slices.DeleteFunc(w.rules.laws, func(r wideRow) bool {
			return slices.ContainsFunc(allNodes(r.Requires), func(n *wideNode) bool { return n.Within != nil })
		})
		if slices.ContainsFunc(allNodes(w.rules.payer.Requires), func(n *wideNode) bool { return n.Within != nil }) {
			w.rules.payer.Requires = nil
		}
		fewer, _ := offered(t, w, w.rules.compile(t, tb))
		law := drawWideLaw(t, 9, false)
		law.RequestWindow = nil
		w.rules.laws = append(w.rules.laws, law)
		w.rules.payer.Accreditations = append(w.rules.payer.Accreditations, law.Accreditation)
		more, _ := offered(t, w, w.rules.compile(t, tb))
		for _, o := range more {
			if _, known := slices.BinarySearch(fewer, o); !known {
				t.Fatalf("%s is on offer with one more law only", o)
			}
		}
		met["offered"] += min(len(fewer), 1)
	})
}

// allNodes lists a tree.
func allNodes(n *wideNode) (list []*wideNode) {
	if n == nil {
		return nil
	}
	list = append(list, n)
	for _, child := range slices.Concat(n.All, n.Any) {
		list = append(list, allNodes(child)...)
	}
	return list
}

// TestLawOrderDoesNotMatter: laws and calendars in any order give the same offers
// and the same answers about cases.
func TestLawOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	tb, clocks := t, newClocks()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWideWorld(t, tb, clocks)
		turned := w.rules
		turned.laws = rapid.Permutation(w.rules.laws).Draw(t, "laws")
		rs := turned.compile(t, tb)
		a, refused := offered(t, w, w.rs)
		b, refusedToo := offered(t, w, rs)
		if refused != refusedToo || !slices.Equal(a, b) {
			t.Fatalf("offers differ:\n%v %t\n%v %t", a, refused, b, refusedToo)
		}
		for _, c := range w.query.Cases {
			x, y := w.rs.Eligibility(c, w.view.Now, 0), rs.Eligibility(c, w.view.Now, 0)
			if fmt.Sprintf("%+v", x) != fmt.Sprintf("%+v", y) {
				t.Fatalf("eligibility differs:\n%+v\n%+v", x, y)
			}
		}
	})
}
