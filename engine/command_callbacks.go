package engine

import "github.com/parleyhq/parley/slots"

// CreateCallback asks for a call in windows of the provider's choice. The engine
// assigns reviewer and time in the same entry if it can. Without windows, those
// of the payer's row apply, if it has any.
type CreateCallback struct {
	ID            string // of the request, made by the caller
	AppointmentID string // of the appointment that an assignment makes, made by the caller
	CaseIDs       []string
	Windows       []slots.Interval
	TimeZone      string
	// Who will speak, as in a booking.
	PerformedByRole, PerformedByCredential string
	Location, Notify                       string
	Notes                                  CallNotes
	Consents                               []string // attestation codes, used only if needed
	AttestedByRole                         string   // "" = PerformedByRole
	Personal                               Sealed   // AppointmentPersonal, for the place of AppointmentID
}

// CancelCallback ends a callback request, and its appointment if that is still
// booked. Once more is the same answer.
type CancelCallback struct {
	ID     string
	Expect uint64 // version, 0 = any
}

// AdHoc asks for the best qualified reviewer who is free now. The answer is a
// hold of mode ad_hoc, to be booked by its id once the call is transferred.
type AdHoc struct {
	ID      string // of the hold, made by the caller
	CaseIDs []string
	// AvailableAt is when the provider can speak: 0 or past = now, else at most
	// AdHocAhead later than now.
	AvailableAt                            slots.Instant
	TimeZone                               string
	PerformedByRole, PerformedByCredential string
	SpecialtyMatch                         bool
	Consents                               []string // waivers that the caller would give
	Caller                                 Sealed   // CallerPersonal, for the place of the hold
}

// RecordOffer proves what an answer has offered for a case. The same case and
// digest within OfferRepeat adds nothing. An answer with more than MaxOffers
// offers is recorded in several.
type RecordOffer struct {
	CaseID  string
	Digest  [32]byte // of the answer, not zero
	Mode    string   // slot, callback, ad_hoc
	AsOf    Seq      // of the snapshot that was searched
	Ruleset string   // version that judged there
	Range   slots.Interval
	Ticks   slots.Ticks
	Windows []slots.Interval
	Triples []OfferedSlot // as sent; none = nothing was offered
	Codes   []string      // why nothing compliant was offered
}

// Kind implements Payload.
func (CreateCallback) Kind() Kind { return KindCreateCallback }

// Kind implements Payload.
func (CancelCallback) Kind() Kind { return KindCancelCallback }

// Kind implements Payload.
func (AdHoc) Kind() Kind { return KindAdHoc }

// Kind implements Payload.
func (RecordOffer) Kind() Kind { return KindRecordOffer }

// Limits of callback requests, ad hoc calls and offer records.
const (
	MaxWindows = 64      // windows of one request
	MaxOffers  = 1 << 16 // offers of one offer record
	// AdHocAhead is how far ahead an ad hoc call may start, in seconds: an hour.
	AdHocAhead = slots.Hour
)
