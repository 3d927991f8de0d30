// Package config reads corsac.yaml.
//
//   - All mistakes are reported at once. Each is an Error with file, line,
//     column, field, value, a stable code, why it is a mistake, and what to
//     write instead.
//   - Nothing is guessed: unknown fields are mistakes, and each value has one
//     type.
//   - At the root, fields that begin with "x-" are ignored. They are a place
//     for anchors, to which aliases and merge keys (<<) refer as in any YAML.
//   - A file may be hostile, so its size, its depth and the work that its
//     aliases cause are bounded.
package config
