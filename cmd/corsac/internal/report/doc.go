// Package report writes the outcomes of package fetch for people and programs:
// as the JSON verdict, and as text for a terminal.
//
//   - The JSON verdict is stable; docs/verdict.schema.json describes it. Header
//     values are byte strings: each code point is a byte.
//   - Text is wrapped between words at a given width, and never cut. No control
//     characters from the network reach a terminal.
package report
