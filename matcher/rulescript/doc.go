// Package rulescript plays readable examples of rules: a case, a reviewer, and
// what the rules say of them.
//
// A script is a text of steps. A step is a command with arguments on one line (a
// backslash at its end carries on), a line of four hyphens, and the expected
// output up to the next blank line. Lines that start with # and blank lines stand
// between steps. Arguments read key, key=value or key=(value, value).
//
//	case key=value …     a plain Texas spine case, changed as told; see facts.go
//	eligible [how]       what the rules say of the case, and how a call is held
//	match key=value …    what they say of a reviewer for it at one start
//
// The commands and keys are those of the golden scripts of the matcher, as far as
// an operator can use them: whatever a script here asks goes through the exported
// interface of the matcher. The package reads no clock; a script names its now.
package rulescript
