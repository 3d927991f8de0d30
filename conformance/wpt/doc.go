// Package wpt has tests of web-platform-tests, translated into cases in our own
// words: what a page does, what servers answer, and what the test asserts.
//
//   - [Cases] returns them, by file.
//   - [Case.See] runs one with a profile of package fetch.
//   - [Differences] are the cases in which a browser, and so its profile, does
//     not do what the test asserts, each with the reason.
//
// A test runs all of them with three profiles. docs/conformance.md has the
// counts by file.
package wpt
