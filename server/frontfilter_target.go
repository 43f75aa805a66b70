package server

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// splitTarget checks a raw request target and splits it at the first question mark. Routing works on the bytes
// as they came: a path that any decoder could read as another one is refused instead of normalised.
func splitTarget(target string) (path, query string, no *refused) {
	if len(target) > maxTargetBytes {
		return "", "", deny(codeTargetTooLong, "").closing()
	}
	path, query, _ = strings.Cut(target, "?")
	switch {
	case len(path) > maxPathBytes:
		return "", "", deny(codeTargetTooLong, "").closing()
	case !strings.HasPrefix(path, "/"):
		return "", "", deny(codeInvalidTarget, "The target must begin with a slash.").closing()
	}
	for i := range len(path) {
		if c := path[i]; !isAlphanumeric(c) && c != '/' && c != '.' && c != '_' && c != '~' && c != '-' {
			return "", "", deny(codeInvalidTarget, "The path holds a character that is not allowed; escapes are not either.")
		}
	}
	if path == "/" {
		return path, query, nil
	}
	for segment := range strings.SplitSeq(path[1:], "/") {
		if segment == "" || segment == "." || segment == ".." {
			return "", "", deny(codeInvalidTarget, "The path holds an empty or a dot segment.")
		}
	}
	return path, query, nil
}

// readQuery takes known names, each at most once, percent-encoded UTF-8 without control characters. A plus sign
// is refused: it means itself to some and a space to others.
func readQuery(raw string, names []string) (map[string]string, *refused) {
	if raw == "" {
		return nil, nil
	}
	out := make(map[string]string, len(names))
	for pair := range strings.SplitSeq(raw, "&") {
		rawName, rawValue, found := strings.Cut(pair, "=")
		name, ok := unescape(rawName)
		value, ok2 := unescape(rawValue)
		switch _, twice := out[name]; {
		case !found || !ok || !ok2:
			return nil, deny(codeInvalidQuery, "The query is not a list of name=value pairs in percent-encoded UTF-8.")
		case !slices.Contains(names, name): // the name is not repeated: it may be anything
			return nil, deny(codeInvalidQuery, parametersOf(names))
		case twice:
			no := deny(codeInvalidQuery, "")
			no.problem.errors = []fault{{Pointer: name, Detail: "occurs twice"}}
			return nil, no
		}
		out[name] = value
	}
	return out, nil
}

// parametersOf tells which parameters an operation takes.
func parametersOf(names []string) string {
	if len(names) == 0 {
		return "The operation takes no parameters."
	}
	return "A parameter is not one of this operation's, which are " + strings.Join(names, ", ") + "; names are case-sensitive."
}

// queryPunctuation may stand in a query as it is: what RFC 3986 allows there, without the separators, which some
// readers split at, and the plus sign.
const queryPunctuation = "-._~!$'()*,:@/?"

// unescape decodes %XX; ok is false for anything that is not clean UTF-8 text.
func unescape(s string) (text string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '%':
			if i+2 >= len(s) {
				return "", false
			}
			high, ok1 := hexDigit(s[i+1])
			low, ok2 := hexDigit(s[i+2])
			if !ok1 || !ok2 {
				return "", false
			}
			c = high<<4 | low
			i += 2
		case !isAlphanumeric(c) && strings.IndexByte(queryPunctuation, c) < 0:
			return "", false
		}
		b.WriteByte(c)
	}
	text = b.String()
	if !utf8.ValidString(text) {
		return "", false
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] == 0x7f {
			return "", false
		}
	}
	return text, true
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
