// Package wpt has tests of web-platform-tests, translated into cases in our own
// words: what a page does, what servers answer, and what the test asserts. Each
// is one that the file has, in the version that [Sources] names.
//
//   - [Cases] returns them, by file.
//   - [Case.See] runs one with a profile of package fetch.
//   - [Differences] are the cases in which a profile does not do what the test
//     asserts, each with the reason and with what shows that the browser does
//     not either.
//   - [LeftOut] says which tests of these files are not here.
//
// A test runs all of them with three profiles. docs/conformance.md has the
// counts by file.
package wpt
