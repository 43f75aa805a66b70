package matcher

import (
	"math/bits"
	"slices"
)

// Need is a requirement that a reviewer may leave unmet; Needs is a set of them (bit Need).
type Need uint8

// The needs. Their numbers are part of the log format.
const (
	// NeedLicense: a licence that counts in the state, at the start of the call.
	NeedLicense Need = iota
	// NeedSpecialty: the relation to the anchor that a row asks for.
	NeedSpecialty
	// NeedSpecialtyMatch: the caller asked for the same specialty. It shows in Unmet, changes no tier, and has no waiver.
	NeedSpecialtyMatch
	// NeedCredential: MD, DO or what a row names.
	NeedCredential
	// NeedPopulation: experience with the member's population.
	NeedPopulation
	// NeedProgram: trained for the case's program.
	NeedProgram
	// NeedHealthPlan: the reviewer works for the plan.
	NeedHealthPlan
	// NeedModality: the reviewer takes the modality.
	NeedModality
	// NeedIdentity: barred by involvement, or somebody else is required.
	NeedIdentity
	// NeedBoardCertification: certified in the specialty.
	NeedBoardCertification
	// NeedActive: the reviewer is active.
	NeedActive
	// NeedExperience: treats, or has lately treated, what the case is about.
	NeedExperience

	needCount = iota
)

var needNames = [needCount]string{
	"license", "specialty", "specialty_match", "credential", "population", "program",
	"health_plan", "modality", "identity", "board_certification", "active", "experience",
}

// String returns the wire code: license, specialty, specialty_match, …
func (n Need) String() string {
	if n < needCount {
		return needNames[n]
	}
	return "unknown"
}

// needFrom returns the need of that wire code.
func needFrom(code string) (Need, bool) {
	i := slices.Index(needNames[:], code)
	return Need(max(i, 0)), i >= 0
}

// Needs is a set of needs: bit n for Need n.
type Needs uint32

// waivable are the needs that a tier can leave unmet.
const waivable = Needs(1<<NeedLicense | 1<<NeedSpecialty)

// Has reports whether x is in the set.
func (n Needs) Has(x Need) bool { return n>>x&1 == 1 }

// With returns the set with x.
func (n Needs) With(x Need) Needs { return n | 1<<x }

// Len returns how many needs are in the set.
func (n Needs) Len() int { return bits.OnesCount32(uint32(n)) }

// first returns the lowest need of a set that is not empty.
func (n Needs) first() Need { return Need(bits.TrailingZeros32(uint32(n))) }

// decisive returns the need that stands for an unmet set: one that nobody can
// waive before one that a rule might let the caller waive. Not for an empty set.
func (n Needs) decisive() Need {
	if hard := n &^ waivable; hard != 0 {
		return hard.first()
	}
	return n.first()
}

// Codes returns the wire codes in the order of the needs. The slice is shared:
// it must not be changed.
func (n Needs) Codes() []string { return needCodes.ordered[n&(1<<needCount-1)] }

// sorted returns the wire codes in alphabetical order, shared like Codes.
func (n Needs) sorted() []string { return needCodes.sorted[n&(1<<needCount-1)] }

// needCodes lists the codes of every set once, so that judging a match
// allocates nothing.
var needCodes = func() (all struct{ ordered, sorted [1 << needCount][]string }) {
	for set := range all.ordered {
		var codes []string
		for n := range Need(needCount) {
			if Needs(set).Has(n) {
				codes = append(codes, needNames[n])
			}
		}
		all.ordered[set] = codes
		all.sorted[set] = slices.Sorted(slices.Values(codes))
	}
	return all
}()
