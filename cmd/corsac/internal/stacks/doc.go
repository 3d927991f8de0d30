// Package stacks knows the frameworks, servers, proxies and clouds that people
// run their APIs on: how each is recognised from outside, and how CORS is
// configured there.
//
//   - A stack is a value ([Stack]) in a file of its own. To add one, write its
//     file and its golden file; nothing else needs an edit.
//   - Recognition ([Recognize]) looks at responses, [Detect] at the files of a
//     project. Neither guesses: each match comes with its evidence.
//   - Snippets are complete: they can be pasted, and then do what the policy
//     says. They are safe: never a * with credentials, never blind reflection. No
//     value of a policy can break out of the string that it stands in.
//   - A snippet says how it differs from the policy ([Shortfall]): what it loses, what
//     it widens, and what merely remains to be known.
//   - What a server with the snippet holds ([Invariants]), how that is known ([Proof])
//     and how it is started ([Server]) is data of its file, which the tests read.
//   - It is pure: it sends nothing, and reads no file by itself.
package stacks
