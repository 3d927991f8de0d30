// Package repotest holds the rules of this repository that no linter knows: which package may import
// which, what is documented, what the public API is, that the prose is true, that files stay small,
// how the modules hang together, and that a release can be installed. It has tests only; each rule
// says what to do about a breach, and TestRulesBite breaks each of them once.
package repotest
