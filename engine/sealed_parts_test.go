package engine

import (
	"bytes"
	"reflect"
	"testing"
)

// countSealed counts the sealed parts that a value holds, however deep.
func countSealed(v reflect.Value) (n int) {
	if v.Type() == reflect.TypeFor[Sealed]() {
		return 1
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			n += countSealed(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			n += countSealed(v.Index(i))
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			n += countSealed(v.Elem())
		}
	}
	return n
}

// TestSealedPartsAreAll: a sealed field that a later build adds to a record is listed, and
// a copy shares none with its original, so that it can be put under another key.
func TestSealedPartsAreAll(t *testing.T) {
	t.Parallel()
	allListed(t, filled[Reviewer](counting()))
	allListed(t, filled[Case](counting()))
	allListed(t, filled[Hold](counting()))
	a := filled[Appointment](counting())
	a.Attempts = []Attempt{*filled[Attempt](counting()), *filled[Attempt](counting())}
	allListed(t, a)
	allListed(t, filled[CallbackRequest](counting()))
	for _, o := range []Outcome{
		{Reviewer: filled[Reviewer](counting())}, {Case: filled[Case](counting())}, {Hold: filled[Hold](counting())},
		{Appointment: a, Callback: filled[CallbackRequest](counting())},
	} {
		allListed(t, &remembered{tenant: "acme", principal: "alice", key: "k", outcome: firstOf(&o)})
	}
	// What a state has besides holds none.
	for _, v := range []any{
		filled[Profile](counting()), filled[Tenant](counting()), filled[APIKey](counting()),
		sampleCaseRecord(counting()), filled[OfferRecord](counting()), filled[AuditRecord](counting()),
	} {
		if countSealed(reflect.ValueOf(v)) != 0 {
			t.Errorf("%T has a sealed part that nothing lists", v)
		}
	}
}

func allListed(t *testing.T, v sealing) {
	t.Helper()
	parts, want := v.sealedParts(), countSealed(reflect.ValueOf(v))
	if len(parts) != want || want == 0 {
		t.Fatalf("%T lists %d parts of %d", v, len(parts), want)
	}
	c := v.copied()
	if !reflect.DeepEqual(v, c) {
		t.Fatalf("%T: the copy differs", v)
	}
	for i, p := range c.sealedParts() {
		if p.at == parts[i].at {
			t.Fatalf("%T: part %d of the copy is that of the original", v, i)
		}
		was := parts[i].at.digest()
		*p.at = Sealed{KeyID: 9, Nonce: []byte{byte(i)}, Bytes: []byte("new")}
		if parts[i].at.digest() != was {
			t.Fatalf("%T: part %d changed with the copy", v, i)
		}
	}
}

// TestPutSealedContradictions: an entry that was never written by this engine is found.
func TestPutSealedContradictions(t *testing.T) {
	t.Parallel()
	s := newState()
	if err := s.putCase(&Case{Version: 1}); err != nil {
		t.Fatal(err)
	}
	for in := range inEnd + 1 {
		for _, index := range []int{-1, 0, 1, 1 << 40} {
			if err := (&putSealed{in: in, index: index}).apply(s, nil); err == nil {
				t.Errorf("part %d of an absent record in %d was put", index, in)
			}
		}
	}
}

// TestResealKeepsRecordsWritable: a new form with which the record could not be written is refused, and a form that is
// not the present one any more is told from it, however long both are.
func TestResealKeepsRecordsWritable(t *testing.T) {
	t.Parallel()
	const fits = MaxAnswerBytes - 1 - 1 - 25 - 3 - xaesTagBytes // mark, key id, nonce, length
	for _, c := range []struct {
		n      int
		was    []byte // nil: the answer itself
		status Status
		entry  bool
	}{{fits, nil, StatusOK, true}, {fits + 1, nil, StatusInvalid, false}, {fits, make([]byte, fits), StatusOK, false}} {
		s, answer := newState(), bytes.Repeat([]byte("x"), c.n)
		actor := Actor{Tenant: "t", Principal: "p"}
		if _, err := s.step(&Command{Actor: actor, Key: "k", Payload: RecordAnswer{Body: answer}}, testNow, limits{keys: 9}, new(codec), nil); err != nil {
			t.Fatal(err)
		}
		if c.was == nil {
			c.was = answer
		}
		part := Resealed{
			In: InKey, Tenant: "t", ID: keyID("p", "k"), Was: Sealed{Bytes: c.was}.digest(),
			Sealed: Sealed{KeyID: 1, Nonce: make([]byte, xaesNonceBytes), Bytes: make([]byte, c.n+xaesTagBytes)},
		}
		done, err := s.step(&Command{Actor: actor, Payload: Reseal{Parts: []Resealed{part}}}, testNow, limits{keys: 9}, new(codec), nil)
		if err != nil || done.outcome.Status != c.status || (done.entry != nil) != c.entry {
			t.Errorf("%d bytes: %s, entry %v, %v", c.n, done.outcome.Status, done.entry != nil, err)
		}
		encoded(t, s)
	}
}
