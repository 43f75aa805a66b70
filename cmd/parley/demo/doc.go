// Package demo makes rosters and cases for demonstrations, as the NDJSON lines
// that POST /v1/import takes. Everybody in it is invented: names are drawn from
// lists, phones lie in ranges reserved for fiction, NPIs are well-formed and
// otherwise arbitrary.
//
// The national demo is a function of a seed and a day; the deck demo is one
// fixed week in May 2020 with two reviewers and two cases.
package demo
