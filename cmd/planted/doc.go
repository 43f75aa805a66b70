// Command planted shows that the tests see bugs: it builds the program with one planted bug after the other, by build
// tags, and runs the test that must catch it. docs/planted.md lists them; `make planted` runs all.
package main
