package engine

import (
	"fmt"
	"slices"
)

// AsBuild returns an entry as an earlier build would have written it: without what came later. Builds 1 to 5 are numbered
// like the versions of the state, and build 6 writes that of build 5.
func AsBuild(build int, payload []byte) ([]byte, error) {
	e, err := decodeEntry(payload)
	if err != nil {
		return nil, err
	}
	e.effects = slices.DeleteFunc(e.effects, func(f effect) bool {
		switch f := f.(type) {
		case *noteOffer, *markCase:
			return build < 2
		case *putConduct:
			return build < 5
		case *putSealed: // what was taken off cannot be sealed
			return f.in != InCase && f.in != InReviewer
		}
		return false
	})
	for _, f := range e.effects {
		switch f := f.(type) {
		case *putReviewer:
			if build < 2 {
				f.image.BoardCertifications, f.image.Experience = nil, nil
			}
		case *putCase:
			if build < 3 {
				f.image.PlanType = ""
			}
			if build < 2 {
				f.image.Stage, f.image.CallsHeld = 0, 0
			}
		case *putHold:
			if build < 3 {
				f.image.Caller = Sealed{}
			}
		case *putAppointment:
			f.image.asBuild(build)
		}
	}
	if build < 2 && e.kind == KindBook {
		e.question.clinician = true // the credential was not kept
	}
	if build < 3 && e.kind == KindReschedule {
		e.question.role = ""
	}
	if build < 6 {
		e.from = origin{}
	}
	return e.encode()
}

func (a *Appointment) asBuild(build int) {
	if build < 3 {
		a.Caller, a.CallerHold, a.ResultsDue = Sealed{}, "", nil
	}
	if build < 2 {
		a.Attempts, a.PerformedByCredential, a.CancelCode, a.CancelRule, a.Follows, a.FollowedBy = nil, "", "", "", "", ""
	}
}

// BuiltState is the state after entries.
type BuiltState struct {
	Version  uint8 // in which it is written
	Hash     Hash
	Kinds    map[Kind]int
	Versions map[string]bool // of entries and of the entities in the state, as "case 2"
}

// StateAfter applies entries to an empty state.
func StateAfter(payloads [][]byte) (*BuiltState, error) {
	s, b := newState(), &BuiltState{Kinds: map[Kind]int{}, Versions: map[string]bool{}}
	for i, payload := range payloads {
		e, err := decodeEntry(payload)
		if err == nil {
			err = s.apply(e)
		}
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i+1, err)
		}
		b.Kinds[e.kind]++
		b.Versions[fmt.Sprint("entry ", e.least())] = true
		for _, f := range e.effects {
			switch f := f.(type) {
			case *putReviewer:
				b.Versions[fmt.Sprint("reviewer ", f.image.least())] = true
			case *putCase:
				b.Versions[fmt.Sprint("case ", f.image.least())] = true
			case *putHold:
				b.Versions[fmt.Sprint("hold ", f.image.least())] = true
			case *putAppointment:
				b.Versions[fmt.Sprint("appointment ", f.image.least())] = true
			}
			b.Versions[fmt.Sprint("effect ", f.number())] = true
		}
	}
	s.cases.each(func(c *Case) bool { // marked by what became of its calls
		b.Versions[fmt.Sprint("case ", c.least())] = true
		return true
	})
	snapshot := &Snapshot{state: s}
	b.Version, b.Hash = s.least(), snapshot.Hash()
	return b, snapshot.Check()
}

// AllVersions are those that a log of all builds must have.
func AllVersions() (all []string) {
	for _, of := range []struct {
		name string
		last int
	}{
		{"entry", entryVersion}, {"reviewer", reviewerVersion}, {"case", caseVersion}, {"hold", holdVersion},
		{"appointment", appointmentVersion}, {"effect", int(numberPutConduct)},
	} {
		for v := 1; v <= of.last; v++ {
			all = append(all, fmt.Sprint(of.name, " ", v))
		}
	}
	return all
}
