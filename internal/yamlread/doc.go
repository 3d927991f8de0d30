// Package yamlread reads YAML into typed values and reports every mistake in it,
// each with its line and column.
//
//   - [Parse] parses a document and calls a function with its root; the methods
//     of the [Decoder] read values. A value of the wrong type, a field that does
//     not exist and the like are collected, not returned, so that one run
//     reports all of them.
//   - Nothing is guessed: values have one type, and unknown fields are mistakes.
//   - Aliases and merge keys (<<) work as in any YAML. Of mapping keys that occur
//     twice, the second is a mistake.
//   - A document is hostile until read. Its size, its depth, the number of its
//     tokens and mistakes, and the work that its aliases cause are bounded, and a
//     panic in the YAML parser is reported as a mistake.
//
// Package [policies] reads the policies of corsac.yaml with it.
//
// [policies]: https://pkg.go.dev/github.com/corsac-dev/corsac/internal/yamlread/policies
package yamlread
