// Package report turns outcomes of package fetch into what people and programs
// read: the JSON verdict, and text for a terminal.
//
//   - The JSON verdict is stable; docs/verdict.schema.json describes it. Header
//     values are byte strings: each code point is a byte.
//   - Text is for a width that is given; lines that would be longer are wrapped
//     between words, never cut. Nothing from the network reaches a terminal with
//     control characters in it.
package report
