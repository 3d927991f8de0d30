// Package lint finds mistakes in the CORS settings of files, and weaknesses in a
// corsac.yaml.
//
//   - A mistake has a rule with a stable name ([Rules]): those of the stacks, those
//     about what every policy must not be, and those of corsac.yaml.
//   - Its cause is the one that a check from outside would name, if there is one.
//   - Nothing is reported that the files do not show. What is known only when the
//     program runs is not a mistake.
//   - It is pure; what it looks at is in the tree.
package lint
