// Package repotest tests the rules of this repository that no linter knows:
// which packages may import which, what is documented, what the public API is,
// whether the prose is true, how long files are, how the modules depend on each
// other, and whether a release can be installed. It has only tests. Each rule
// says what to do about a breach, and TestRulesBite breaks each of them once.
package repotest
