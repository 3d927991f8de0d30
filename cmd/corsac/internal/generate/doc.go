// Package generate writes the configuration that carries out a policy on a stack,
// from the snippets of package stacks.
//
//   - [Make] refuses a policy that the stack cannot express: what it would lose
//     can be accepted, what it would allow besides cannot.
//   - Everything but [Write] and [Try] is pure, and the same for the same policy.
//   - Names of policies and origins can break out of neither code nor comments.
package generate
