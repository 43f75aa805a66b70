// Package matcher decides which reviewers may take a case, when, and in which
// order to offer them.
package matcher
