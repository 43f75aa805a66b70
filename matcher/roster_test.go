package matcher

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// plainRoster is the roster as a map, for comparison.
type plainRoster map[slots.ReviewerRef]*Reviewer

func (p plainRoster) having(tenant string, has func(*Reviewer) bool) []string {
	var found []string
	for _, v := range p {
		if v.Tenant == tenant && v.Active && has(v) {
			found = append(found, v.ID)
		}
	}
	slices.Sort(found)
	return found
}

func (p plainRoster) clone() plainRoster {
	c := plainRoster{}
	for ref, v := range p {
		c[ref] = v
	}
	return c
}

func idsOf(reviewers []*Reviewer) []string {
	var ids []string
	for _, v := range reviewers {
		ids = append(ids, v.ID)
	}
	slices.Sort(ids)
	return ids
}

func drawRosterReviewer(t *rapid.T, ref slots.ReviewerRef) *Reviewer {
	words := func(label string, from ...string) []string {
		return rapid.SliceOfN(rapid.SampledFrom(from), 0, 3).Draw(t, label)
	}
	v := &Reviewer{
		Ref: ref, Tenant: fmt.Sprintf("t%d", ref%2), ID: fmt.Sprintf("r%02d", ref),
		Programs:    words("programs", "msk", "msk-spine-surgery", "cardiac"),
		Specialties: words("specialties", "207XS0117X", "207X00000X"),
		Active:      rapid.Bool().Draw(t, "active"),
	}
	for _, state := range words("states", "TX", "OK") {
		v.Licenses = append(v.Licenses, License{State: state})
	}
	return v
}

func checkRoster(t *rapid.T, got *Roster, want plainRoster) {
	if got.Len() != len(want) {
		t.Fatalf("length %d, want %d", got.Len(), len(want))
	}
	for _, tenant := range []string{"t0", "t1"} {
		var listed, all []string
		got.Ascend(tenant, "r05", func(v *Reviewer) bool {
			listed = append(listed, v.ID)
			return true
		})
		for _, v := range want {
			if v.Tenant == tenant && v.ID >= "r05" {
				all = append(all, v.ID)
			}
			if found, ok := got.Find(v.Tenant, v.ID); !ok || found != v {
				t.Fatalf("%s is not found by id", v.ID)
			}
		}
		slices.Sort(all)
		if !slices.Equal(listed, all) {
			t.Fatalf("%s lists %v, want %v", tenant, listed, all)
		}
		for _, program := range []string{"msk", "msk-spine-surgery", "cardiac", "sleep"} {
			found := idsOf(got.candidates([]anyOf{{trainedFor(tenant, program)}}))
			trained := want.having(tenant, func(v *Reviewer) bool { return slices.Contains(v.Programs, program) })
			if !slices.Equal(found, trained) {
				t.Fatalf("%s in %s: %v, want %v", program, tenant, found, trained)
			}
		}
		checkRarest(t, got, want, tenant)
	}
}

// checkRarest holds candidates to its promise: nobody is missing who meets all
// conditions, and no more are returned than the rarest condition lists.
func checkRarest(t *rapid.T, got *Roster, want plainRoster, tenant string) {
	licensed := func(v *Reviewer) bool {
		return slices.ContainsFunc(v.Licenses, func(l License) bool { return l.State == "TX" })
	}
	specialized := func(v *Reviewer) bool { return len(v.Specialties) > 0 }
	found := idsOf(got.candidates([]anyOf{
		{licensedIn(tenant, "TX")},
		{specializedIn(tenant, "207XS0117X"), specializedIn(tenant, "207X00000X")},
	}))
	if !slices.IsSorted(found) || len(slices.Compact(slices.Clone(found))) != len(found) {
		t.Fatalf("repeated candidates: %v", found)
	}
	for _, id := range want.having(tenant, func(v *Reviewer) bool { return licensed(v) && specialized(v) }) {
		if !slices.Contains(found, id) {
			t.Fatalf("%s meets all conditions and is missing in %v", id, found)
		}
	}
	if !slices.Equal(found, want.having(tenant, licensed)) && !slices.Equal(found, want.having(tenant, specialized)) {
		t.Fatalf("%v is not the list of one condition", found)
	}
}

func TestRosterAgainstMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		roster, plain := NewRoster(), plainRoster{}
		published, publishedPlain := roster.Clone(), plain.clone()
		for range rapid.IntRange(1, 40).Draw(t, "puts") {
			v := drawRosterReviewer(t, slots.ReviewerRef(rapid.IntRange(0, 12).Draw(t, "ref")))
			roster.Put(v)
			plain[v.Ref] = v
			if rapid.IntRange(0, 9).Draw(t, "publish") == 0 {
				published, publishedPlain = roster.Clone(), plain.clone()
			}
		}
		checkRoster(t, roster, plain)
		checkRoster(t, published, publishedPlain)
	})
}

func TestRosterRename(t *testing.T) {
	t.Parallel()
	r := NewRoster()
	r.Put(&Reviewer{Ref: 1, Tenant: "t", ID: "old"})
	r.Put(&Reviewer{Ref: 1, Tenant: "t", ID: "new"})
	if _, found := r.Find("t", "old"); found {
		t.Error("the old id is still found")
	}
	if v, found := r.Get(1); !found || v.ID != "new" {
		t.Error("the number does not lead to the new id")
	}
	if got := r.candidates(nil); got != nil {
		t.Errorf("candidates without a condition: %v", got)
	}
}

// A published roster is read while the writer clones and changes its own.
func TestRosterReadersAndWriter(t *testing.T) {
	t.Parallel()
	working := NewRoster()
	var readers sync.WaitGroup
	for round := range 20 {
		for i := range 50 {
			working.Put(&Reviewer{
				Ref: slots.ReviewerRef(i), Tenant: "t", ID: strings.Repeat("x", i+1),
				Programs: []string{fmt.Sprint(round)}, Active: true,
			})
		}
		published := working.Clone()
		readers.Go(func() {
			for range 20 {
				if n := len(published.candidates([]anyOf{{trainedFor("t", fmt.Sprint(round))}})); n != 50 {
					t.Errorf("round %d sees %d candidates", round, n)
				}
			}
		})
	}
	readers.Wait()
}

// TestRosterLoad: a roster that was loaded is what puts make, and takes more of them.
func TestRosterLoad(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want, r := plainRoster{}, NewRoster()
		var all []*Reviewer
		for ref := range slots.ReviewerRef(rapid.IntRange(0, 20).Draw(t, "reviewers")) {
			v := drawRosterReviewer(t, 1+2*ref)
			all, want[v.Ref] = append(all, v), v
		}
		r.Load(all)
		checkRoster(t, r, want)
		for range rapid.IntRange(0, 5).Draw(t, "puts") {
			v := drawRosterReviewer(t, rapid.SampledFrom([]slots.ReviewerRef{1, 2, 3, 8}).Draw(t, "ref"))
			want[v.Ref] = v
			r.Put(v)
		}
		checkRoster(t, r, want)
	})
}
