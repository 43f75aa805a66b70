package engine

import (
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestVaultOpensWhatItSealed(t *testing.T) {
	t.Parallel()
	v := NewVault([]byte("key"))
	rapid.Check(t, func(t *rapid.T) {
		next := drawn(t)
		r, c, a := filled[ReviewerPersonal](next), filled[CasePersonal](next), filled[AppointmentPersonal](next)
		if got, err := v.OpenReviewer("p", v.SealReviewer("p", r)); err != nil || *got != *r {
			t.Fatal(got, err)
		}
		got, err := v.OpenCase("p", v.SealCase("p", c))
		if err != nil || strings.Join(got.OutreachPhones, "|") != strings.Join(c.OutreachPhones, "|") || got.Rendering != c.Rendering {
			t.Fatal(got, err)
		}
		if got, err := v.OpenAppointment("p", v.SealAppointment("p", a)); err != nil || *got != *a {
			t.Fatal(got, err)
		}
	})
	if p, err := v.OpenCase("p", Sealed{}); err != nil || p.MemberName != "" {
		t.Fatal(p, err)
	}
	long := v.SealReviewer("p", &ReviewerPersonal{Name: strings.Repeat("x", MaxTextBytes+1)})
	if _, err := (&entry{kind: KindPutReviewer, effects: []effect{&putReviewer{&Reviewer{Personal: long}}}}).encode(); err == nil {
		t.Fatal("wrote personal fields beyond their limit")
	}
}

func TestDigests(t *testing.T) {
	t.Parallel()
	v, w := NewVault([]byte("key")), NewVault([]byte("other"))
	same := func(a, b Digest) {
		t.Helper()
		if a != b {
			t.Fatal("differ")
		}
	}
	differ := func(a, b Digest) {
		t.Helper()
		if a == b {
			t.Fatal("the same")
		}
	}
	same(v.DigestMemberID(" M-1\t"), v.DigestMemberID("M-1"))
	differ(v.DigestMemberID("m-1"), v.DigestMemberID("M-1"))
	same(v.DigestLastName(" De  La\u00a0Cruz"), v.DigestLastName("de la CRUZ"))
	same(v.DigestLastName("MÜLLER"), v.DigestLastName("müller"))
	differ(v.DigestLastName("Muller"), v.DigestLastName("Müller"))
	differ(v.DigestMemberID("x"), v.DigestLastName("x"))
	differ(v.DigestMemberID("x"), v.DigestBirthDate("x"))
	differ(v.DigestMemberID("x"), w.DigestMemberID("x"))
	same(v.DigestMemberID("  "), Digest{})
}

// TestMarksHaveAKey: where the store's own key is not there, another is drawn, or the store is not opened: marks under no
// key could be made by anybody.
func TestMarksHaveAKey(t *testing.T) {
	t.Parallel()
	open := func(random io.Reader) (*Vault, error) {
		e, err := Open(t.Context(), Options{Log: NewMemLog(), Clock: still(1_700_000_000), Identity: Identity{WrappedBy: 3}, Random: random})
		if err != nil {
			return nil, err
		}
		return e.Vault(), e.Close()
	}
	for _, random := range []io.Reader{nil, io.LimitReader(&countingReader{}, 31)} {
		if _, err := open(random); !errors.Is(err, errNoMarkKey) {
			t.Fatalf("opened: %v", err)
		}
	}
	random := &countingReader{}
	one, err := open(random)
	if err != nil {
		t.Fatal(err)
	}
	two, err := open(random)
	if err != nil {
		t.Fatal(err)
	}
	own := NewVaultOf(VaultOptions{DigestKey: []byte("the store's own"), WrappedBy: 3})
	marks := map[[32]byte]bool{NewVault(nil).Mark("cursor", nil): true}
	for _, v := range []*Vault{one, two, own} {
		marks[v.Mark("cursor", nil)] = true
	}
	again := one.Mark("cursor", nil)
	if len(marks) != 4 || !marks[again] || again == one.Mark("other", nil) {
		t.Fatalf("%d different marks", len(marks))
	}
}
