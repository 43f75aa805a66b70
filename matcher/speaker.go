package matcher

// clinicians are the credentials of licensed clinicians: who holds one may speak
// where a program demands a clinician. "PA-C" is read as PA.
var clinicians = []string{
	"MD", "DO", "MBBS", "DPM", "DC", "DDS", "DMD", "OD",
	"NP", "APRN", "ARNP", "CRNP", "FNP", "DNP", "CNS", "CRNA", "CNM", "PA", "PAC", "RN", "BSN", "MSN", "LPN", "LVN",
	"PharmD", "RPh", "PT", "DPT", "OT", "OTR", "SLP", "AuD",
	"PsyD", "LCSW", "LMFT", "LPC", "LMHP", "LMHC", "BCBA",
}

// doctorates are the credentials that need a doctoral degree.
var doctorates = []string{
	"MD", "DO", "MBBS", "DPM", "DC", "DDS", "DMD", "OD", "ND", "DVM",
	"PharmD", "PhD", "PsyD", "DNP", "DNAP", "DPT", "OTD", "AuD", "EdD", "ScD", "DSc", "DSW", "DrPH", "DHSc", "DMSc",
}

// IsClinician reports whether a credential as people write it ("MD", "M.D.",
// "PA-C", "DO, FACOS") names a licensed clinician.
func IsClinician(credential string) bool { return holdsCredential(clinicians, credential) }

// Who may speak on the provider's side.
const (
	speakersAnyone    = "anyone"
	speakersClinician = "clinician"
	speakersListed    = "credentials"
)

// SpeakerRule says who may speak on the provider's side of a call.
type SpeakerRule struct {
	Who         string   // anyone, clinician, credentials
	Credentials []string // for credentials: one of these
	Doctorates  bool     // for credentials: or any doctorate
	Rule        string   // the payer's row, a slash and speakers
}

// Accepts reports whether a credential as people write it lets its holder speak.
func (s SpeakerRule) Accepts(credential string) bool {
	switch s.Who {
	case speakersClinician:
		return IsClinician(credential)
	case speakersListed:
		return holdsCredential(s.Credentials, credential) || s.Doctorates && holdsCredential(doctorates, credential)
	}
	return true
}

// ClinicianRequired reports whether it must be a licensed clinician.
func (s SpeakerRule) ClinicianRequired() bool { return s.Who == speakersClinician }

// speakersTerm is how a payer's row says it.
type speakersTerm struct {
	Who         string   `json:"who"`
	Credentials []string `json:"credentials"`
	Doctorates  bool     `json:"doctorates"`
}

func (p place) speakers(r *payerRow) {
	rule := &r.speaker
	rule.Who, rule.Rule = speakersAnyone, r.ID+"/speakers"
	if r.ClinicianRequired {
		rule.Who = speakersClinician
	}
	t := r.Speakers
	if t == nil {
		return
	}
	if r.ClinicianRequired {
		p.faultf("clinicianRequired: speakers says it already")
	}
	p.word("speakers.who", t.Who, speakerKinds)
	p.credentials("speakers.credentials", t.Credentials)
	if listed := len(t.Credentials) > 0 || t.Doctorates; listed != (t.Who == speakersListed) {
		p.faultf("speakers: credentials and doctorates belong to who credentials, and to it alone")
	}
	rule.Who, rule.Credentials, rule.Doctorates = t.Who, t.Credentials, t.Doctorates
}
