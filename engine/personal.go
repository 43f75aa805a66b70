package engine

// Sealed is the personal part of an entity as one blob. KeyID 0 means clear:
// Bytes are the encoded fields themselves. Rules never read it.
type Sealed struct {
	KeyID uint32
	Nonce []byte
	Bytes []byte
}

func (s *Sealed) empty() bool { return s.KeyID == 0 && len(s.Nonce) == 0 && len(s.Bytes) == 0 }

// Digest is a keyed digest (HMAC-SHA-256) of a personal value, normalised; the
// zero Digest stands for an absent value and equals nothing.
type Digest [32]byte

// ReviewerPersonal is the sealed part of a Reviewer.
type ReviewerPersonal struct{ Name string }

// Person is somebody's name as written on forms.
type Person struct{ FirstName, LastName, Credential string }

// Reach is how somebody can be reached. Phones are E.164.
type Reach struct {
	Phone, Extension                   string
	AlternatePhone, AlternateExtension string
	CellPhone, Fax, Email              string
}

// ProviderPersonal is the sealed part of a provider on a case.
type ProviderPersonal struct {
	Person
	Reach
}

// CallerPersonal is the sealed part of an ad hoc hold: who is on the line, who
// need not be the one who speaks. Role is a code, Phone is E.164; "" = not said.
type CallerPersonal struct{ FirstName, LastName, Role, Phone string }

// CasePersonal is the sealed part of a Case.
type CasePersonal struct {
	MemberID, MemberName            string
	MemberBirthDate                 string // YYYY-MM-DD
	Requesting, Ordering, Rendering ProviderPersonal
	OutreachInstructions            string
	OutreachPhones                  []string
}

// AppointmentPersonal is the sealed part of an Appointment.
type AppointmentPersonal struct {
	PerformedBy, RequestedBy Person
	Contact                  Person
	ContactReach             Reach
	Instructions             string
	AttestedByName           string
	CancelReason             string
}
