package matcher

import (
	"slices"
	"strings"
)

// physicians are the credentials of physicians.
var physicians = []string{"MD", "DO"}

// isPhysician decides by the credential alone, never by the service.
func isPhysician(credential string) bool { return holdsCredential(physicians, credential) }

// holdsCredential reports whether a credential as people write it ("MD",
// "M.D.", "MD, PhD") holds one of list. Case and dots do not count.
func holdsCredential(list []string, credential string) bool {
	if slices.Contains(list, credential) {
		return true
	}
	for part := range strings.FieldsFuncSeq(credential, func(r rune) bool { return !isLetter(r) && r != '.' }) {
		if slices.ContainsFunc(list, func(want string) bool { return spells(part, want) }) {
			return true
		}
	}
	return false
}

// spells compares without regard to case and dots.
func spells(written, want string) bool {
	at := 0
	for i := range len(written) {
		if written[i] == '.' {
			continue
		}
		if at == len(want) || written[i]|0x20 != want[at]|0x20 {
			return false
		}
		at++
	}
	return at == len(want)
}

func isLetter(r rune) bool { return r < 128 && letter(byte(r)) }

func letter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }
