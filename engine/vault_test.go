package engine

import (
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
