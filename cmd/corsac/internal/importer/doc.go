// Package importer turns what the files of a project say about CORS into a
// corsac.yaml.
//
//   - The readers of package stacks find the places ([Sites]); [Import] makes a
//     policy of each that differs from the others.
//   - After each line of the file, a comment says where it comes from. What a
//     policy cannot say, or should not, is a comment too, with the reason.
//   - A policy that [cors.New] refuses is written as comments, with what to do.
//   - Whatever is in the files, the result is one that corsac reads. Only [Save]
//     writes files.
package importer
