// Package fix changes the files of a project so that its server does what is
// wanted.
//
//   - [Look] says which stacks a project has, and [Project.Propose] what to change:
//     the smallest edits, by the stack's own code in package stacks.
//   - A [Patch] is the change of one file. [Write] applies it: all of it or nothing,
//     with the owner and permissions that the file has.
//   - A file is never written that has changes which nobody has committed, or that
//     has changed since it was read.
package fix
