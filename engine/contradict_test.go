package engine

import "testing"

// TestRingsContradict: an id means one secret, whatever the state of the key.
func TestRingsContradict(t *testing.T) {
	t.Parallel()
	ring := func(keys ...DataKey) *DataKeys {
		t.Helper()
		r, err := NewDataKeys(keys)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	one, two := DataKey{1, [32]byte{1}, DataKeyActive}, DataKey{2, [32]byte{2}, DataKeyOld}
	for i, c := range []struct {
		other *DataKeys
		want  uint32
	}{
		{ring(one), 0},
		{ring(one, two), 0},
		{ring(DataKey{1, one.Secret, DataKeyOld}, DataKey{3, [32]byte{3}, DataKeyActive}), 0},
		{ring(DataKey{1, [32]byte{9}, DataKeyActive}), 1},
		{ring(one, DataKey{2, [32]byte{9}, DataKeyOld}), 2},
	} {
		if got := ring(one, two).Contradicts(c.other); got != c.want {
			t.Errorf("%d: data key %d, want %d", i, got, c.want)
		}
	}
}
