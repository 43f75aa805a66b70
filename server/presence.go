package server

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// need is a required, non-null member of a request. decode refuses a document in which it is missing.
type need[T any] struct {
	V   T
	Set bool
}

// opt is a member that may be left out or be null.
type opt[T any] struct {
	V   T
	Set bool // present and not null
}

// presence is what need and opt have in common for the decoder and the walk after it.
type presence interface {
	required() bool
	present() bool
	value() reflect.Value
}

func (n *need[T]) required() bool       { return true }
func (n *need[T]) present() bool        { return n.Set }
func (n *need[T]) value() reflect.Value { return reflect.ValueOf(&n.V).Elem() }

func (o *opt[T]) required() bool       { return false }
func (o *opt[T]) present() bool        { return o.Set }
func (o *opt[T]) value() reflect.Value { return reflect.ValueOf(&o.V).Elem() }

// UnmarshalJSONFrom takes null for absent, which the walk then refuses.
func (n *need[T]) UnmarshalJSONFrom(in *jsontext.Decoder) error { return fill(in, &n.V, &n.Set) }

// UnmarshalJSONFrom takes null for absent.
func (o *opt[T]) UnmarshalJSONFrom(in *jsontext.Decoder) error { return fill(in, &o.V, &o.Set) }

func fill[T any](in *jsontext.Decoder, v *T, set *bool) error {
	if in.PeekKind() == jsontext.KindNull {
		return in.SkipValue()
	}
	if err := json.UnmarshalDecode(in, v); err != nil {
		return err
	}
	*set = true
	return nil
}

// complete reports whether every required member below v is present.
func complete(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer:
		return v.IsNil() || complete(v.Elem())
	case reflect.Slice, reflect.Array:
		if !mayHold(v.Type().Elem()) {
			return true
		}
		for i := range v.Len() {
			if !complete(v.Index(i)) {
				return false
			}
		}
	case reflect.Struct:
		if p, ok := presenceOf(v); ok {
			if !p.present() {
				return !p.required()
			}
			return complete(p.value())
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); (f.IsExported() || f.Anonymous) && !complete(v.Field(i)) {
				return false
			}
		}
	}
	return true
}

// presenceOf: an embedded struct of an unexported type cannot be asked by reflection; it is none and is walked as it is.
func presenceOf(v reflect.Value) (presence, bool) {
	if !v.Addr().CanInterface() {
		return nil, false
	}
	p, ok := v.Addr().Interface().(presence)
	return p, ok
}

// missing appends a fault for every required member below v that is absent. at is v's JSON pointer.
func missing(list []fault, at string, v reflect.Value) []fault {
	if len(list) >= maxFaults {
		return list
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return missing(list, at, v.Elem())
		}
	case reflect.Slice, reflect.Array:
		if !mayHold(v.Type().Elem()) {
			return list
		}
		for i := range v.Len() {
			list = missing(list, at+"/"+strconv.Itoa(i), v.Index(i))
		}
	case reflect.Struct:
		if p, ok := presenceOf(v); ok {
			return missingIn(list, at, p)
		}
		t := v.Type()
		for i := range t.NumField() {
			f := t.Field(i)
			if f.IsExported() || f.Anonymous {
				list = missing(list, at+memberName(f), v.Field(i))
			}
		}
	}
	return list
}

func missingIn(list []fault, at string, p presence) []fault {
	switch {
	case p.present():
		return missing(list, at, p.value())
	case p.required():
		return append(list, fault{Pointer: at, Detail: "is required"})
	}
	return list
}

// memberName is the pointer suffix of a struct field; "" for an embedded struct, whose members are its parent's.
func memberName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case name != "":
		return "/" + name
	case f.Anonymous:
		return ""
	}
	return "/" + f.Name
}

// mayHold says whether a value of the type can contain a member of a document.
func mayHold(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct, reflect.Pointer, reflect.Slice, reflect.Array:
		return true
	}
	return false
}
