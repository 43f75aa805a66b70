package matcher

import (
	"slices"

	"github.com/parleyhq/parley/slots"
)

// node is a requirement of a row: an and, an or, or one predicate over a
// reviewer. Exactly one of its members besides when is present.
type node struct {
	// When says when the requirement is active. An inactive one is taken out of
	// the tree; a tree of which nothing is left requires nothing.
	When *trigger `json:"when"`

	All []*node `json:"all"`
	Any []*node `json:"any"`

	License            *licenseRule       `json:"license"`
	Specialty          *specialtyRule     `json:"specialty"`
	Credential         *credentialRule    `json:"credential"`
	Population         string             `json:"population"` // member: the member's own
	Identity           string             `json:"identity"`
	Within             *term              `json:"within"` // of original_preferred
	BoardCertification *certificationRule `json:"boardCertification"`
	Experience         *experienceRule    `json:"experience"`
}

// trigger asks for a profession among the persons in some roles of a case, and
// for a wish of the caller.
type trigger struct {
	Roles       []string `json:"roles"`
	Profession  string   `json:"profession"`  // physician = MD or DO, by credential
	Credentials []string `json:"credentials"` // somebody in the roles holds one of them
	Requested   string   `json:"requested"`   // specialty_match
}

// licenseRule asks for an active licence that is valid at the start of the call.
type licenseRule struct {
	State        string   `json:"state"` // row (the row's state), any, or a state
	ExcludeTypes []string `json:"excludeTypes"`
}

// specialtyRule asks for a relation to the anchor, or a closer one.
type specialtyRule struct {
	Relation string     `json:"relation"` // similar, same, same_subspecialty
	Anchor   anchorRule `json:"anchor"`
	least    Relation
}

// anchorRule says whose specialty counts; of several the best relation does.
type anchorRule struct {
	Of         string   `json:"of"`
	Roles      []string `json:"roles"`      // for requester and either
	Profession string   `json:"profession"` // of the persons that count
}

type credentialRule struct {
	In []string `json:"in"`
}

// certificationRule asks for a board certification in a specialty similar to the
// service's, or, of its other kind, for experience with it instead.
type certificationRule struct {
	Kind        string `json:"kind"`
	RecentYears int    `json:"recentYears"` // of the experience; 0 = whenever it was
}

// experienceRule asks for practice in a specialty similar to the service's.
type experienceRule struct {
	Of          string `json:"of"`          // condition
	RecentYears int    `json:"recentYears"` // 0 = whenever it was
}

// Limits of a requirement tree.
const (
	maxTreeDepth = 8
	maxTreeNodes = 64
	// maxRecentYears bounds how far back experience counts.
	maxRecentYears = 50
)

// requirement checks a tree and returns the needs of its predicates.
func (p place) requirement(n *node, states []string) Needs {
	size := 0
	return p.node("requires", n, states, 1, &size)
}

func (p place) node(path string, n *node, states []string, depth int, size *int) (needs Needs) {
	if *size++; n == nil || depth > maxTreeDepth || *size > maxTreeNodes {
		p.faultf("%s: missing, deeper than %d or with more than %d parts", path, maxTreeDepth, maxTreeNodes)
		return 0
	}
	if n.When != nil {
		p.trigger(path+".when", n.When)
	}
	forms := 0
	for _, list := range []struct {
		name  string
		nodes []*node
	}{{".all", n.All}, {".any", n.Any}} {
		if list.nodes == nil {
			continue
		}
		forms++
		if len(list.nodes) == 0 {
			p.faultf("%s%s: empty", path, list.name)
		}
		for _, child := range list.nodes {
			needs |= p.node(path+list.name, child, states, depth+1, size)
		}
	}
	leaf, leaves := p.leaf(path, n, states)
	if forms+leaves != 1 {
		p.faultf("%s: %d requirements in one place, want exactly one", path, forms+leaves)
	}
	return needs | leaf
}

