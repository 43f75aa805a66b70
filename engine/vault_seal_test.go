package engine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// countingReader gives bytes of which no two runs of 24 are the same.
type countingReader struct{ n uint64 }

func (r *countingReader) Read(b []byte) (int, error) {
	for i := range b {
		r.n++
		b[i] = byte(r.n * 0x9e3779b97f4a7c15 >> 56)
	}
	return len(b), nil
}

// ringOf returns a ring of the keys with these ids, of which the first is active.
func ringOf(t interface{ Fatal(...any) }, ids ...uint32) *DataKeys {
	keys := make([]DataKey, len(ids))
	for i, id := range ids {
		keys[i] = DataKey{ID: id, Secret: [32]byte{byte(id), 1}, State: DataKeyOld}
	}
	keys[0].State = DataKeyActive
	r, err := NewDataKeys(keys)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func keyedVault(t interface{ Fatal(...any) }, ids ...uint32) *Vault {
	return NewVaultOf(VaultOptions{DigestKey: make([]byte, 32), WrappedBy: ids[0], Keys: ringOf(t, ids...), Random: &countingReader{}})
}

func TestVaultSealsUnderAKey(t *testing.T) {
	t.Parallel()
	v := keyedVault(t, 2, 1)
	rapid.Check(t, func(t *rapid.T) {
		next := drawn(t)
		r, c, a := filled[ReviewerPersonal](next), filled[CasePersonal](next), filled[AppointmentPersonal](next)
		s := v.SealReviewer("acme/reviewer/r", r)
		if s.KeyID != 2 || len(s.Nonce) != xaesNonceBytes {
			t.Fatalf("sealed as %+v", s)
		}
		if got, err := v.OpenReviewer("acme/reviewer/r", s); err != nil || *got != *r {
			t.Fatal(got, err)
		}
		if got, err := v.OpenCase("acme/case/c", v.SealCase("acme/case/c", c)); err != nil || got.Rendering != c.Rendering {
			t.Fatal(got, err)
		}
		if got, err := v.OpenAppointment("acme/appointment/a", v.SealAppointment("acme/appointment/a", a)); err != nil || *got != *a {
			t.Fatal(got, err)
		}
	})
	for _, s := range []Sealed{
		v.SealReviewer("p", &ReviewerPersonal{Name: "Dana Ortizperson"}), v.SealAttempt("p", &AttemptPersonal{Note: "Dana Ortizperson"}),
		v.SealReport("p", &CallReport{Note: "Dana Ortizperson"}), v.SealCaller("p", &CallerPersonal{FirstName: "Dana Ortizperson"}),
	} {
		if bytes.Contains(s.Bytes, []byte("Ortiz")) {
			t.Fatal("sealed in clear")
		}
	}
}

// TestVaultBindsToItsPlace moves a blob to another entity, another kind of record, another
// tenant, another kind of part, another key, and changes it: it opens nowhere.
func TestVaultBindsToItsPlace(t *testing.T) {
	t.Parallel()
	v := keyedVault(t, 2, 1)
	s := v.SealCase("acme/case/c1", &CasePersonal{MemberName: "Jordan Winter"})
	for _, place := range []string{"acme/case/c2", "acme/hold/c1", "zenith/case/c1", "acm/e/case/c1", "acme/case/c1/", "acme/case/C1", ""} {
		if _, err := v.OpenCase(place, s); !errors.Is(err, ErrCorrupt) {
			t.Errorf("at %q: %v", place, err)
		}
	}
	if _, err := v.OpenAppointment("acme/case/c1", s); !errors.Is(err, ErrCorrupt) {
		t.Errorf("as an appointment: %v", err)
	}
	f := func(what string, spoil func(*Sealed)) {
		t.Helper()
		moved := Sealed{KeyID: s.KeyID, Nonce: bytes.Clone(s.Nonce), Bytes: bytes.Clone(s.Bytes)}
		spoil(&moved)
		if _, err := v.OpenCase("acme/case/c1", moved); err == nil {
			t.Errorf("opened with %s", what)
		}
	}
	for i := range s.Bytes {
		f("a byte changed", func(s *Sealed) { s.Bytes[i] ^= 1 })
	}
	for i := range s.Nonce {
		f("another nonce", func(s *Sealed) { s.Nonce[i] ^= 0x80 })
	}
	f("another key", func(s *Sealed) { s.KeyID = 1 })
	f("no nonce", func(s *Sealed) { s.Nonce = nil })
	f("a long nonce", func(s *Sealed) { s.Nonce = append(s.Nonce, 0) })
	f("no bytes", func(s *Sealed) { s.Bytes = nil })
	f("a cut", func(s *Sealed) { s.Bytes = s.Bytes[:len(s.Bytes)-1] })
	f("said to be clear", func(s *Sealed) { s.KeyID = 0 })
	report := v.SealReport("acme/appointment/a", &CallReport{Note: "x"})
	if _, err := v.OpenAttempt("acme/appointment/a", report); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a report as an attempt: %v", err)
	}
}

