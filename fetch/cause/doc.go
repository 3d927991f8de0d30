// Package cause finds in a browser's verdict what caused it: which of the many
// faults that a browser reports with one sentence, who has to change what, and
// what would go wrong next.
//
//   - It needs only what the JSON of a verdict has, and sends nothing. A fault
//     that shows only in other requests, such as a missing header on errors
//     alone, has no cause here.
//   - Causes are about the server and the page, so the same conversation has the
//     same cause in every browser.
//   - A cause is a value ([Cause]): texts, a rule, and an example that is its test
//     and its documentation. Each has a file of its own, named after its slug. To
//     add one, write the file; nothing else needs an edit.
//   - Where a verdict fits several faults, the text of the most likely one names
//     the others, or there is no finding: a wrong cause is worse than none.
//   - Verdicts may be hostile. The number and length of findings is bounded, and
//     their texts contain no control characters.
package cause
