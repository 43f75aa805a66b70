package server

import (
	"strconv"
	"strings"
)

// npiPrefix stands before a provider number when its check digit is computed:
// 80 for health applications, 840 for the United States.
const npiPrefix = "80840"

// npi checks a National Provider Identifier: ten digits, the first 1 or 2, with
// a Luhn check digit over 80840 and the number.
func (k *check) npi(pointer, s string) string {
	if len(s) != 10 || !allDigits(s) || (s[0] != '1' && s[0] != '2') || !luhn(npiPrefix+s) {
		k.wrong(pointer, "must be a National Provider Identifier: ten digits with a valid check digit")
		return ""
	}
	return s
}

// luhn reports whether the last digit of s is its check digit.
func luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// taxonomy checks the form of a NUCC code; a code that no rule knows is taken
// and matches nothing.
func (k *check) taxonomy(pointer, s string) string {
	ok := len(s) == 10 && s[9] == 'X'
	for i := range len(s) {
		ok = ok && (s[i] >= '0' && s[i] <= '9' || s[i] >= 'A' && s[i] <= 'Z')
	}
	if !ok {
		k.wrong(pointer, "must be a NUCC taxonomy code: nine capital letters or digits and X")
		return ""
	}
	return s
}

// phone checks an E.164 number.
func (k *check) phone(pointer, s string) string {
	digits, plus := strings.CutPrefix(s, "+")
	n := len(digits)
	if !plus || n < minPhoneDigits || n > maxPhoneDigits || !allDigits(digits) || digits[0] == '0' {
		k.wrong(pointer, "must be a phone number in E.164 form, such as +12125550100")
		return ""
	}
	return s
}

// extension checks the digits dialled after a number.
func (k *check) extension(pointer, s string) string {
	if len(s) == 0 || len(s) > maxExtension || !allDigits(s) {
		k.wrong(pointer, "must be 1 to "+strconv.Itoa(maxExtension)+" digits")
		return ""
	}
	return s
}

// email checks the outer form of an address; whether it is anybody's only a
// message can tell.
func (k *check) email(pointer, s string) string {
	local, domain, found := strings.Cut(s, "@")
	ok := found && len(s) <= maxEmail && local != "" && len(local) <= 64 && !strings.ContainsRune(domain, '@') &&
		strings.Contains(domain, ".") && !strings.Contains(s, "..")
	for _, label := range strings.Split(domain, ".") {
		ok = ok && label != "" && label[0] != '-' && label[len(label)-1] != '-'
	}
	for _, r := range s {
		ok = ok && r > ' ' && r != 0x7f && !unprintable(r) && !strings.ContainsRune(`<>()[]\,;:"`, r)
	}
	if !ok {
		k.wrong(pointer, "must be an e-mail address")
		return ""
	}
	return s
}

// serviceCode checks a procedure, supply or drug code.
func (k *check) serviceCode(pointer, s string) string {
	if len(s) > maxService || !tokenLike(s, "-.") {
		k.wrong(pointer, "must be 1 to 16 letters, digits, hyphens or points")
		return ""
	}
	return s
}