// TestVaultRotates: old keys open, the active one seals, and what is missing is named.
func TestVaultRotates(t *testing.T) {
	t.Parallel()
	p, place := &ReviewerPersonal{Name: "Dana"}, "acme/reviewer/r"
	plain, one := NewVault(nil), keyedVault(t, 1)
	both, two := keyedVault(t, 2, 1), keyedVault(t, 2)
	for _, s := range []Sealed{plain.SealReviewer(place, p), one.SealReviewer(place, p), both.SealReviewer(place, p)} {
		if got, err := both.OpenReviewer(place, s); err != nil || *got != *p {
			t.Fatal(s.KeyID, got, err)
		}
	}
	var missing *MissingKeyError
	for _, v := range []*Vault{two, plain, NewVaultOf(VaultOptions{WrappedBy: 1})} {
		_, err := v.OpenReviewer(place, one.SealReviewer(place, p))
		if !errors.As(err, &missing) || missing.KeyID != 1 || !errors.Is(err, ErrKeyMissing) {
			t.Fatal(err)
		}
	}
	one.Use(ringOf(t, 2, 1))
	if s := one.SealReviewer(place, p); s.KeyID != 2 {
		t.Fatalf("sealed with key %d after the rotation", s.KeyID)
	}
	if a, b := both.SealReviewer(place, p), both.SealReviewer(place, p); bytes.Equal(a.Nonce, b.Nonce) || bytes.Equal(a.Bytes, b.Bytes) {
		t.Fatal("the same nonce twice")
	}
}

// TestVaultWritesNothingClear: an encrypted store whose keys are missing takes nothing
// personal, and makes no digests.
func TestVaultWritesNothingClear(t *testing.T) {
	t.Parallel()
	for _, o := range []VaultOptions{
		{WrappedBy: 3}, {WrappedBy: 3, Keys: ringOf(t, 4), Random: &countingReader{}}, {WrappedBy: 3, DigestKey: make([]byte, 32)},
	} {
		v := NewVaultOf(o)
		var missing *MissingKeyError
		if !errors.As(v.Ready(), &missing) || missing.KeyID != 3 {
			t.Fatal(v.Ready())
		}
		s := v.SealReviewer("p", &ReviewerPersonal{Name: "Dana"})
		if _, err := (&entry{kind: KindPutReviewer, effects: []effect{&putReviewer{&Reviewer{Personal: s}}}}).encode(); err == nil {
			t.Fatal("a command took what could not be sealed")
		}
		answer := v.SealAnswer("acme", "p", "k", []byte(`{"name":"Dana"}`))
		if bytes.Contains(answer, []byte("Dana")) {
			t.Fatal("an answer is in clear")
		}
		cmd := Command{Actor: Actor{Tenant: "acme", Principal: "p"}, Key: "k", Payload: RecordAnswer{Body: answer}}
		if detail, ok := cmd.admit(); ok || detail != "answer" {
			t.Fatalf("an answer that could not be sealed is remembered: %q, %v", detail, ok)
		}
		if o.DigestKey == nil && v.DigestMemberID("M-1") != (Digest{}) {
			t.Fatal("a digest without a key")
		}
	}
	failing := NewVaultOf(VaultOptions{DigestKey: make([]byte, 32), Keys: ringOf(t, 4), Random: io.LimitReader(&countingReader{}, 23)})
	if s := failing.SealReviewer("p", &ReviewerPersonal{}); len(s.Bytes) <= MaxSealedBytes {
		t.Fatal("sealed without a whole nonce")
	}
}

// TestKeptParts: what is kept is no way around a key that was taken away, nor past a place.
func TestKeptParts(t *testing.T) {
	t.Parallel()
	v, place := keyedVault(t, 2, 1), "acme/reviewer/r"
	s := v.SealReviewer(place, &ReviewerPersonal{Name: "Dana"})
	if plain, ok := v.kept.find(kindReviewer, place, &s); !ok || len(plain) == 0 {
		t.Fatal("what was sealed is not kept")
	}
	for _, nonce := range [][]byte{nil, s.Nonce[:3], s.Nonce[:23]} {
		if _, err := v.OpenReviewer(place, Sealed{KeyID: 2, Nonce: nonce, Bytes: s.Bytes}); !errors.Is(err, ErrCorrupt) {
			t.Fatal(err)
		}
	}
	large := v.SealReport("acme/appointment/a", &CallReport{Note: strings.Repeat("x", maxKeptPlain)})
	if _, ok := v.kept.find(kindReport, "acme/appointment/a", &large); ok {
		t.Fatal("kept what is large")
	}
	v.Use(ringOf(t, 1))
	if _, err := v.OpenReviewer(place, s); !errors.Is(err, ErrKeyMissing) {
		t.Fatalf("opened without its key: %v", err)
	}
}

// TestSealOver: what says the same stays the same blob, whatever key it is under.
func TestSealOver(t *testing.T) {
	t.Parallel()
	one, both := keyedVault(t, 1), keyedVault(t, 2, 1)
	p := &CasePersonal{MemberID: "M-1", OutreachPhones: []string{"+12125550100"}}
	for _, v := range []*Vault{NewVault(nil), one, both} {
		old := v.SealCase("acme/case/c", p)
		if again := both.SealCaseOver("acme/case/c", p, old); again.digest() != old.digest() {
			t.Fatal("another blob for the same")
		}
		if other := both.SealCaseOver("acme/case/c", &CasePersonal{MemberID: "M-2"}, old); other.digest() == old.digest() || other.KeyID != 2 {
			t.Fatal("the old blob for something else")
		}
		if moved := both.SealCaseOver("acme/case/d", p, old); v != both && v.Keys() == nil {
			continue
		} else if moved.digest() == old.digest() {
			t.Fatal("the blob of another place was kept")
		}
	}
}

func TestSealedAnswers(t *testing.T) {
	t.Parallel()
	v := keyedVault(t, 1)
	answer := []byte(`{"contact":{"phone":"+12125550143"}}`)
	stored := v.SealAnswer("acme", "alice", "k-1", answer)
	if bytes.Contains(stored, []byte("5550143")) || stored[0] != answerMark {
		t.Fatalf("stored %q", stored)
	}
	if got, err := v.OpenAnswer("acme", "alice", "k-1", stored); err != nil || !bytes.Equal(got, answer) {
		t.Fatal(got, err)
	}
	for _, who := range [][3]string{{"zenith", "alice", "k-1"}, {"acme", "bob", "k-1"}, {"acme", "alice", "k-2"}, {"acme", "alice/x", "k-1"}} {
		if _, err := v.OpenAnswer(who[0], who[1], who[2], stored); !errors.Is(err, ErrCorrupt) {
			t.Errorf("opened for %v: %v", who, err)
		}
	}
	for _, clear := range []string{"", "{}", "\x00", "\x00\x00\x00\x00", "[1]"} {
		if got, err := v.OpenAnswer("acme", "alice", "k", []byte(clear)); err != nil || string(got) != clear {
			t.Errorf("%q: %q, %v", clear, got, err)
		}
	}
	if plain := NewVault(nil).SealAnswer("acme", "alice", "k", answer); !bytes.Equal(plain, answer) {
		t.Error("a clear store changes answers")
	}
}

