package engine

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// fill sets every field that it can reach, also unexported ones' exported
// parts, from a source of numbers: so a field that a codec forgets is found.
func fill(v reflect.Value, next func(limit uint64) uint64) {
	switch v.Interface().(type) {
	case *slots.Zone:
		return // follows its name
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.Repeat("é\x00z"[:1+next(3)], int(next(3))) + string(rune('a'+next(26))))
	case reflect.Bool:
		v.SetBool(next(2) == 1)
	case reflect.Int, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(next(1<<15)) - 1<<14)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(next(1 << 8))
	case reflect.Slice:
		if n := int(next(4)); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		for i := range v.Len() {
			fill(v.Index(i), next)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), next)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), next)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), next)
	default:
		panic("fill: " + v.Type().String())
	}
}

func filled[T any](next func(uint64) uint64) *T {
	x := new(T)
	fill(reflect.ValueOf(x).Elem(), next)
	if r, ok := any(x).(*Reviewer); ok {
		r.ZoneName = []string{"America/Chicago", "US/Eastern", "UTC", "Nowhere/Lost"}[next(4)]
		attachZone(r)
	}
	return x
}

// counting is a source that gives every field another small number.
func counting() func(uint64) uint64 {
	n := uint64(0)
	return func(limit uint64) uint64 {
		n++
		return n % limit
	}
}

func drawn(t *rapid.T) func(uint64) uint64 {
	return func(limit uint64) uint64 { return rapid.Uint64Max(limit-1).Draw(t, "n") }
}

// roundTrip writes x, reads it back and writes it again.
func roundTrip[T any](t interface{ Fatalf(string, ...any) }, x *T, fields func(*codec, *T)) []byte {
	w := encoder(nil)
	fields(w, x)
	if w.err != nil {
		t.Fatalf("%T: %v", x, w.err)
	}
	r, got := decoder(string(w.out)), new(T)
	fields(r, got)
	if err := r.end(); err != nil {
		t.Fatalf("%T: %v", x, err)
	}
	if !reflect.DeepEqual(x, got) {
		t.Fatalf("%T: wrote %+v, read %+v", x, x, got)
	}
	again := encoder(nil)
	fields(again, got)
	if string(again.out) != string(w.out) {
		t.Fatalf("%T: wrote %x, then %x", x, w.out, again.out)
	}
	return w.out
}

func TestRecordsRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		next := drawn(t)
		roundTrip(t, filled[Reviewer](next), (*codec).reviewer)
		roundTrip(t, filled[Case](next), (*codec).caseEntity)
		roundTrip(t, filled[Hold](next), (*codec).hold)
		roundTrip(t, filled[Appointment](next), (*codec).appointment)
		roundTrip(t, filled[Profile](next), (*codec).profile)
		roundTrip(t, filled[ReviewerPersonal](next), (*codec).reviewerPersonal)
		roundTrip(t, filled[CasePersonal](next), (*codec).casePersonal)
		roundTrip(t, filled[AppointmentPersonal](next), (*codec).appointmentPersonal)
		roundTrip(t, filled[CallerPersonal](next), (*codec).callerPersonal)
		roundTrip(t, filled[AttemptPersonal](next), (*codec).attemptPersonal)
		roundTrip(t, filled[CallReport](next), (*codec).callReport)
		roundTrip(t, filled[AuditRecord](next), (*codec).audit)
		roundTrip(t, filled[CallbackRequest](next), (*codec).callback)
		roundTrip(t, filled[OfferRecord](next), (*codec).offerRecord)
		roundTrip(t, sampleCaseRecord(next), (*codec).caseRecord)
		roundTrip(t, filled[Tenant](next), (*codec).tenant)
		roundTrip(t, filled[APIKey](next), (*codec).apiKey)
		roundTrip(t, filled[Conduct](next), (*codec).conduct)
		roundTrip(t, conductEntry(next), (*codec).entry)
		e := sampleEntry(next, Kind(1+next(uint64(kindEnd)-1)))
		roundTrip(t, e, (*codec).entry)
		for _, from := range []origin{{client: "2001:db8::7"}, {keyID: "key-2"}, {}} {
			e.from = from
			roundTrip(t, e, (*codec).entry)
		}
	})
}

func sampleCaseRecord(next func(uint64) uint64) *caseRecord {
	r := &caseRecord{tenant: "acme", caseID: "c-1"}
	for range next(4) {
		r.recent = append(r.recent, recentOffer{digest: [32]byte{1, byte(next(256))}, at: slots.Instant(next(1 << 33))})
	}
	return r
}

