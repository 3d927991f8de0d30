// Package diagnose finds out what more requests show about a verdict: whether
// errors alone lack the headers, which of two servers answers, which header of a
// preflight is refused.
//
//   - It starts from the causes that package cause sees in the verdict. Rules
//     that are still undecided ask a scene for facts, such as the same request
//     without Origin; the scene sends a request when a fact is asked for the
//     first time. So what is sent is what is undecided.
//   - A [Cause] is a value in a file of its own: its texts, its rule, and a
//     scenario with its fixed twin, which are its test and its documentation. To
//     add one, write the file; nothing else needs an edit.
//   - Requests are bounded in number, in time and at once. They are harmless
//     (GET, HEAD, OPTIONS) unless [Options].Send. One that fails costs its
//     evidence, never the verdict.
//   - Authorization, cookies, values of headers that script sets, and bodies go
//     only to the very origin that the user named, at the address that the check
//     itself uses.
//   - Answers may be hostile: what is kept of them is bounded, and no control
//     character of theirs reaches a text.
package diagnose
