// Command evidence runs what proves that nothing is lost, doubled or told, in parts that can be stopped and
// gone on with, keeps what each came to as lines of JSON, and writes docs/evidence.md from those lines alone.
//
// A line belongs to the code that it is about: the results of a part lie in a folder that is named after a digest of
// the packages that the part runs, of what they depend on, and of its commands. Whoever changes one of these begins that part
// anew; whoever commits the page, or changes another room, does not.
package main