// sampleEntry is an entry with every effect. Fields that its kind does not
// write stay empty.
func sampleEntry(next func(uint64) uint64, kind Kind) *entry {
	e := &entry{
		seq: Seq(1 + next(1<<40)), now: slots.Instant(next(1 << 33)), actor: *filled[Actor](next), requestID: "r-1",
		from: origin{"192.0.2.7", "key-1"}, kind: kind, subject: "s-1", created: next(2) == 1, rules: "rules-1", zoneData: "tz-1",
		effects: []effect{
			&putReviewer{filled[Reviewer](next)}, &putCase{filled[Case](next)}, &putHold{filled[Hold](next)},
			&putAppointment{filled[Appointment](next)}, &putProfile{filled[Profile](next)},
			&dropHold{id: "h-1", confirmed: next(2) == 1}, &setRules{version: "rules-2", bundle: []byte("{}")},
			&askCase{id: "c-1"}, &markCase{id: "c-1", stage: int(next(3)), callsHeld: int(next(9))},
			&rememberKey{expiresAt: slots.Instant(next(1 << 33)), answer: []byte("a")},
		},
	}
	if next(2) == 1 {
		e.key, e.fingerprint = "k-1", Fingerprint{1, 2, 3}
	}
	q := &e.question
	switch kind {
	case KindPutReviewer, KindDeactivateReviewer, KindPutCase, KindPutProfile:
		q.expect = next(1 << 20)
	case KindBook:
		*q = question{holdID: "h-1", clinician: true, attestations: []string{"x"}, role: "r", tier: matcher.TierFull, ruleset: "v"}
	case KindReschedule:
		*q = question{expect: 1, reviewerID: "rev-1", start: slots.Instant(next(1 << 33)), attestations: []string{"x", "y"}}
		if next(2) == 1 {
			q.role = "r"
		}
	case KindCancel, KindNoShow:
		*q = question{expect: 2, role: "payer"}
	case KindRecordAttempt, KindStartCall, KindCompleteCall:
		q.expect = next(1 << 20)
	case KindReassign:
		*q = question{expect: 1, reviewerID: "rev-1", attestations: []string{"x", "y"}, role: "r"}
	case KindAddAbsence:
		*q = question{expect: 3, span: slots.Interval{Start: 1, End: slots.Instant(next(1 << 33))}}
	case KindCancelCallback:
		q.expect = next(1 << 20)
	case KindAdHoc:
		*q = question{start: slots.Instant(next(1 << 33)), role: "r", credential: "MD", attestations: []string{"x"}}
	case KindRecordOffer:
		q.digest = [32]byte{1, 2}
	case KindPutTenant:
		q.expect = next(1 << 20)
	case KindCreateKey:
		q.follows = "key-0"
	case KindRevokeKey:
		*q = question{tenant: "zenith", expect: 3}
	}
	if kind == KindAnchorJournal {
		e.effects = []effect{&putAnchor{filled[Anchor](next)}}
		return e
	}
	if kind == KindReseal {
		e.effects = []effect{
			&putSealed{InAppointment, "acme", "apt-1", 4, Sealed{KeyID: 3, Nonce: []byte("nonce"), Bytes: []byte("bytes")}},
			&putSealed{InKey, "acme", "alice\x00k-1", 0, Sealed{KeyID: 3, Nonce: []byte("other"), Bytes: []byte("more")}},
		}
		return e
	}
	if kind >= KindPutTenant {
		e.effects = []effect{&putTenant{filled[Tenant](next)}, &putAPIKey{filled[APIKey](next)}, &dropAPIKey{tenant: "acme", id: "key-0"}}
		return e
	}
	if kind >= KindCreateCallback {
		e.effects = append(e.effects, &putCallback{filled[CallbackRequest](next)},
			&noteOffer{digest: [32]byte{7}, record: sampleOffer(next)}, &noteOffer{record: sampleOffer(next)})
	}
	return e
}

// conductEntry is a hold of somebody whose holds are counted.
func conductEntry(next func(uint64) uint64) *entry {
	e := sampleEntry(next, KindHold)
	e.effects = []effect{&putHold{filled[Hold](next)}, &putConduct{filled[Conduct](next)}, &rememberKey{expiresAt: 1800000000}}
	return e
}

// sampleOffer has no place in the log, as in an effect.
func sampleOffer(next func(uint64) uint64) OfferRecord {
	r := *filled[OfferRecord](next)
	r.Seq, r.At, r.Actor = 0, 0, Actor{}
	r.Offers = append(r.Offers, r.Offers...)
	return r
}