func (p place) leaf(path string, n *node, states []string) (needs Needs, count int) {
	add := func(need Need) {
		needs = needs.With(need)
		count++
	}
	if n.License != nil {
		add(NeedLicense)
		p.license(path+".license", n.License, states)
	}
	if n.Specialty != nil {
		add(NeedSpecialty)
		p.specialty(path+".specialty", n.Specialty)
	}
	if n.Credential != nil {
		add(NeedCredential)
		p.credentials(path+".credential.in", n.Credential.In)
		if len(n.Credential.In) == 0 {
			p.faultf("%s.credential.in: none", path)
		}
	}
	if n.Population != "" {
		add(NeedPopulation)
		p.word(path+".population", n.Population, []string{"member"})
	}
	if n.Identity != "" {
		add(NeedIdentity)
		p.word(path+".identity", n.Identity, identities)
	}
	if (n.Identity == "original_preferred") != (n.Within != nil) {
		p.faultf("%s.within: belongs to original_preferred, and to it alone", path)
	} else if n.Within != nil {
		p.term(path+".within", n.Within)
	}
	if n.BoardCertification != nil {
		add(NeedBoardCertification)
		p.word(path+".boardCertification.kind", n.BoardCertification.Kind, certifications)
		p.between(path+".boardCertification.recentYears", n.BoardCertification.RecentYears, 0, maxRecentYears)
		if n.BoardCertification.Kind == "certified" && n.BoardCertification.RecentYears != 0 {
			p.faultf("%s.boardCertification.recentYears: belong to certified_or_experience", path)
		}
	}
	if n.Experience != nil {
		add(NeedExperience)
		p.word(path+".experience.of", n.Experience.Of, []string{"condition"})
		p.between(path+".experience.recentYears", n.Experience.RecentYears, 0, maxRecentYears)
	}
	return needs, count
}

func (p place) license(path string, l *licenseRule, states []string) {
	switch l.State {
	case "row":
		if len(states) == 0 {
			p.faultf("%s.state: the row has no state", path)
		}
	case "any":
	default:
		p.state(path+".state", l.State)
	}
	p.words(path+".excludeTypes", l.ExcludeTypes, licenseTypes)
}

func (p place) specialty(path string, s *specialtyRule) {
	if p.word(path+".relation", s.Relation, relationNames[RelationSimilar:]) {
		s.least, _ = relationFrom(s.Relation)
	}
	a := &s.Anchor
	p.word(path+".anchor.of", a.Of, anchorKinds)
	p.words(path+".anchor.roles", a.Roles, roles)
	if persons := a.Of == "requester" || a.Of == "either"; persons != (len(a.Roles) > 0) {
		p.faultf("%s.anchor.roles: needed by requester and either, and by them alone", path)
	} else if persons {
		p.word(path+".anchor.profession", a.Profession, professions)
	}
}

func (p place) trigger(path string, t *trigger) {
	p.words(path+".roles", t.Roles, roles)
	if t.Profession != "" {
		p.word(path+".profession", t.Profession, professions)
	}
	p.credentials(path+".credentials", t.Credentials)
	if (t.Profession != "" || len(t.Credentials) > 0) != (len(t.Roles) > 0) {
		p.faultf("%s: roles and a profession or credentials need each other", path)
	}
	if t.Requested != "" {
		p.word(path+".requested", t.Requested, []string{"specialty_match"})
	}
}

func (p place) credentials(path string, list []string) {
	for i, s := range list {
		if len(s) < 2 || len(s) > 16 || slices.ContainsFunc([]byte(s), func(b byte) bool { return !letter(b) }) {
			p.faultf("%s: %q is no credential: 2 to 16 letters", path, s)
		}
		if slices.Contains(list[:i], s) {
			p.faultf("%s: %q twice", path, s)
		}
	}
}

// active reports whether a trigger fires for a case.
func (t *trigger) active(c *Case, specialtyMatch bool) bool {
	if t == nil {
		return true
	}
	if t.Requested != "" && !specialtyMatch {
		return false
	}
	if len(t.Roles) == 0 {
		return true
	}
	physician, credential := false, len(t.Credentials) == 0
	for _, role := range t.Roles {
		person := c.provider(role)
		if !person.Present {
			continue
		}
		physician = physician || isPhysician(person.Credential)
		credential = credential || holdsCredential(t.Credentials, person.Credential)
	}
	switch t.Profession {
	case "physician":
		return physician && credential
	case "non_physician":
		return !physician && credential
	}
	return credential
}

// provider returns the person in a role.
func (c *Case) provider(role string) *Provider {
	switch role {
	case "requesting":
		return &c.Requesting
	case "ordering":
		return &c.Ordering
	}
	return &c.Rendering
}

// valid reports whether a licence counts in a state at local date d.
func (l *licenseRule) valid(have *License, d slots.Date) bool {
	return have.Status == "active" && have.From <= d && d <= have.To && !slices.Contains(l.ExcludeTypes, have.Type)
}
