package matcher

// Relation says how close a reviewer's specialty is to the anchor's; greater is closer.
type Relation uint8

// The relations. Their numbers are part of the log format.
const (
	// RelationNone: nothing ties the two, or one of them is unknown.
	RelationNone Relation = iota
	// RelationSimilar: the table of the program's service line pairs them.
	RelationSimilar
	// RelationSame: one specialty, and at least one of the two is general in it.
	RelationSame
	// RelationSameSubspecialty: one subspecialty, or both general in one specialty.
	RelationSameSubspecialty
)

var relationNames = [...]string{"none", "similar", "same", "same_subspecialty"}

// String returns the wire name: none, similar, same, same_subspecialty.
func (r Relation) String() string {
	if int(r) < len(relationNames) {
		return relationNames[r]
	}
	return "unknown"
}

// relationFrom returns the relation of that wire name.
func relationFrom(name string) (Relation, bool) {
	for i, n := range relationNames {
		if n == name {
			return Relation(i), true
		}
	}
	return RelationNone, false
}