func TestWrapDigestKey(t *testing.T) {
	t.Parallel()
	ring, secret := ringOf(t, 2, 1), bytes.Repeat([]byte{7}, 32)
	s, err := ring.WrapDigestKey("store-1", secret, &countingReader{})
	if err != nil || bytes.Contains(s.Bytes, secret[:8]) {
		t.Fatal(s, err)
	}
	if got, err := ringOf(t, 3, 2).UnwrapDigestKey("store-1", s); err != nil || !bytes.Equal(got, secret) {
		t.Fatal(got, err)
	}
	if _, err := ring.UnwrapDigestKey("store-2", s); !errors.Is(err, ErrCorrupt) {
		t.Fatal(err)
	}
	for _, r := range []*DataKeys{nil, ringOf(t, 3)} {
		if _, err := r.UnwrapDigestKey("store-1", s); !errors.Is(err, ErrKeyMissing) {
			t.Fatal(err)
		}
	}
	if _, err := ring.WrapDigestKey("store-1", secret, strings.NewReader("")); err == nil {
		t.Fatal("wrapped without a nonce")
	}
}

func TestDataKeyRings(t *testing.T) {
	t.Parallel()
	key := func(id uint32, secret byte, state DataKeyState) DataKey {
		return DataKey{ID: id, Secret: [32]byte{secret}, State: state}
	}
	many := make([]DataKey, MaxDataKeys+1)
	for _, bad := range [][]DataKey{
		nil, {key(1, 1, DataKeyOld)}, {key(0, 1, DataKeyActive)}, {key(1, 0, DataKeyActive)},
		{key(1, 1, DataKeyActive), key(2, 2, DataKeyActive)}, {key(1, 1, DataKeyActive), key(1, 2, DataKeyOld)},
		{key(1, 1, DataKeyActive), key(2, 1, DataKeyOld)}, {key(1, 1, "seal")}, many,
	} {
		if _, err := NewDataKeys(bad); err == nil {
			t.Errorf("took %v", fmt.Sprint(len(bad)))
		}
	}
	r, err := NewDataKeys([]DataKey{key(9, 9, DataKeyNext), key(3, 3, DataKeyActive), key(1, 1, DataKeyOld)})
	if err != nil || r.Active() != 3 || fmt.Sprint(r.IDs()) != "[1 3 9]" || r.State(9) != DataKeyNext || r.State(2) != "" || r.Has(2) {
		t.Fatal(r, err)
	}
}

// BenchmarkSeal: what encryption adds to sealing and opening the fields of a booking.
func BenchmarkSeal(b *testing.B) {
	p := &AppointmentPersonal{
		PerformedBy: Person{"Jane", "Doe", "MD"}, RequestedBy: Person{"Jane", "Doe", "MD"}, Contact: Person{"John", "Doe", ""},
		ContactReach: Reach{Phone: "+12125550143", Email: "front.desk@example.org"}, Instructions: "Ask for the front desk, then extension 12.",
	}
	for name, v := range map[string]*Vault{"clear": NewVault(nil), "keyed": keyedVault(b, 1)} {
		b.Run("seal/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v.SealAppointment("acme/appointment/apt-0123456789", p)
			}
		})
		s := v.SealAppointment("acme/appointment/apt-0123456789", p)
		if v.Keys() != nil {
			b.Run("open/afresh", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					v.kept.at(&s).Store(nil)
					if _, err := v.OpenAppointment("acme/appointment/apt-0123456789", s); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run("open/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.OpenAppointment("acme/appointment/apt-0123456789", s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