// TestRecordsCutShort reads every prefix of an entry, and every entry with one
// byte changed: never a panic, and what is read is canonical.
func TestRecordsCutShort(t *testing.T) {
	t.Parallel()
	for kind := Kind(1); kind < kindEnd; kind++ {
		record, err := sampleEntry(counting(), kind).encode()
		if err != nil {
			t.Fatal(err)
		}
		for n := range record {
			if _, err := decodeEntry(record[:n]); err == nil {
				t.Fatalf("read %d of %d bytes", n, len(record))
			}
			changed := append([]byte(nil), record...)
			changed[n] ^= 0x41
			canonicalOrError(t, changed)
		}
		if _, err := decodeEntry(append(record, 0)); err == nil {
			t.Fatal("read trailing bytes")
		}
	}
}

// canonicalOrError fails unless bytes are refused or written back as they are.
func canonicalOrError(t *testing.T, record []byte) {
	t.Helper()
	e, err := decodeEntry(record)
	if err != nil {
		return
	}
	if again, err := e.encode(); err != nil || string(again) != string(record) {
		t.Fatalf("read %x, wrote %x, %v", record, again, err)
	}
}

func FuzzDecodeEntry(f *testing.F) {
	for kind := Kind(1); kind < kindEnd; kind++ {
		record, err := sampleEntry(counting(), kind).encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(record)
	}
	f.Fuzz(canonicalOrError)
}

func TestNumbersAreMinimal(t *testing.T) {
	t.Parallel()
	f := func(in string, want uint64, ok bool) {
		t.Helper()
		c := decoder(in)
		got := c.uvarint(0)
		if err := c.end(); (err == nil) != ok || ok && got != want {
			t.Fatalf("%x: got %d, %v", in, got, err)
		}
	}
	f("\x00", 0, true)
	f("\x7f", 127, true)
	f("\x80\x01", 128, true)
	f("\x80\x00", 0, false)
	f("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 1<<64-1, true)
	f("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 0, false)
	f("\x80", 0, false)
	f("", 0, false)
}

func TestLimitsOfRecords(t *testing.T) {
	t.Parallel()
	f := func(what string, spoil func(*Appointment)) {
		t.Helper()
		a := &Appointment{Status: Booked}
		spoil(a)
		if _, err := (&entry{kind: KindBook, effects: []effect{&putAppointment{a}}}).encode(); err == nil {
			t.Fatalf("wrote %s", what)
		}
	}
	f("a long text", func(a *Appointment) { a.TimeZone = strings.Repeat("x", MaxTextBytes+1) })
	f("a long list", func(a *Appointment) { a.CaseIDs = make([]string, MaxListItems+1) })
	f("a large sealed part", func(a *Appointment) { a.Personal = unsealable })
}

// TestLimitsOfOrigin: from where a command came has bounds of its own, in what is written and in what is read, and
// is in no record of a version that has none or whose place for it is empty.
func TestLimitsOfOrigin(t *testing.T) {
	t.Parallel()
	address, key := strings.Repeat("a", MaxClientBytes), strings.Repeat("k", MaxIDBytes)
	for _, o := range []origin{{address, key}, {address + "a", ""}, {"", key + "k"}} {
		fits := len(o.client) <= MaxClientBytes && len(o.keyID) <= MaxIDBytes
		e := sampleEntry(counting(), KindHold)
		e.from = o
		record, err := e.encode()
		if (err == nil) != fits {
			t.Errorf("entry of %d and %d bytes: %v", len(o.client), len(o.keyID), err)
		}
		r := e.auditRecord()
		audit, err := r.Encode()
		if (err == nil) != fits {
			t.Errorf("audit record of %d and %d bytes: %v", len(o.client), len(o.keyID), err)
		}
		if !fits {
			continue
		}
		head := func(b []byte) string {
			head, found := strings.CutSuffix(string(b), "\x40"+address+"\x40"+key)
			if !found {
				t.Fatalf("%x does not end with it", b)
			}
			return head
		}
		longer := func(b []byte) []byte { return []byte(head(b) + "\x41a" + address + "\x40" + key) }
		none := func(b []byte) []byte { return []byte(head(b) + "\x00\x00") }
		older := func(b []byte) []byte { return append([]byte{b[0] - 1}, b[1:]...) }
		for i, spoil := range []func([]byte) []byte{longer, none, older} {
			if _, err := decodeEntry(spoil(record)); err == nil {
				t.Errorf("entry %d was read", i)
			}
			if _, err := DecodeAudit(spoil(audit)); err == nil {
				t.Errorf("audit record %d was read", i)
			}
		}
	}
}
