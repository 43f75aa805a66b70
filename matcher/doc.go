// Package matcher decides which reviewers may take a case, when, and in which
// order to offer them.
//
// Rules are data. A Ruleset is compiled from one bundle of rule files and never
// changes; what the law of a state or a payer's program asks for is a row in it, and no code knows
// either by name. docs/rules-format.md describes the rows. For a case and a
// request, resolve picks the rows that govern it and reduces them to what is
// active; a verdict then says how a reviewer meets them at one instant:
//
//  1. Rows are conjoined. Each judges by itself, and what it leaves unmet is
//     waived by its own table or bars the match.
//  2. A verdict is pure, names all rows that judged, and is the same for
//     every instant between two changes of the reviewer's licences.
//  3. The order of rows has no meaning. More rows never leave less unmet.
//  4. Specialties are compared as concepts. Codes, their classifications and
//     their names prove nothing; an unknown code relates to nothing.
//  5. What a row asks for and this version does not judge is refused when the
//     rules are compiled, never ignored.
//
// The package reads no clock, holds no lock and keeps no personal data.
package matcher
