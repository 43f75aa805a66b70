package matcher

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// similarRow is a row of similarity.json: a set of concepts that are similar to
// one another, pair by pair, on some service lines. A set names concepts exactly:
// a specialty does not stand for its subspecialties. Sets do not add up: what
// two sets share makes their other members no more similar.
type similarRow struct {
	ID           string          `json:"id"`
	ServiceLines []string        `json:"serviceLines"`
	Source       string          `json:"source"`
	Members      []similarMember `json:"members"`
}

type similarMember struct {
	Concept     string   `json:"concept"`
	Populations []string `json:"populations"` // none = all; a pair holds where both members do
}

// neighbour is a concept that is similar to another for the populations in the mask.
type neighbour struct {
	concept     conceptID
	populations populationSet
}

// populationSet is a set of populations, bit i for populations[i].
type populationSet uint8

const allPopulations populationSet = 1<<8 - 1

func populationBit(name string) populationSet {
	if i := slices.Index(populations, name); i >= 0 {
		return 1 << i
	}
	return 0
}

// neighbours are those of each concept on one service line, by its number; a line
// without any has none.
type neighbours [][]neighbour

func (n neighbours) of(c conceptID) []neighbour {
	if int(c) < len(n) {
		return n[c]
	}
	return nil
}

func (c *compiler) compileSimilarity(raw jsontext.Value) {
	lines := make(map[string]bool)
	for _, p := range c.rs.programs { //order: fills a set
		lines[p.serviceLine] = true
	}
	table := make(map[string]neighbours)
	for _, r := range decodeRows(c, "similarity", raw, func(r *similarRow) string { return r.ID }) {
		at := c.at("similarity", r.ID)
		at.slug("id", r.ID)
		at.text("source", r.Source)
		if len(r.ServiceLines) == 0 {
			at.faultf("serviceLines: none")
		}
		if len(r.Members) < 2 || len(r.Members) > maxSimilarMembers {
			at.faultf("members: %d, want 2 to %d", len(r.Members), maxSimilarMembers)
			continue
		}
		members := c.similarMembers(at, r)
		for _, line := range r.ServiceLines {
			if !lines[line] {
				at.faultf("serviceLines: no program belongs to %q", line)
			}
			if table[line] == nil {
				table[line] = make(neighbours, len(c.rs.concepts.concepts))
			}
			joinPairs(table[line], members)
		}
	}
	for id, p := range c.rs.programs { //order: each by itself
		p.similar = table[p.serviceLine]
		c.rs.programs[id] = p
	}
}

const maxSimilarMembers = 64

func (c *compiler) similarMembers(at place, r *similarRow) []neighbour {
	var members []neighbour
	for _, m := range r.Members {
		id, ok := c.rs.concepts.byID[m.Concept]
		if !ok {
			at.faultf("members: unknown concept %q", m.Concept)
			continue
		}
		if !c.rs.concepts.concepts[id].comparable {
			at.faultf("members: %q is not comparable", m.Concept)
		}
		if slices.ContainsFunc(members, func(n neighbour) bool { return n.concept == id }) {
			at.faultf("members: %q twice", m.Concept)
		}
		at.words("members.populations", m.Populations, populations)
		mask := allPopulations
		if len(m.Populations) > 0 {
			mask = 0
		}
		for _, p := range m.Populations {
			mask |= populationBit(p)
		}
		members = append(members, neighbour{id, mask})
	}
	return members
}

// joinPairs makes every two members neighbours, each for the populations of both.
func joinPairs(table neighbours, members []neighbour) {
	for i, a := range members {
		for j, b := range members {
			if i != j {
				table[a.concept] = append(table[a.concept], neighbour{b.concept, a.populations & b.populations})
			}
		}
	}
}

// anchor is a specialty that reviewers are compared with, made ready for one case.
type anchor struct {
	code    string
	concept conceptID
	similar []neighbour
	bit     populationSet
}

// field is where anchors of one case are compared: its service line's similar
// specialties, and the case's population.
type field struct {
	similar neighbours
	bit     populationSet
}

func (rs *Ruleset) fieldOf(program, population string) field {
	return field{rs.programs[program].similar, populationBit(population)}
}

func (rs *Ruleset) anchorOf(code string, f field) anchor {
	concept := rs.concepts.of(code)
	return anchor{code: code, concept: concept, similar: f.similar.of(concept), bit: f.bit}
}

// relation compares a concept with the anchor: the better of tree and table.
func (rs *Ruleset) relation(a *anchor, to conceptID) Relation {
	if got := rs.concepts.relation(a.concept, to); got != RelationNone {
		return got
	}
	for _, n := range a.similar {
		if n.concept == to && (n.populations == allPopulations || n.populations&a.bit != 0) {
			return RelationSimilar
		}
	}
	return RelationNone
}

// bestRelation is the best relation between any of the codes and any of the anchors.
func (rs *Ruleset) bestRelation(anchors []anchor, codes []string) Relation {
	best := RelationNone
	for _, code := range codes {
		to := rs.concepts.of(code)
		for i := range anchors {
			if best = max(best, rs.relation(&anchors[i], to)); best == RelationSameSubspecialty {
				return best
			}
		}
	}
	return best
}

// Relation compares two NUCC codes on a program's service line for a population.
// It is symmetric; unknown codes relate to nothing.
func (rs *Ruleset) Relation(a, b, program, population string) Relation {
	anchor := rs.anchorOf(a, rs.fieldOf(program, population))
	return rs.relation(&anchor, rs.concepts.of(b))
}
