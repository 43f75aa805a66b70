package matcher

// Tier says how far a match meets the requirements; smaller is better, 0 is no
// offer. Numbers are part of the log format.
type Tier uint8

// The tiers, best first. The first three are compliant: they need no waiver.
const (
	// TierNone: never offered.
	TierNone Tier = iota
	// TierFull: nothing unmet, specialty same or same subspecialty.
	TierFull
	// TierSimilar: nothing unmet, specialty similar.
	TierSimilar
	// TierSkilled: nothing unmet, specialty unrelated and none required.
	TierSkilled
	// TierLicenseWaived: only the licence is unmet, and can be waived.
	TierLicenseWaived
	// TierSpecialtyWaived: only the specialty is unmet, and can be waived.
	TierSpecialtyWaived
	// TierBothWaived: licence and specialty are unmet, and can be waived.
	TierBothWaived
)

var tierNames = [...]string{"none", "full", "similar", "skilled", "license_waived", "specialty_waived", "both_waived"}

// String returns the wire name: full, similar, skilled, license_waived, specialty_waived,
// both_waived; none for TierNone.
func (t Tier) String() string {
	if int(t) < len(tierNames) {
		return tierNames[t]
	}
	return "unknown"
}

// Compliant reports whether the tier needs no waiver.
func (t Tier) Compliant() bool { return TierFull <= t && t <= TierSkilled }

// tierOf places a match: waived is what it leaves unmet and may waive, which is
// at most licence and specialty.
func tierOf(waived Needs, relation Relation) Tier {
	switch {
	case waived.Has(NeedLicense) && waived.Has(NeedSpecialty):
		return TierBothWaived
	case waived.Has(NeedSpecialty):
		return TierSpecialtyWaived
	case waived.Has(NeedLicense):
		return TierLicenseWaived
	case relation >= RelationSame:
		return TierFull
	case relation == RelationSimilar:
		return TierSimilar
	}
	return TierSkilled
}
