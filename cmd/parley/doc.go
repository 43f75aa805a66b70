// Command parley serves, fills and checks a store of peer-to-peer review
// appointments. It is the only place where the rooms are wired together.
package main
