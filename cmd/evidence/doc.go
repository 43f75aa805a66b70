// Command evidence runs what proves that nothing is lost, doubled or told, in parts that can be stopped and
// gone on with, keeps what each came to as lines of JSON, and writes docs/evidence.md from those lines alone.
//
// A line belongs to the code that it is about: results lie in a folder that is named after a digest of every
// file of the repository but its documents. Whoever changes the code begins anew; whoever commits the page does not.
package main
