package matcher

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// TestWhy gives the first reason of the explanation, and none where there is an offer.
func TestWhy(t *testing.T) {
	t.Parallel()
	rules := worldRules(t)
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, rules)
		p, refusal := NewPlan(w.view, w.query)
		if refusal != nil {
			return
		}
		x := p.ExplainNothing()
		why, none := p.Why()
		if none != (len(x.NothingBecause) > 0) || none && !reflect.DeepEqual(why, x.NothingBecause[0]) {
			t.Fatalf("%+v, explained by %+v", why, x.NothingBecause)
		}
	})
}
