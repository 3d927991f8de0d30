// Package matrix starts real servers with the configuration of corsac generate,
// and finds out which invariants they hold. It has no code.
//
// The results are in testdata/results.json, which "make live" compares and
// prints, and writes with UPDATE=-update. docs/stacks.md shows them. The stacks
// that start quickly are compared with all tests.
package matrix
