// Package matcher decides which reviewers may take a case, when, and in which
// order to offer them.
//
// # Rules
//
// Rules are data. A Ruleset is compiled from one bundle of rule files and never
// changes; what the law of a state or a payer's program asks for is a row in it, and no code knows
// either by name. docs/rules-format.md describes the rows. For a case and a
// request, resolve picks the rows that govern it and reduces them to what is
// active; a verdict then says how a reviewer meets them at one instant:
//
//  1. Rows are conjoined, save those that another row replaces. Each judges by
//     itself, and what it leaves unmet is waived by its own table or bars the match.
//  2. A verdict is pure, names all rows that judged, and is the same for
//     every instant between two changes of the reviewer's licences.
//  3. The order of rows has no meaning. More rows never leave less unmet, unless
//     they replace one.
//  4. Specialties are compared as concepts. Codes, their classifications and
//     their names prove nothing; an unknown code relates to nothing.
//  5. What a row asks for is judged. A word that no predicate or clock stands
//     behind is refused when the rules are compiled, never ignored.
//  6. Clocks combine by kind: a provider's right takes the longest, a payer's duty
//     the shortest, a limit the earliest. A fact that a clock lacks is named; of
//     a clock for the decision, which refuses nothing, by explanations alone.
//  7. Whether the original reviewer is to be preferred is decided once for a
//     plan, on its view; everything that the plan answers follows it. For a call
//     that is booked and stays where it is, he is not.
//
// # Search
//
// A [Query] becomes a [Plan]: the rules that govern its cases are resolved once,
// their limits intersected, the longest call and the lines that all grids share
// chosen. A Plan is for one booking mode, perhaps within windows. It answers a week,
// a list of earliest or nearest offers, judges one slot, and assigns the best offer
// to a request that leaves the choice to it. What it promises:
//
//  1. [Plan.Judge] is the one predicate. The search asks the same desk about the
//     same facts, so every slot it offers can be booked on the same [View], with
//     exactly the attestations it names, and every bookable slot in range is
//     offered when all tiers are asked for and pages are large.
//  2. What the rules say of a reviewer is constant between two changes (a licence
//     starts or ends, a decision can no longer change) and is judged at the start
//     of the slot, once for each stretch between them.
//  3. Candidates come from the posting lists of the [Roster], never from a scan. A
//     condition of the index is weaker than the rule behind it: it may let through
//     whom the rules refuse, and never drops whom they accept.
//  4. Every order is total and ends on the reviewer's id. The same state, query
//     and Now give the same answer.
//
// Between Plan and answer stands an internal seam with two implementations behind it;
// revealing, numbering and explaining are shared. The search over B-trees reads hours
// and calls as it needs them and keeps nothing. The search over bits, for views that
// carry an [Index], asks the same of sets of reviewers and cells of time:
//
//  1. It gives the same answers. Where the index does not reach, or a plan's calls are
//     not whole cells, the other search answers; nothing but time tells which did.
//  2. An Index holds nothing that roster and calendar do not say: whoever changes one of
//     the three tells the others at once, and Index.Check makes it anew and compares.
//  3. The cells of a call decide for the call: each lies in the reviewer's hours, no
//     busy span comes nearer to it than his buffers, and his cap of the date is not
//     used up. Hours and calls themselves may lie off the cells.
//  4. Whom sets and cells do not tell exactly (a licence turns, a hold has expired and is
//     still there, a rule asks what there is no set for) is judged by the one predicate.
//  5. Time is walked from the earliest cell on, and no further than the answer can change.
//  6. Versions are persistent: what a reader holds never changes, and a booking copies a
//     few hundred bytes of each branch that it touches, once in a batch.
//
// Begin reading at index.go and, for the search, at search_bits.go: cast finds who may
// stand where, times which cells suit, week and earliest rank what both have in common.
//
// A [Searcher] plans and answers one search after another in memory that it keeps: what it
// gave is valid until its next plan. What decides a case is worked out for every
// search, what only tells people of it where somebody asks.
//
// # Explanations
//
// What was judged can be accounted for, in the same words for every mode:
// [Ruleset.ExplainCase] lists the rows that could have spoken of a case and what
// keeps each out, [Plan.ExplainReviewer] the requirements and gates of a reviewer
// and a start with the facts that were looked at, [Plan.ExplainNothing] why nothing
// is on offer and each single change that would yield a call, and
// [Plan.NearestUnlocked] the offer that takes the fewest changes.
//
//  1. None of them judges. The facts of a reviewer, read one by one, come to what
//     Judge says.
//  2. Every reason names a row, or a fact of the calendar, the case or the caller.
//  3. A change is counted by asking the same question with it.
//  4. The work is bounded by named constants.
//
// The package reads no clock, holds no lock and keeps no personal data.
package matcher
