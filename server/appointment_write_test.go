package server

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

// TestAppointmentWrite: what is written member by member is what the encoder writes, for
// values with any of their members absent, empty or in need of escapes.
func TestAppointmentWrite(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 5))
	for range 2000 {
		var out appointmentOut
		draw(random, reflect.ValueOf(&out).Elem())
		if got, want := string(out.write([]byte("x"))), "x"+string(encode(&out)); got != want {
			t.Fatalf("written\n%s\nencoded\n%s", got, want)
		}
	}
}

// draw fills a value: pointers and lists are absent half of the time.
func draw(random *rand.Rand, v reflect.Value) {
	texts := []string{"", "plain", `a "quoted" \ text`, "naïve – 漢字\u2028", "tab\tline\n<&>"}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			draw(random, v.Field(i))
		}
	case reflect.Pointer:
		if random.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			draw(random, v.Elem())
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), random.IntN(2)*random.IntN(3), 3))
		for i := range v.Len() {
			draw(random, v.Index(i))
		}
	case reflect.String:
		v.SetString(texts[random.IntN(len(texts))])
	case reflect.Bool:
		v.SetBool(random.IntN(2) == 0)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(random.IntN(1000)))
	case reflect.Uint64:
		v.SetUint(random.Uint64N(1000))
	case reflect.Interface:
		v.Set(reflect.ValueOf(texts[random.IntN(len(texts))]))
	default:
		panic(v.Kind().String())
	}
}
