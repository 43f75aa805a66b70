package matcher

import (
	"maps"
	"slices"
	"strings"

	"github.com/tidwall/btree"

	"github.com/parleyhq/parley/slots"
)

// Roster holds the reviewers of all tenants: by number, by id, and, for the
// active ones, by attribute. It is the candidate index of the search.
//
// One goroutine, the writer, calls Put and Clone. A Roster that it no longer
// changes may be read by any number of others at the same time, even while the
// writer clones it again and changes the clone.
type Roster struct {
	byRef *btree.Map[slots.ReviewerRef, *Reviewer]
	byID  *btree.Map[string, *Reviewer] // by idKey
	// postings hold one entry for each attribute of each active reviewer, and
	// sizes how many entries an attribute has.
	postings *btree.BTreeG[posting]
	sizes    *btree.Map[attribute, int]
}

// attribute is something that a reviewer has and a case may ask for, within one
// tenant: the key of a posting list.
type attribute string

// posting says that a reviewer has an attribute.
type posting struct {
	attribute attribute
	ref       slots.ReviewerRef
	reviewer  *Reviewer
}

func byAttributeAndRef(a, b posting) bool {
	if a.attribute != b.attribute {
		return a.attribute < b.attribute
	}
	return a.ref < b.ref
}

// separator never occurs in an id, a tenant, a state or a code.
const separator = "\x00"

func idKey(tenant, id string) string { return tenant + separator + id }

func trainedFor(tenant, program string) attribute {
	return attribute(tenant + separator + "program" + separator + program)
}

func licensedIn(tenant, state string) attribute {
	return attribute(tenant + separator + "license" + separator + state)
}

func specializedIn(tenant, code string) attribute {
	return attribute(tenant + separator + "specialty" + separator + code)
}

// NewRoster returns an empty roster.
func NewRoster() *Roster {
	return &Roster{
		byRef:    new(btree.Map[slots.ReviewerRef, *Reviewer]),
		byID:     new(btree.Map[string, *Reviewer]),
		postings: btree.NewBTreeGOptions(byAttributeAndRef, btree.Options{NoLocks: true}),
		sizes:    new(btree.Map[attribute, int]),
	}
}

// Clone returns a copy that may be changed without touching r, in constant
// time. It belongs to the writer: it marks the nodes of r as shared.
func (r *Roster) Clone() *Roster {
	return &Roster{
		byRef:    r.byRef.Copy(),
		byID:     r.byID.Copy(),
		postings: r.postings.Copy(),
		sizes:    r.sizes.Copy(),
	}
}

// Put inserts v, or replaces the reviewer with the same Ref. The caller keeps
// (Tenant, ID) and Ref one to one, and never changes v afterwards.
func (r *Roster) Put(v *Reviewer) {
	if old, found := r.byRef.Set(v.Ref, v); found {
		r.byID.Delete(idKey(old.Tenant, old.ID))
		for a := range old.attributes {
			r.unpost(a, old)
		}
	}
	r.byID.Set(idKey(v.Tenant, v.ID), v)
	for a := range v.attributes {
		r.post(a, v)
	}
}

// Load puts reviewers into an empty roster, which comes to the same as Put of one after
// the other, in less time. They come in order of number, each number once; the caller
// keeps what Put asks for.
func (r *Roster) Load(reviewers []*Reviewer) {
	listed := map[attribute][]*Reviewer{}
	ids := make([]string, len(reviewers))
	for i, v := range reviewers {
		r.byRef.Load(v.Ref, v)
		ids[i] = idKey(v.Tenant, v.ID)
		for a := range v.attributes {
			if l := listed[a]; len(l) == 0 || l[len(l)-1] != v {
				listed[a] = append(l, v)
			}
		}
	}
	order := make([]int, len(ids))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(ids[a], ids[b]) })
	for _, i := range order {
		r.byID.Load(ids[i], reviewers[i])
	}
	for _, a := range slices.Sorted(maps.Keys(listed)) {
		r.sizes.Load(a, len(listed[a]))
		for _, v := range listed[a] {
			r.postings.Load(posting{a, v.Ref, v})
		}
	}
}

// attributes yields what v is listed under, possibly with repetitions: nothing
// if v is inactive, for then he is no candidate. A licence is listed whatever
// its state, type and dates; whether it counts is for the rules to say.
func (v *Reviewer) attributes(yield func(attribute) bool) {
	if !v.Active {
		return
	}
	for _, p := range v.Programs {
		if !yield(trainedFor(v.Tenant, p)) {
			return
		}
	}
	for _, l := range v.Licenses {
		if !yield(licensedIn(v.Tenant, l.State)) {
			return
		}
	}
	for _, code := range v.Specialties {
		if !yield(specializedIn(v.Tenant, code)) {
			return
		}
	}
}

func (r *Roster) post(a attribute, v *Reviewer) {
	if _, found := r.postings.Set(posting{a, v.Ref, v}); !found {
		n, _ := r.sizes.Get(a)
		r.sizes.Set(a, n+1)
	}
}

func (r *Roster) unpost(a attribute, v *Reviewer) {
	if _, found := r.postings.Delete(posting{attribute: a, ref: v.Ref}); !found {
		return
	}
	if n, _ := r.sizes.Get(a); n > 1 {
		r.sizes.Set(a, n-1)
	} else {
		r.sizes.Delete(a)
	}
}

// Get returns the reviewer with a number, active or not.
func (r *Roster) Get(ref slots.ReviewerRef) (*Reviewer, bool) { return r.byRef.Get(ref) }

// Find returns a tenant's reviewer by id, active or not.
func (r *Roster) Find(tenant, id string) (*Reviewer, bool) { return r.byID.Get(idKey(tenant, id)) }

// Len returns the number of reviewers of all tenants, inactive ones included.
func (r *Roster) Len() int { return r.byRef.Len() }

// Ascend yields a tenant's reviewers in order of id, from the first id that is
// not below fromID, inactive ones included, until yield returns false.
func (r *Roster) Ascend(tenant, fromID string, yield func(*Reviewer) bool) {
	prefix := idKey(tenant, "")
	r.byID.Ascend(idKey(tenant, fromID), func(key string, v *Reviewer) bool {
		return strings.HasPrefix(key, prefix) && yield(v)
	})
}

// anyOf is a condition of the index: a reviewer meets it if he has at least one
// of the attributes.
type anyOf []attribute

// candidates returns the active reviewers that meet the rarest of the
// conditions, each once, in order of number. They contain all reviewers who meet
// all conditions; the rules judge the rest. Without a condition there is none.
func (r *Roster) candidates(conditions []anyOf) []*Reviewer {
	if len(conditions) == 0 {
		return nil
	}
	rarest := slices.MinFunc(conditions, func(a, b anyOf) int { return r.size(a) - r.size(b) })
	found := make([]*Reviewer, 0, r.size(rarest))
	for _, a := range rarest {
		r.postings.Ascend(posting{attribute: a}, func(p posting) bool {
			if p.attribute != a {
				return false
			}
			found = append(found, p.reviewer)
			return true
		})
	}
	if len(rarest) > 1 {
		slices.SortFunc(found, func(a, b *Reviewer) int { return int(a.Ref) - int(b.Ref) })
		found = slices.Compact(found)
	}
	return found
}

// size returns how many postings a condition has at most.
func (r *Roster) size(c anyOf) int {
	sum := 0
	for _, a := range c {
		n, _ := r.sizes.Get(a)
		sum += n
	}
	return sum
}
