package server

import (
	"bytes"
	"errors"
	"reflect"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// strict is how requests are read, on top of the library's own defaults (exact names, no duplicates, valid
// UTF-8, nothing after the document). nullless also keeps null out of everything but need and opt, at twice the cost.
var (
	strict   = json.RejectUnknownMembers(true)
	nullless = json.JoinOptions(strict, json.WithUnmarshalers(json.UnmarshalFromFunc(refuseNull)))
)

var errNull = errors.New("null")

// refuseNull: the library would take null for a zero value.
func refuseNull(in *jsontext.Decoder, v any) error {
	if in.PeekKind() == jsontext.KindNull {
		if _, ok := v.(presence); !ok {
			if _, err := in.ReadToken(); err != nil { // whatever begins like null
				return err
			}
			return errNull
		}
	}
	return errors.ErrUnsupported // read on in the usual way
}

// decode reads one strict JSON document into dst, a pointer to a struct: unknown or duplicate names, another
// case, wrong types, trailing text, invalid UTF-8, the character NUL, and null or nothing where a need stands
// are a 400 problem that names the JSON pointer. It never repeats a value of the document, nor a name that dst does not have.
func decode(body []byte, dst any) *problem {
	nulls, p := scan(body)
	if p != nil {
		return p
	}
	options := strict
	if nulls {
		options = nullless
	}
	if err := json.Unmarshal(body, dst, options); err != nil {
		return unreadable(err, reflect.TypeOf(dst))
	}
	if v := reflect.ValueOf(dst).Elem(); !complete(v) {
		return &problem{code: codeInvalidBody, detail: "Required members are missing or null.", errors: missing(nil, "", v)}
	}
	return nil
}

// scan bounds the nesting and the members of one object, and refuses the character NUL and the number -0 before
// anything is allocated for the document. nulls tells of a null that is no member of an object, and so none that need or opt would meet: members
// of requests are all of these two kinds. It is exact for valid JSON; the parser refuses what is not.
func scan(body []byte) (nulls bool, p *problem) {
	var arrays uint64 // bit d: the container at depth d is an array
	var members [maxJSONDepth + 1]int
	depth, inString := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case inString && c == '\\':
			if bytes.HasPrefix(body[i+1:], []byte("u0000")) {
				return false, malformed("The document holds the character NUL.", "")
			}
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '-' && bytes.HasPrefix(body[i+1:], []byte("0")) && !bytes.HasPrefix(body[i+2:], []byte(".")):
			return false, &problem{code: codeInvalidBody, detail: "A number is written as minus zero."}
		case c == '{' || c == '[':
			if depth++; depth > maxJSONDepth {
				return false, malformed("The document is nested more than "+strconv.Itoa(maxJSONDepth)+" levels deep.", "")
			}
			members[depth] = 0
			arrays &^= 1 << depth
			if c == '[' {
				arrays |= 1 << depth
			}
		case c == ':':
			if members[depth]++; members[depth] > maxMembers {
				return false, malformed("An object has more than "+strconv.Itoa(maxMembers)+" members.", "")
			}
		case c == '}' || c == ']':
			depth = max(depth-1, 0)
		case c == 'n':
			nulls = nulls || depth == 0 || arrays&(1<<depth) != 0
		}
	}
	return nulls, nil
}

func malformed(detail string, at jsontext.Pointer) *problem {
	p := &problem{code: codeMalformedJSON, detail: detail}
	if at != "" {
		p.errors = []fault{{Pointer: string(at), Detail: detail}}
	}
	return p
}

// unreadable turns the library's errors about a document of type t into a problem without repeating what the client sent.
func unreadable(err error, t reflect.Type) *problem {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return malformed("A member name occurs twice.", knownPointer(syntax.JSONPointer, t))
		}
		return malformed("Not one valid JSON document in UTF-8, at byte "+strconv.FormatInt(syntax.ByteOffset, 10)+".", knownPointer(syntax.JSONPointer, t))
	}
	var semantic *json.SemanticError
	if !errors.As(err, &semantic) {
		return malformed("Not one valid JSON document.", "") // the end came too early
	}
	f := fault{Pointer: string(knownPointer(semantic.JSONPointer, t)), Detail: "must be " + expected(semantic.GoType)}
	if planted == plantEcho {
		f.Pointer = string(semantic.JSONPointer)
	}
	switch {
	case errors.Is(err, json.ErrUnknownName):
		f.Detail = "holds a member that is not known, at byte " + strconv.FormatInt(semantic.ByteOffset, 10) + "; names are case-sensitive"
	case errors.Is(err, errNull) && semantic.JSONPointer == "":
		f.Detail = "must be an object"
	case errors.Is(err, errNull):
		f.Detail = "must not be null"
	}
	return &problem{code: codeInvalidBody, detail: "The document does not have the form that this route takes.", errors: []fault{f}}
}

// expected names what a Go type takes from JSON.
func expected(t reflect.Type) string {
	if t == nil {
		return "of another form"
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[presence]()) {
		return expected(t.Field(0).Type)
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "an integer in range, written without point or exponent"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return "of another form"
}

// knownPointer cuts a pointer where it leaves what a document of type t has: a name that a client typed in the wrong
// place may be anything, and answers repeat none of it.
func knownPointer(p jsontext.Pointer, t reflect.Type) jsontext.Pointer {
	known := ""
	for token := range p.Tokens() {
		if t = memberType(t, token); t == nil {
			break
		}
		known += "/" + token
	}
	return jsontext.Pointer(known)
}

// memberType is the type of a member or an item of t; nil if t has none of that name.
func memberType(t reflect.Type, token string) reflect.Type {
	for t != nil && (t.Kind() == reflect.Pointer || reflect.PointerTo(t).Implements(reflect.TypeFor[presence]())) {
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		} else {
			t = t.Field(0).Type
		}
	}
	switch {
	case t == nil || t == reflect.TypeFor[jsontext.Value]():
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Array:
		if _, err := strconv.ParseUint(token, 10, 31); err == nil {
			return t.Elem()
		}
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			switch memberName(f) {
			case "/" + token:
				return f.Type
			case "":
				if inner := memberType(f.Type, token); inner != nil {
					return inner
				}
			}
		}
	}
	return nil
}

// faults gathers what is wrong with the values of a readable document.
type faults struct{ list []fault }

// add notes a fault; only the first maxFaults are kept.
func (f *faults) add(pointer, detail string) {
	if len(f.list) < maxFaults {
		f.list = append(f.list, fault{Pointer: pointer, Detail: detail})
	}
}

// problem is nil if nothing was added, else a 422.
func (f *faults) problem() *problem {
	if len(f.list) == 0 {
		return nil
	}
	return &problem{code: codeInvalidValue, detail: "Some values are not valid.", errors: f.list}
}
