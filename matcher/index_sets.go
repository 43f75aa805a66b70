package matcher

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/parleyhq/parley/slots"
)

// tenantSets are the sets of a tenant's active reviewers. A version of it is never
// changed by an edition that is not its own.
type tenantSets struct {
	edition     uint64
	numbers     *uint64 // given to traits, by all versions of the index
	active      trait
	named       map[setName]trait
	credentials []string // that occur or occurred, sorted
	states      []string // of licences, likewise
	years       []int    // of the last practice, likewise
	zones       []zoned
}

// setName names the set of those who have an attribute.
type setName struct {
	kind         setKind
	name, detail string // detail is the type of a licence
	year         int    // of the last practice, 0 = any at all
}

type setKind uint8

const (
	setProgram setKind = iota
	setHealthPlan
	setAnyHealthPlan
	setModality
	setAnyModality
	setPopulation
	setCredential
	setSpecialty
	// setLicense: an active licence of a type in a state, "" = in some state, that is
	// valid all along the index.
	setLicense
	// setChanging: such a licence, of whatever type, that starts or ends on the way.
	setChanging
	// setCertified: a board certification in a specialty that counts all along the index.
	setCertified
	// setCertifying: one that starts or ends on the way.
	setCertifying
	// setExperience: practice in a specialty that ended in a year.
	setExperience
)

// stillPractising stands for the year of a practice that has not ended.
const stillPractising = 1 << 16

// zoned are the reviewers of a zone.
type zoned struct {
	zone *slots.Zone
	trait
}

// noSets are those of a tenant without reviewers.
var noSets tenantSets

func (x *Index) tenant(name string) *tenantSets {
	if s := x.tenants[name]; s != nil {
		return s
	}
	return &noSets
}

// ownTenant returns the sets of a tenant to change.
func (x *Index) ownTenant(name string) *tenantSets {
	old := x.tenant(name)
	if old.edition == x.edition {
		return old
	}
	mine := *old
	mine.edition, mine.numbers = x.edition, x.numbers
	mine.credentials, mine.states, mine.zones = slices.Clone(old.credentials), slices.Clone(old.states), slices.Clone(old.zones)
	mine.years = slices.Clone(old.years)
	if mine.named = maps.Clone(old.named); mine.named == nil {
		mine.named = map[setName]trait{}
	}
	x.tenants = maps.Clone(x.tenants)
	x.tenants[name] = &mine
	return &mine
}

func (s *tenantSets) set(n setName) *trait {
	a := s.named[n]
	return &a
}

// change puts a reviewer into a trait, or takes him out.
func (s *tenantSets) change(a *trait, ref int, in bool) {
	*s.numbers++
	a.put(ref, in, s.edition, *s.numbers)
}

func (s *tenantSets) put(n setName, ref int, in bool) {
	a, known := s.named[n]
	if !known && !in {
		return
	}
	s.change(&a, ref, in)
	s.named[n] = a
	switch {
	case known:
	case n.kind == setCredential:
		s.credentials = insertNew(s.credentials, n.name)
	case (n.kind == setLicense || n.kind == setChanging) && n.name != "":
		s.states = insertNew(s.states, n.name)
	case n.kind == setExperience && n.year != 0:
		s.years = insertNew(s.years, n.year)
	}
}

// insertNew keeps a sorted list of distinct names.
func insertNew[T cmp.Ordered](list []T, name T) []T {
	i, found := slices.BinarySearch(list, name)
	if found {
		return list
	}
	return slices.Insert(list, i, name)
}

func (s *tenantSets) putZone(z *slots.Zone, ref int, in bool) {
	i := slices.IndexFunc(s.zones, func(x zoned) bool { return x.zone == z })
	if i < 0 {
		i = len(s.zones)
		s.zones = append(s.zones, zoned{zone: z})
	}
	s.change(&s.zones[i].trait, ref, in)
}

// list puts v into the sets of what it has, or takes it out. Who is not active has
// nothing.
func (x *Index) list(v *Reviewer, in bool) {
	if !v.Active {
		return
	}
	s, ref := x.ownTenant(v.Tenant), int(v.Ref)
	s.change(&s.active, ref, in)
	s.putZone(v.Zone, ref, in)
	put := func(kind setKind, names []string, without setKind) {
		if len(names) == 0 {
			s.put(setName{kind: without}, ref, in)
		}
		for _, name := range names {
			s.put(setName{kind: kind, name: name}, ref, in)
		}
	}
	put(setProgram, v.Programs, setProgram)
	put(setHealthPlan, v.HealthPlans, setAnyHealthPlan)
	put(setModality, v.Modalities, setAnyModality)
	put(setPopulation, v.Populations, setPopulation)
	put(setSpecialty, v.Specialties, setSpecialty)
	s.put(setName{kind: setCredential, name: v.Credential}, ref, in)
	for i := range v.Experience {
		e, year := &v.Experience[i], stillPractising
		if e.Until != 0 {
			year, _, _ = e.Until.YMD()
		}
		s.put(setName{kind: setExperience, name: e.Specialty}, ref, in)
		s.put(setName{kind: setExperience, name: e.Specialty, year: year}, ref, in)
	}
	x.listDated(s, v, in)
}

// sameTraits reports whether list does the same for two versions of a reviewer.
func sameTraits(a, b *Reviewer) bool {
	return a.Active == b.Active && a.Tenant == b.Tenant && a.Zone == b.Zone && a.Credential == b.Credential &&
		slices.Equal(a.Programs, b.Programs) && slices.Equal(a.HealthPlans, b.HealthPlans) && slices.Equal(a.Modalities, b.Modalities) &&
		slices.Equal(a.Populations, b.Populations) && slices.Equal(a.Specialties, b.Specialties) && slices.Equal(a.Experience, b.Experience) &&
		slices.Equal(a.Licenses, b.Licenses) && slices.Equal(a.BoardCertifications, b.BoardCertifications)
}

// listDated sorts v's licences and certifications by what they are all along the index.
// Doing it again once the index reaches further changes what differs.
func (x *Index) listDated(s *tenantSets, v *Reviewer, in bool) {
	x.listLicenses(s, v, in)
	for i := range v.BoardCertifications {
		x.listCertification(s, v, v.BoardCertifications[i].Specialty, in)
	}
}

// listCertification looks at all certifications in a specialty.
func (x *Index) listCertification(s *tenantSets, v *Reviewer, specialty string, in bool) {
	valid, changing := false, false
	for i := range v.BoardCertifications {
		c := &v.BoardCertifications[i]
		if c.Specialty != specialty {
			continue
		}
		to := c.To
		if to == 0 {
			to = latestDate
		}
		whole, never := x.throughout(c.From, to)
		valid = valid || whole
		changing = changing || !whole && !never
	}
	s.put(setName{kind: setCertified, name: specialty}, int(v.Ref), in && valid)
	s.put(setName{kind: setCertifying, name: specialty}, int(v.Ref), in && changing)
}

func (x *Index) listLicenses(s *tenantSets, v *Reviewer, in bool) {
	for i := range v.Licenses {
		if l := &v.Licenses[i]; l.Status == "active" {
			x.listLicense(s, v, l, l.State, in)
			x.listLicense(s, v, l, "", in)
		}
	}
}

// listLicense looks at all licences of a state, "" = of any, for the sets that l is in.
func (x *Index) listLicense(s *tenantSets, v *Reviewer, l *License, state string, in bool) {
	valid, changing := false, false
	for k := range v.Licenses {
		if o := &v.Licenses[k]; o.Status == "active" && (state == "" || o.State == state) {
			whole, never := x.throughout(o.From, o.To)
			valid = valid || whole && o.Type == l.Type
			changing = changing || !whole && !never
		}
	}
	s.put(setName{kind: setLicense, name: state, detail: l.Type}, int(v.Ref), in && valid)
	s.put(setName{kind: setChanging, name: state}, int(v.Ref), in && changing)
}

// throughout reports whether what holds from one date to another, both included, does so
// on every date that it may be anywhere in the index, and whether it does on none.
func (x *Index) throughout(first, last slots.Date) (whole, never bool) {
	if x.sorted.Empty() {
		return false, false
	}
	from, to := datesAround(x.sorted)
	return first <= from && to <= last, last < from || to < first || last < first
}

// datesAround returns the first and the last date that it may be anywhere.
func datesAround(i slots.Interval) (from, to slots.Date) {
	utc := slots.UTC()
	return utc.Date(i.Start) - 2, utc.Date(i.End) + 2
}

// relabel gives v, who is new in roster, a place between the ids next to his; where there
// is no room all of his tenant get new ones.
func (x *Index) relabel(roster *Roster, v *Reviewer) {
	before, after := uint64(0), ^uint64(0)
	prefix := idKey(v.Tenant, "")
	roster.byID.Descend(idKey(v.Tenant, v.ID), func(key string, o *Reviewer) bool {
		if o.Ref == v.Ref || x.seat(int(o.Ref)) == nil {
			return true
		}
		if strings.HasPrefix(key, prefix) {
			before = x.label(int(o.Ref))
		}
		return false
	})
	roster.Ascend(v.Tenant, v.ID, func(o *Reviewer) bool {
		if o.Ref == v.Ref || x.seat(int(o.Ref)) == nil {
			return true
		}
		after = x.label(int(o.Ref))
		return false
	})
	const room = 1 << 32
	label := before + (after-before)/2
	if after == ^uint64(0) && before < after-2*room {
		label = before + room
	}
	if label != before && label != after {
		x.setLabel(int(v.Ref), label)
		return
	}
	next := uint64(0)
	roster.Ascend(v.Tenant, "", func(o *Reviewer) bool {
		next += room
		x.setLabel(int(o.Ref), next)
		return true
	})
}

func (x *Index) setLabel(ref int, label uint64) {
	word := ref / seatsPerLeaf
	labels := x.labels.own(word, x.edition)
	labels[ref%seatsPerLeaf] = label
	x.lows.own(word/seatsPerLeaf, x.edition)[word%seatsPerLeaf] = least(labels)
}

// least is the least of 64 labels, 0 where there is none.
func least(labels *[seatsPerLeaf]uint64) (low uint64) {
	for _, label := range labels {
		if label != 0 && (low == 0 || label < low) {
			low = label
		}
	}
	return low
}
